"""Virtual layer-3 switches: routers between hubs (reference: network functions)."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

MAXIMUM_SWITCHES: Final = 4_096
MAXIMUM_INTERFACES: Final = 4_096
MAXIMUM_ROUTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class L3Interface:
    """Where a switch is in a hub, which need not exist (yet)."""

    hub: str
    address: IPv4Address
    mask: IPv4Address


@dataclass(frozen=True, slots=True)
class L3Route:
    """A network behind a gateway; the lowest metric wins."""

    network: IPv4Address
    mask: IPv4Address
    gateway: IPv4Address
    metric: int


@dataclass(frozen=True, slots=True)
class L3Switch:
    """One switch. `active`: its administrator started it."""

    name: str
    active: bool = False
    interfaces: tuple[L3Interface, ...] = ()
    routes: tuple[L3Route, ...] = ()
