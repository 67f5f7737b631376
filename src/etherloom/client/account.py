"""Account: a client's connection setting, as frozen records. No behaviour beyond checking values."""

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Final

from etherloom.engine.commands import AUTOMATIC_CONGESTION
from etherloom.handshake.client_login import AnonymousLogin, PasswordLogin, PlainPasswordLogin
from etherloom.wire.digest import hash_password

DEFAULT_PORT: Final = 443
MAXIMUM_CONNECTIONS: Final = 32
FOREVER: Final = None


class Family(Enum):
    """Which addresses of the server may be used."""

    ANY = "any"
    IPV4 = "4"
    IPV6 = "6"


# -- who the server must be


@dataclass(frozen=True, slots=True)
class SystemTrust:
    """Signed by a CA of this system, and made out to the server's name."""


@dataclass(frozen=True, slots=True)
class CaTrust:
    """Equal to, or signed by, one of these certificates (DER)."""

    certificates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PinTrust:
    """Exactly the certificate with this SHA-256."""

    sha256: bytes


@dataclass(frozen=True, slots=True)
class ExactTrust:
    """Exactly this certificate (DER): what a redirect announced, or what the first connection showed."""

    certificate: bytes


@dataclass(frozen=True, slots=True)
class NoTrust:
    """Anybody: whoever sits in between can read and change everything."""


Trust = SystemTrust | CaTrust | PinTrust | ExactTrust | NoTrust


# -- who we are


Login = AnonymousLogin | PasswordLogin | PlainPasswordLogin


def log_in_anonymously() -> Login:
    """The name alone."""
    return AnonymousLogin()


def log_in_by_password(user: str, password: bytes, *, plain: bool = False) -> Login:
    """A password as typed: what is kept of it proves it; `plain` sends it as it is."""
    if plain:
        return PlainPasswordLogin(password.decode("utf-8", "surrogateescape"))
    return PasswordLogin(hash_password(password, user))


# -- the setting


@dataclass(frozen=True, slots=True)
class RetryRule:
    """When to try again. `attempts` counts failures in a row, None means for ever. `interval_s` None means
    growing pauses. `stubborn`: also after a refused log-in although none has succeeded yet."""

    attempts: int | None = FOREVER
    interval_s: float | None = None
    stubborn: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """One server, hub and user, and how to talk to them. Times are seconds; lifetime 0 means no limit."""

    host: str
    hub: str
    user: str
    login: Login
    trust: Trust = SystemTrust()
    port: int = DEFAULT_PORT
    family: Family = Family.ANY
    connections: int = 1
    half_duplex: bool = False
    compress: bool = False
    encrypt: bool = True
    super_frames: bool = True
    congestion: str = AUTOMATIC_CONGESTION
    udp_acceleration: bool = True
    additional_interval_s: float = 1.0
    connection_lifetime_s: float = 0.0
    retry: RetryRule = field(default=RetryRule())


# -- the adapter


@dataclass(frozen=True, slots=True)
class NoAddress:
    """Whoever wants addresses on the adapter sets them."""


@dataclass(frozen=True, slots=True)
class StaticAddresses:
    """These, and for a default route these gateways."""

    interfaces: tuple[IPv4Interface | IPv6Interface, ...]
    gateways: tuple[IPv4Address | IPv6Address, ...] = ()


@dataclass(frozen=True, slots=True)
class DynamicAddress:
    """What a DHCP server on the hub says."""

    host_name: str = ""


Addressing = NoAddress | StaticAddresses | DynamicAddress


@dataclass(frozen=True, slots=True)
class AdapterSettings:
    """The virtual network adapter. `hardware` empty means: derived, and the same at every start."""

    name: str
    addressing: Addressing = DynamicAddress()
    mtu: int = 1500
    up: bool = True
    hardware: bytes = b""
    default_route: bool = False
    accept_routes: bool = False
    accept_dns: bool = False
