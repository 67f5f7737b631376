"""Calls about virtual layer-3 switches: routers between hubs."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address

_ALL: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class L3SwitchName:
    """A switch, by name."""

    name: str = element.text("Name")


@dataclass(frozen=True, slots=True)
class L3SwitchRow:
    """One switch. `active`: it is wanted; `online`: it runs."""

    name: str = element.text("Name")
    interfaces: int = element.number("NumInterfaces")
    routes: int = element.number("NumTables")
    active: bool = element.flag("Active")
    online: bool = element.flag("Online")


@dataclass(frozen=True, slots=True)
class L3SwitchTable:
    """All switches."""

    count: int = element.number("NumItem")
    rows: tuple[L3SwitchRow, ...] = element.rows(L3SwitchRow, "L3SWList")


@dataclass(frozen=True, slots=True)
class L3Interface:
    """Where a switch is in a hub."""

    name: str = element.text("Name")
    hub: str = element.text("HubName")
    address: Address = element.address("IpAddress")
    mask: Address = element.address("SubnetMask")


@dataclass(frozen=True, slots=True)
class L3InterfaceRow:
    """One interface."""

    hub: str = element.text("HubName")
    address: Address = element.address("IpAddress")
    mask: Address = element.address("SubnetMask")


@dataclass(frozen=True, slots=True)
class L3InterfaceTable:
    """The interfaces of a switch."""

    count: int = element.number("NumItem")
    name: str = element.text("Name")
    rows: tuple[L3InterfaceRow, ...] = element.rows(L3InterfaceRow, "L3IFList")


@dataclass(frozen=True, slots=True)
class L3Route:
    """A route of a switch."""

    name: str = element.text("Name")
    network: Address = element.address("NetworkAddress")
    mask: Address = element.address("SubnetMask")
    gateway: Address = element.address("GatewayAddress")
    metric: int = element.number("Metric")


@dataclass(frozen=True, slots=True)
class L3RouteRow:
    """One route."""

    network: Address = element.address("NetworkAddress")
    mask: Address = element.address("SubnetMask")
    gateway: Address = element.address("GatewayAddress")
    metric: int = element.number("Metric")


@dataclass(frozen=True, slots=True)
class L3RouteTable:
    """The routes of a switch."""

    count: int = element.number("NumItem")
    name: str = element.text("Name")
    rows: tuple[L3RouteRow, ...] = element.rows(L3RouteRow, "L3Table")


def check_name(request: L3SwitchName) -> None:
    """Raises Refusal for no name."""
    if not request.name:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name a switch, as the list does")


def check_interface(request: L3Interface) -> None:
    """Raises Refusal unless a hub and a host's address in the network of the mask are given."""
    if not request.hub:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name the hub")
    address, mask = request.address, request.mask
    if not (isinstance(address, IPv4Address) and isinstance(mask, IPv4Address)):
        raise Refusal(ErrorCode.INVALID_PARAMETER, "switches route IPv4 alone")
    if not _is_mask(mask) or not _is_host(address) or not int(address) & ~int(mask) & _ALL:
        raise Refusal(
            ErrorCode.INVALID_PARAMETER, f"{address} with the mask {mask} is no host's address in a network"
        )


def check_route(request: L3Route) -> None:
    """Raises Refusal unless the network is one, and the gateway a host."""
    network, mask, gateway = request.network, request.mask, request.gateway
    if not (isinstance(network, IPv4Address) and isinstance(mask, IPv4Address)):
        raise Refusal(ErrorCode.INVALID_PARAMETER, "switches route IPv4 alone")
    if not _is_mask(mask) or int(network) & ~int(mask) & _ALL:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{network} with the mask {mask} is no network")
    if not (isinstance(gateway, IPv4Address) and _is_host(gateway)):
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{gateway} can't be a gateway: name a host")


def _is_mask(mask: IPv4Address) -> bool:
    """Ones, then zeros."""
    hosts = ~int(mask) & _ALL
    return not hosts & (hosts + 1)


def _is_host(address: IPv4Address) -> bool:
    return int(address) not in (0, _ALL)


ADD_L3_SWITCH: Final = Call(
    "AddL3Switch",
    L3SwitchName,
    L3SwitchName,
    Who.SERVER,
    "Creates a switch, stopped.",
    changes=True,
    check=check_name,
)
DEL_L3_SWITCH: Final = Call(
    "DelL3Switch", L3SwitchName, L3SwitchName, Who.SERVER, "Deletes a switch.", changes=True
)
ENUM_L3_SWITCH: Final = Call("EnumL3Switch", Empty, L3SwitchTable, Who.ANY, "All switches.")
START_L3_SWITCH: Final = Call(
    "StartL3Switch",
    L3SwitchName,
    L3SwitchName,
    Who.SERVER,
    "Starts a switch.",
    changes=True,
    check=check_name,
)
STOP_L3_SWITCH: Final = Call(
    "StopL3Switch", L3SwitchName, L3SwitchName, Who.SERVER, "Stops a switch.", changes=True
)
ADD_L3_IF: Final = Call(
    "AddL3If",
    L3Interface,
    L3Interface,
    Who.SERVER,
    "Puts a stopped switch into a hub.",
    changes=True,
    check=check_interface,
)
DEL_L3_IF: Final = Call(
    "DelL3If", L3Interface, L3Interface, Who.SERVER, "Takes a stopped switch out of a hub.", changes=True
)
ENUM_L3_IF: Final = Call("EnumL3If", L3SwitchName, L3InterfaceTable, Who.ANY, "The interfaces of a switch.")
ADD_L3_TABLE: Final = Call(
    "AddL3Table",
    L3Route,
    L3Route,
    Who.SERVER,
    "Adds a route to a stopped switch.",
    changes=True,
    check=check_route,
)
DEL_L3_TABLE: Final = Call(
    "DelL3Table", L3Route, L3Route, Who.SERVER, "Removes a route from a stopped switch.", changes=True
)
ENUM_L3_TABLE: Final = Call(
    "EnumL3Table", L3SwitchName, L3RouteTable, Who.ANY, "The routes of a switch.", check=check_name
)

CALLS: Final = (
    ADD_L3_SWITCH,
    DEL_L3_SWITCH,
    ENUM_L3_SWITCH,
    START_L3_SWITCH,
    STOP_L3_SWITCH,
    ADD_L3_IF,
    DEL_L3_IF,
    ENUM_L3_IF,
    ADD_L3_TABLE,
    DEL_L3_TABLE,
    ENUM_L3_TABLE,
)
