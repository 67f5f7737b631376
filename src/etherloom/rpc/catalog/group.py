"""Calls about groups of users."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.model.policy import Policy
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Traffic
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.catalog.user import UserName


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """A group of users."""

    hub: str = element.text("HubName")
    name: str = element.text("Name")
    real_name: str = element.unicode("Realname", 511)
    note: str = element.unicode("Note", 511)
    traffic: Traffic = element.block(Traffic)
    policy: Policy | None = element.own_policy("UsePolicy")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group in the list."""

    name: str = element.text("Name")
    real_name: str = element.unicode("Realname", 511)
    note: str = element.unicode("Note", 511)
    users: int = element.number("NumUsers")
    denied: bool = element.flag("DenyAccess")


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The groups of a hub, by name."""

    hub: str = element.text("HubName")
    rows: tuple[GroupRow, ...] = element.rows(GroupRow, "GroupList")


CREATE_GROUP: Final = Call(
    "CreateGroup", GroupSettings, GroupSettings, Who.HUB, "Creates a group.", changes=True
)
SET_GROUP: Final = Call(
    "SetGroup",
    GroupSettings,
    GroupSettings,
    Who.HUB,
    "Replaces a group's settings. A policy that isn't given goes.",
    changes=True,
)
GET_GROUP: Final = Call("GetGroup", UserName, GroupSettings, Who.HUB, "A group.")
DELETE_GROUP: Final = Call(
    "DeleteGroup", UserName, UserName, Who.HUB, "Deletes a group; its users stay, without one.", changes=True
)
ENUM_GROUP: Final = Call("EnumGroup", HubName, GroupTable, Who.HUB, "The groups of a hub.")

CALLS: Final = (
    CREATE_GROUP,
    SET_GROUP,
    GET_GROUP,
    DELETE_GROUP,
    ENUM_GROUP,
)
