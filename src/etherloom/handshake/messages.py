"""What the two sides of a handshake ask and grant, decoded: frozen records without behaviour.

Must not know bytes or elements; secrets stay out of `repr`.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from etherloom.handshake.acceleration import AccelerationGrant, AccelerationOffer
from etherloom.handshake.client_facts import ClientFacts
from etherloom.model.errors import ErrorCode
from etherloom.model.policy import DEFAULT_POLICY, Policy
from etherloom.wire.pack import IpAddress, Pack

# --- how a user proves who they are ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnonymousAuth:
    """Nothing to prove."""


@dataclass(frozen=True, slots=True)
class PasswordAuth:
    """The hashed password bound to the challenge; any length, as it came (the right one is 20)."""

    secure_password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlainPasswordAuth:
    """The password itself, for RADIUS and NT domains; undecodable bytes are surrogate-escaped."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateAuth:
    """A DER certificate and a signature over the challenge."""

    certificate: bytes
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TicketAuth:
    """A one-time ticket from a cluster controller."""

    ticket: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UnsupportedAuth:
    """A kind that is refused on the network, whatever it is (96 would be "believe me")."""

    number: int


Auth = AnonymousAuth | PasswordAuth | PlainPasswordAuth | CertificateAuth | TicketAuth | UnsupportedAuth


# --- what a client asks ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionWishes:
    """How a client wants its session; `max_connection` is as it came (0 if it didn't say).

    `super_frames` is the highest version that the client takes, 0 for none (docs/protocol/super-frames.md).
    `acceleration` is the client's offer to use UDP as well, if it made one that is of use.
    """

    max_connection: int = 1
    use_encrypt: bool = True
    use_compress: bool = False
    half_connection: bool = False
    bridge_mode: bool = False
    monitor_mode: bool = False
    qos: bool = True
    super_frames: int = 0
    acceleration: AccelerationOffer | None = None


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A session on a hub is wanted."""

    hub: str
    user: str
    auth: Auth
    client: ClientFacts
    wishes: SessionWishes


@dataclass(frozen=True, slots=True)
class AdditionalConnection:
    """This connection is to join the session that has the 20-byte key."""

    session_key: bytes = field(repr=False)
    client: ClientFacts


@dataclass(frozen=True, slots=True)
class AdminLogin:
    """Administration of the server (`hub` empty) or of one hub; `secure_password` has 20 bytes."""

    hub: str
    secure_password: bytes = field(repr=False)
    accept_empty_password: bool
    client: ClientFacts


@dataclass(frozen=True, slots=True)
class EnumerateHubs:
    """The names of the hubs that aren't hidden; needs no log-in."""

    client: ClientFacts


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A user's own change. The old proof is bound to the challenge, the new values are hashes (secrets).

    `new_nt_hash` is empty if the client didn't send one.
    """

    hub: str
    user: str
    secure_old_password: bytes = field(repr=False)
    new_hashed_key: bytes = field(repr=False)
    new_nt_hash: bytes = field(repr=False)
    client: ClientFacts


@dataclass(frozen=True, slots=True)
class UnknownMethod:
    """A method that the machine doesn't know; empty if there was none."""

    method: str
    client: ClientFacts


ClientRequest = (
    LoginRequest | AdditionalConnection | AdminLogin | EnumerateHubs | PasswordChange | UnknownMethod
)


# --- what a server grants ----------------------------------------------------------------------------------


class Direction(IntEnum):
    """Which way a connection carries frames, in wire numbers."""

    BOTH = 0
    SERVER_TO_CLIENT = 1
    CLIENT_TO_SERVER = 2


@dataclass(frozen=True, slots=True)
class WelcomeParameters:
    """The session as the server granted it; on the client, after the client's own limits."""

    session_name: str
    connection_name: str
    max_connection: int
    use_encrypt: bool
    use_compress: bool
    half_connection: bool
    timeout_ms: int
    qos: bool
    session_key: bytes = field(repr=False)
    session_key_32: int = field(default=0, repr=False)
    policy: Policy = DEFAULT_POLICY
    vlan_id: int = 0
    message: str = ""
    super_frames: int = 0
    acceleration: AccelerationGrant | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """The log-in succeeded; what follows on the connection are frames."""

    parameters: WelcomeParameters


@dataclass(frozen=True, slots=True)
class Redirect:
    """Log in elsewhere, with this ticket, where the certificate is exactly this one (DER)."""

    address: IpAddress
    ports: tuple[int, ...]
    ticket: bytes = field(repr=False)
    certificate: bytes
    message: str = ""


@dataclass(frozen=True, slots=True)
class AdditionalAccepted:
    """The connection belongs to the session; frames follow."""

    direction: Direction


@dataclass(frozen=True, slots=True)
class AdminAccepted:
    """The administrator is in; RPC frames follow."""

    empty_password: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply to a request that ends with it (hub list, password change)."""

    pack: Pack


@dataclass(frozen=True, slots=True)
class Refused:
    """It won't be. `code` is the peer's, or ours where the peer's answer made no sense."""

    code: ErrorCode
    message: str
    no_save_password: bool = False


# --- what both machines tell their caller ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes to the peer."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Close:
    """Send what is pending, then close politely."""

    reason: str
