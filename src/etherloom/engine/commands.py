"""Commands, from Python down to the engine: records for what `_core.pyi` takes as dictionaries."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

STOCK_QUEUE_BYTES: Final = 2_560_000
AUTOMATIC_CONGESTION: Final = "auto"


class Direction(IntEnum):
    """Which way frames go on one link (wire numbers, reference: session protocol, section 7.1)."""

    BOTH = 0
    SERVER_TO_CLIENT = 1
    CLIENT_TO_SERVER = 2


@dataclass(frozen=True, slots=True)
class HubRules:
    """Configuration of a hub, compiled for the packet path. `wire`: two ports joined without learning."""

    wire: bool = False
    mac_entries: int = 65_536
    mac_age_ms: int = 600_000


@dataclass(frozen=True, slots=True)
class SessionRules:
    """What both ends agreed on. `queue_bytes` bounds what waits for one link."""

    server: bool
    timeout_ms: int = 20_000
    compress: bool = False
    half_duplex: bool = False
    qos: bool = False
    mss_limit: int = 0
    super_frames: bool = False
    queue_bytes: int = STOCK_QUEUE_BYTES


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How one connection carries frames once it is part of a session."""

    direction: Direction = Direction.BOTH
    raw: bool = False


@dataclass(frozen=True, slots=True)
class AccelerationRules:
    """UDP acceleration as both ends agreed on it. `peers`: where the other end may be, likeliest first."""

    peers: tuple[tuple[str, int], ...]
    version: int
    send_key: bytes = field(repr=False)
    receive_key: bytes = field(repr=False)
    own_cookie: int = field(repr=False)
    peer_cookie: int = field(repr=False)
    encrypt: bool = True
    compress: bool = False
    fast: bool = True
    own: bool = False


@dataclass(frozen=True, slots=True)
class ListenerLimits:
    """Caps on connections that have not logged in, and the time a TLS handshake may take."""

    unestablished_per_source: int = 256
    unestablished_total: int = 1000
    deadline_ms: int = 15_000
