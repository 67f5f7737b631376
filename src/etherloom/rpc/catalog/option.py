"""Calls about a hub's limits for its administrators, its options, its message and its RADIUS server."""

from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option."""

    name: str = element.text("Name", 63)
    value: int = element.number("Value")
    description: str = element.unicode("Descrption", 511)


@dataclass(frozen=True, slots=True)
class OptionTable:
    """Options by name; in a request, those that are to change."""

    count: int = element.number("NumItem")
    hub: str = element.text("HubName")
    rows: tuple[OptionRow, ...] = element.rows(OptionRow, "AdminOptionList")


@dataclass(frozen=True, slots=True)
class Radius:
    """The RADIUS servers of a hub, separated by semicolons; none if empty. Milliseconds."""

    host: str = element.text("RadiusServerName")
    port: int = element.number("RadiusPort")
    hub: str = element.text("HubName")
    secret: str = element.text("RadiusSecret", secret=True)
    retry_interval: int = element.number("RadiusRetryInterval")
    retry_timeout: int = element.number("RadiusRetryTimeout")


@dataclass(frozen=True, slots=True)
class Message:
    """What clients are shown when they log in, UTF-8."""

    hub: str = element.text("HubName")
    text: bytes = element.data("Msg")


GET_DEFAULT_HUB_ADMIN_OPTIONS: Final = Call(
    "GetDefaultHubAdminOptions",
    Empty,
    OptionTable,
    Who.ANY,
    "The limits that there are, with their defaults.",
)
GET_HUB_ADMIN_OPTIONS: Final = Call(
    "GetHubAdminOptions", HubName, OptionTable, Who.HUB, "The limits of a hub's administrators."
)
SET_HUB_ADMIN_OPTIONS: Final = Call(
    "SetHubAdminOptions",
    OptionTable,
    OptionTable,
    Who.HUB,
    "Replaces the limits of a hub's administrators.",
    changes=True,
)
GET_HUB_EXT_OPTIONS: Final = Call("GetHubExtOptions", HubName, OptionTable, Who.HUB, "The options of a hub.")
SET_HUB_EXT_OPTIONS: Final = Call(
    "SetHubExtOptions", OptionTable, OptionTable, Who.HUB, "Changes options of a hub.", changes=True
)
GET_HUB_RADIUS: Final = Call("GetHubRadius", HubName, Radius, Who.HUB, "The RADIUS servers of a hub.")
SET_HUB_RADIUS: Final = Call(
    "SetHubRadius", Radius, Radius, Who.HUB, "Changes the RADIUS servers of a hub.", changes=True
)
SET_HUB_MSG: Final = Call(
    "SetHubMsg", Message, Message, Who.HUB, "Changes what clients are shown.", changes=True
)
GET_HUB_MSG: Final = Call("GetHubMsg", HubName, Message, Who.HUB, "What clients are shown.")
GET_ADMIN_MSG: Final = Call("GetAdminMsg", Empty, Message, Who.ANY, "What administrators are shown.")

CALLS: Final = (
    GET_DEFAULT_HUB_ADMIN_OPTIONS,
    GET_HUB_ADMIN_OPTIONS,
    SET_HUB_ADMIN_OPTIONS,
    GET_HUB_EXT_OPTIONS,
    SET_HUB_EXT_OPTIONS,
    GET_HUB_RADIUS,
    SET_HUB_RADIUS,
    SET_HUB_MSG,
    GET_HUB_MSG,
    GET_ADMIN_MSG,
)
