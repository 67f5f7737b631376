"""Calls about sessions."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.model.policy import Policy
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import ConnectionStatus, NodeFacts
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class SessionName:
    """A session on a hub, by name."""

    hub: str = element.text("HubName")
    name: str = element.text("Name")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session in the list of sessions. Dormancy is never watched for."""

    name: str = element.text("Name")
    user: str = element.text("Username")
    address: Address = element.address("Ip")
    client_address: Address = element.address("ClientIP")
    host: str = element.text("Hostname")
    connections_maximum: int = element.number("MaxNumTcp")
    connections: int = element.number("CurrentNumTcp")
    total_bytes: int = element.long("PacketSize")
    total_frames: int = element.long("PacketNum")
    remote: bool = element.flag("RemoteSession")
    remote_host: str = element.text("RemoteHostname")
    cascade: bool = element.flag("LinkMode")
    securenat: bool = element.flag("SecureNATMode")
    bridge: bool = element.flag("BridgeMode")
    layer3: bool = element.flag("Layer3Mode")
    client_bridge: bool = element.flag("Client_BridgeMode")
    client_monitor: bool = element.flag("Client_MonitorMode")
    vlan: int = element.number("VLanId")
    unique_id: bytes = element.data("UniqueId", 16)
    dormancy_watched: bool = element.flag("IsDormantEnabled")
    dormant: bool = element.flag("IsDormant")
    last_traffic_dormant: int = element.time("LastCommDormant")
    created: int = element.time("CreatedTime")
    last_traffic: int = element.time("LastCommTime")


@dataclass(frozen=True, slots=True)
class SessionTable:
    """The sessions on a hub, by name."""

    hub: str = element.text("HubName")
    rows: tuple[SessionRow, ...] = element.rows(SessionRow, "SessionList")


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """All about one session.

    `user` is the name that was authenticated, `real_user` the entry of the user list that it matched.
    """

    hub: str = element.text("HubName")
    name: str = element.text("Name")
    user: str = element.text("Username")
    group: str = element.text("GroupName")
    real_user: str = element.text("RealUsername")
    address: Address = element.address("SessionStatus_ClientIp")
    address6: bytes = element.data("SessionStatus_ClientIp6", 16)
    host: str = element.text("SessionStatus_ClientHostName")
    client_address: Address = element.address("Client_Ip_Address")
    status: ConnectionStatus = element.block(ConnectionStatus)
    policy: Policy = element.policy()
    node: NodeFacts = element.block(NodeFacts)


ENUM_SESSION: Final = Call("EnumSession", HubName, SessionTable, Who.HUB, "The sessions on a hub.")
GET_SESSION_STATUS: Final = Call(
    "GetSessionStatus", SessionName, SessionStatus, Who.HUB, "All about one session."
)
DELETE_SESSION: Final = Call(
    "DeleteSession", SessionName, SessionName, Who.HUB, "Disconnects a session.", changes=True
)

CALLS: Final = (ENUM_SESSION, GET_SESSION_STATUS, DELETE_SESSION)
