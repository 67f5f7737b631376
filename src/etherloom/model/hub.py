"""A virtual hub's own settings."""

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final

DEFAULT_GATEWAY: Final = IPv4Address("192.168.30.1")
DEFAULT_SUBNET: Final = IPv4Address("255.255.255.0")


class HubType(IntEnum):
    """Wire numbers (reference: administration, section 10.1)."""

    STANDALONE = 0
    FARM_STATIC = 1
    FARM_DYNAMIC = 2


@dataclass(frozen=True, slots=True)
class Hub:
    """Settings of one hub. `created` is Unix milliseconds; `maximum_sessions` 0 means no limit.

    `require_encryption`: sessions whose frames would travel in plain text are moved into TLS by the Welcome.
    `super_frames`: sessions of our own clients may carry them (docs/protocol/super-frames.md).
    `udp_acceleration`: frames may go by UDP as well, `udp_acceleration_v1`: even with the first version,
    which whoever sits in between can change (docs/protocol/udp-acceleration.md).
    `default_gateway` and `default_subnet` are for clients of protocols that can't ask by DHCP.
    """

    name: str
    online: bool = True
    maximum_sessions: int = 0
    hidden: bool = False
    require_encryption: bool = True
    super_frames: bool = True
    udp_acceleration: bool = True
    udp_acceleration_v1: bool = False
    created: int = 0
    type: HubType = HubType.STANDALONE
    default_gateway: IPv4Address = DEFAULT_GATEWAY
    default_subnet: IPv4Address = DEFAULT_SUBNET


@dataclass(frozen=True, slots=True, repr=False)
class AdministratorSecret:
    """The administrator password of a server or a hub: SHA-0(password), 20 bytes.

    `as_user` (hubs only) is SHA-0(password + "ADMINISTRATOR"): the log-in of the user `administrator`.
    Empty bytes mean that no password was set, so that no remote log-in is possible.
    """

    hashed: bytes = b""
    as_user: bytes = b""


@dataclass(frozen=True, slots=True)
class HubOptions:
    """Options by the original's names: those that differ from their defaults, and any it doesn't know."""

    values: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class HubMessage:
    """What clients are shown when they log in."""

    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Radius:
    """The RADIUS servers of a hub, separated by semicolons; none if empty. Times are milliseconds."""

    host: str = ""
    port: int = 1812
    secret: bytes = b""
    retry_interval: int = 500
    retry_timeout: int = 10_000
