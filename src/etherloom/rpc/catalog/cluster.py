"""Calls about clusters of the original's kind."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address


@dataclass(frozen=True, slots=True)
class ClusterSetting:
    """The server's part in a cluster: 0 none, 1 controller, 2 member."""

    type: int = element.number("ServerType")
    ports: tuple[int, ...] = element.numbers("Ports")
    public_address: Address = element.address("PublicIp")
    controller: str = element.text("ControllerName")
    controller_port: int = element.number("ControllerPort")
    hashed_password: bytes = element.data("MemberPassword", 20, secret=True)
    password: str = element.text("MemberPasswordPlaintext", 511, secret=True)
    weight: int = element.number("Weight")
    controller_only: bool = element.flag("ControllerOnly")


@dataclass(frozen=True, slots=True)
class MemberHub:
    """A hub that a member runs."""

    hub: str = element.text("HubName")
    dynamic: bool = element.flag("DynamicHub")


@dataclass(frozen=True, slots=True)
class Member:
    """All about one server of a cluster."""

    id: int = element.number("Id")
    controller: bool = element.flag("Controller")
    connected: int = element.time("ConnectedTime")
    address: Address = element.address("Ip")
    host: str = element.text("Hostname")
    points: int = element.number("Point")
    ports: tuple[int, ...] = element.numbers("Ports")
    certificate: bytes | None = element.optional_data("ServerCert")
    sessions: int = element.number("NumSessions")
    connections: int = element.number("NumTcpConnections")
    weight: int = element.number("Weight")
    rows: tuple[MemberHub, ...] = element.rows(MemberHub, "HubsList")


@dataclass(frozen=True, slots=True)
class MemberName:
    """A member, by the number that the list shows."""

    id: int = element.number("Id")


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One server of a cluster."""

    id: int = element.number("Id")
    controller: bool = element.flag("Controller")
    connected: int = element.time("ConnectedTime")
    address: Address = element.address("Ip")
    host: str = element.text("Hostname")
    points: int = element.number("Point")
    sessions: int = element.number("NumSessions")
    connections: int = element.number("NumTcpConnections")
    hubs: int = element.number("NumHubs")
    client_licenses: int = element.number("AssignedClientLicense")
    bridge_licenses: int = element.number("AssignedBridgeLicense")


@dataclass(frozen=True, slots=True)
class MemberTable:
    """The servers of a cluster."""

    rows: tuple[MemberRow, ...] = element.rows(MemberRow, "FarmMemberList")


@dataclass(frozen=True, slots=True)
class ControllerConnection:
    """A member's connection to its controller."""

    address: Address = element.address("Ip")
    port: int = element.number("Port")
    online: bool = element.flag("Online")
    last_error: int = element.number("LastError")
    started: int = element.time("StartedTime")
    current_connected: int = element.time("CurrentConnectedTime")
    first_connected: int = element.time("FirstConnectedTime")
    times_connected: int = element.number("NumConnected")
    attempts: int = element.number("NumTry")
    failures: int = element.number("NumFailed")


SET_FARM_SETTING: Final = Call(
    "SetFarmSetting",
    ClusterSetting,
    ClusterSetting,
    Who.SERVER,
    "Changes the server's part in a cluster.",
    changes=True,
)
GET_FARM_SETTING: Final = Call(
    "GetFarmSetting", Empty, ClusterSetting, Who.ANY, "The server's part in a cluster."
)
GET_FARM_INFO: Final = Call(
    "GetFarmInfo", MemberName, Member, Who.ANY, "All about one server of the cluster."
)
ENUM_FARM_MEMBER: Final = Call("EnumFarmMember", Empty, MemberTable, Who.ANY, "The servers of the cluster.")
GET_FARM_CONNECTION_STATUS: Final = Call(
    "GetFarmConnectionStatus",
    Empty,
    ControllerConnection,
    Who.ANY,
    "A member's connection to its controller.",
)

CALLS: Final = (
    SET_FARM_SETTING,
    GET_FARM_SETTING,
    GET_FARM_INFO,
    ENUM_FARM_MEMBER,
    GET_FARM_CONNECTION_STATUS,
)
