"""What a running account tells the outside: frozen records for the status line and for scripts."""

from dataclasses import asdict, dataclass
from enum import Enum

from etherloom.model.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Connecting:
    """TCP and TLS are being set up. `attempt` counts from 1 since the last success."""

    host: str
    port: int
    attempt: int


@dataclass(frozen=True, slots=True)
class LoggingIn:
    """The server's certificate was accepted; the log-in is on its way."""

    address: str
    port: int
    tls_version: str
    cipher: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Established:
    """Frames flow. `connections` is the number agreed on."""

    session: str
    connection: str
    server: str
    address: str
    port: int
    connections: int
    encrypt: bool
    compress: bool
    half_duplex: bool
    super_frames: bool
    udp_acceleration: str
    timeout_s: float
    tls_version: str
    cipher: str
    message: str


@dataclass(frozen=True, slots=True)
class LinksChanged:
    """The number of connections of the session changed."""

    connections: int
    maximum: int


@dataclass(frozen=True, slots=True)
class AccelerationChanged:
    """Whether frames go by UDP now, and whether the server answers there at all."""

    active: bool
    reached: bool
    fallbacks: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The connection was lost or refused; the next attempt follows after a pause."""

    seconds: float
    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True)
class AddressesChanged:
    """What the adapter has now; `origin` is static, dhcp or lost."""

    adapter: str
    addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    name_servers: tuple[str, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes of frames, since the session began."""

    bytes_sent: int
    bytes_received: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that people should know and nobody has to act on at once."""

    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The account gave up, or was told to stop (USER_CANCEL)."""

    code: ErrorCode
    message: str


Event = (
    Connecting
    | LoggingIn
    | Established
    | LinksChanged
    | AccelerationChanged
    | Waiting
    | AddressesChanged
    | Traffic
    | Notice
    | Ended
)

_NAMES: dict[type, str] = {
    Connecting: "connecting",
    LoggingIn: "logging_in",
    Established: "established",
    LinksChanged: "connections",
    AccelerationChanged: "udp_acceleration",
    Waiting: "waiting",
    AddressesChanged: "addresses",
    Traffic: "traffic",
    Notice: "notice",
    Ended: "ended",
}


def describe(event: Event) -> dict[str, object]:
    """Return the event as plain values for JSON; `event` names its kind."""
    fields = {name: _plain(value) for name, value in asdict(event).items()}
    return {"event": _NAMES[type(event)], **fields}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, Enum) else value
