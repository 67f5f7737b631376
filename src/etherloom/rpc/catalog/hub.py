"""Calls about hubs."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import check_hub_name
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty, Traffic
from etherloom.rpc.catalog.call import Call, Who


@dataclass(frozen=True, slots=True)
class HubName:
    """A hub, by name."""

    hub: str = element.text("HubName")


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Settings of a hub. Passwords are only ever read; replies to GetHub have none.

    `hashed_as_user` is the log-in of the user `administrator` (see model.hub.AdministratorSecret).
    """

    hub: str = element.text("HubName")
    hashed: bytes = element.data("HashedPassword", 20, secret=True)
    hashed_as_user: bytes = element.data("SecurePassword", 20, secret=True)
    online: bool = element.flag("Online")
    plain: str = element.text("AdminPasswordPlainText", 511, secret=True)
    default_gateway: int = element.number("DefaultGateway")
    default_subnet: int = element.number("DefaultSubnet")
    maximum_sessions: int = element.number("MaxSession")
    hidden: bool = element.flag("NoEnum")
    type: int = element.number("HubType")


@dataclass(frozen=True, slots=True)
class HubOnline:
    """Whether a hub takes sessions."""

    hub: str = element.text("HubName")
    online: bool = element.flag("Online")


@dataclass(frozen=True, slots=True)
class HubRow:
    """One hub in the list of hubs."""

    hub: str = element.text("HubName")
    online: bool = element.flag("Online")
    type: int = element.number("HubType")
    sessions: int = element.number("NumSessions")
    users: int = element.number("NumUsers")
    groups: int = element.number("NumGroups")
    mac_entries: int = element.number("NumMacTables")
    ip_entries: int = element.number("NumIpTables")
    last_traffic: int = element.time("LastCommTime")
    created: int = element.time("CreatedTime")
    last_login: int = element.time("LastLoginTime")
    logins: int = element.number("NumLogin")
    traffic_filled: bool = element.flag("IsTrafficFilled")
    traffic: Traffic = element.block(Traffic, "Ex.")


@dataclass(frozen=True, slots=True)
class HubTable:
    """The hubs that the caller may see, by name."""

    rows: tuple[HubRow, ...] = element.rows(HubRow, "HubList")


@dataclass(frozen=True, slots=True)
class HubStatus:
    """Counts and times of one hub."""

    hub: str = element.text("HubName")
    online: bool = element.flag("Online")
    type: int = element.number("HubType")
    sessions: int = element.number("NumSessions")
    sessions_client: int = element.number("NumSessionsClient")
    sessions_bridge: int = element.number("NumSessionsBridge")
    access_rules: int = element.number("NumAccessLists")
    users: int = element.number("NumUsers")
    groups: int = element.number("NumGroups")
    mac_entries: int = element.number("NumMacTables")
    ip_entries: int = element.number("NumIpTables")
    securenat: bool = element.flag("SecureNATEnabled")
    traffic: Traffic = element.block(Traffic)
    last_traffic: int = element.time("LastCommTime")
    created: int = element.time("CreatedTime")
    last_login: int = element.time("LastLoginTime")
    logins: int = element.number("NumLogin")


def check_new_name(request: HubSettings) -> None:
    """Raises Refusal for letters that no hub's name may have; dots at its ends are looked at later."""
    check_hub_name(request.hub.strip(".") or request.hub)


def brings_password(request: HubSettings) -> bool:
    """True if a request says what the password is to be, even if that is the empty one."""
    return bool(request.plain) or (any(request.hashed) and any(request.hashed_as_user))


def check_named(request: HubName) -> None:
    """Raises Refusal if no hub is named."""
    if not request.hub:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name the hub")


ENUM_HUB: Final = Call(
    "EnumHub", Empty, HubTable, Who.ANY, "The hubs; the administrator of a hub sees that one only."
)
CREATE_HUB: Final = Call(
    "CreateHub",
    HubSettings,
    HubSettings,
    Who.SERVER,
    "Creates a hub. Sessions on it have to be encrypted unless that is switched off.",
    changes=True,
    check=check_new_name,
)
GET_HUB: Final = Call("GetHub", HubSettings, HubSettings, Who.HUB, "Settings of a hub, without passwords.")
SET_HUB: Final = Call(
    "SetHub",
    HubSettings,
    HubSettings,
    Who.HUB,
    "Changes the settings of a hub. Without a password, the password stays as it is.",
    changes=True,
)
DELETE_HUB: Final = Call(
    "DeleteHub",
    HubName,
    HubName,
    Who.SERVER,
    "Deletes a hub, its users and its sessions.",
    changes=True,
    check=check_named,
)
SET_HUB_ONLINE: Final = Call(
    "SetHubOnline", HubOnline, HubOnline, Who.HUB, "Opens a hub for sessions, or ends them all.", changes=True
)
GET_HUB_STATUS: Final = Call("GetHubStatus", HubStatus, HubStatus, Who.HUB, "Counts and times of a hub.")

CALLS: Final = (ENUM_HUB, CREATE_HUB, GET_HUB, SET_HUB, DELETE_HUB, SET_HUB_ONLINE, GET_HUB_STATUS)
