"""Calls about users."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.model.policy import Policy
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Traffic
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class UserName:
    """A user of a hub, by name."""

    hub: str = element.text("HubName")
    name: str = element.text("Name")


@dataclass(frozen=True, slots=True)
class UserSettings:
    """A user. Of the elements that prove who it is, only those of its `authentication` are there.

    `plain` is read only where `hashed_key` is missing or all zero.
    """

    hub: str = element.text("HubName")
    name: str = element.text("Name")
    group: str = element.text("GroupName")
    real_name: str = element.unicode("Realname", 511)
    note: str = element.unicode("Note", 511)
    created: int = element.time("CreatedTime")
    updated: int = element.time("UpdatedTime")
    expires: int = element.time("ExpireTime")
    authentication: int = element.number("AuthType")
    hashed_key: bytes | None = element.optional_data("HashedKey", 20, secret=True)
    nt_hash: bytes | None = element.optional_data("NtLmSecureHash", 16, secret=True)
    plain: str | None = element.optional_text("Auth_Password", 511, secret=True)
    certificate: bytes | None = element.optional_data("UserX")
    serial: bytes | None = element.optional_data("Serial")
    common_name: str | None = element.optional_unicode("CommonName")
    radius_name: str | None = element.optional_unicode("RadiusUsername")
    nt_name: str | None = element.optional_unicode("NtUsername")
    logins: int = element.number("NumLogin")
    traffic: Traffic = element.block(Traffic)
    policy: Policy | None = element.own_policy("UsePolicy")


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user in the list of users."""

    name: str = element.text("Name")
    group: str = element.text("GroupName")
    real_name: str = element.unicode("Realname", 511)
    note: str = element.unicode("Note", 511)
    authentication: int = element.number("AuthType")
    last_login: int = element.time("LastLoginTime")
    logins: int = element.number("NumLogin")
    denied: bool = element.flag("DenyAccess")
    traffic_filled: bool = element.flag("IsTrafficFilled")
    traffic: Traffic = element.block(Traffic, "Ex.")
    expires_filled: bool = element.flag("IsExpiresFilled")
    expires: int = element.time("Expires")


@dataclass(frozen=True, slots=True)
class UserTable:
    """The users of a hub, by name."""

    hub: str = element.text("HubName")
    rows: tuple[UserRow, ...] = element.rows(UserRow, "UserList")


ENUM_USER: Final = Call("EnumUser", HubName, UserTable, Who.HUB, "The users of a hub.")
CREATE_USER: Final = Call("CreateUser", UserSettings, UserSettings, Who.HUB, "Creates a user.", changes=True)
GET_USER: Final = Call(
    "GetUser",
    UserName,
    UserSettings,
    Who.HUB,
    "A user, with the hashes of the password as stock tools need them.",
)
SET_USER: Final = Call(
    "SetUser",
    UserSettings,
    UserSettings,
    Who.HUB,
    "Replaces a user's settings. A password that isn't given stays; a policy that isn't given goes.",
    changes=True,
)
DELETE_USER: Final = Call("DeleteUser", UserName, UserName, Who.HUB, "Deletes a user.", changes=True)

CALLS: Final = (ENUM_USER, CREATE_USER, GET_USER, SET_USER, DELETE_USER)
