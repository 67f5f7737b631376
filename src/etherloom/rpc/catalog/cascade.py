"""Calls about cascades: sessions that a hub keeps to a hub elsewhere."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.model.policy import Policy
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import ConnectionStatus
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class CascadeSettings:
    """A cascade. Of the elements that prove who it is, only those of its `authentication` are there.

    `hub` is ours, `remote_hub` the one it goes to.
    """

    hub: str = element.text("HubName_Ex")
    online: bool = element.flag("Online")
    name: str = element.unicode("AccountName")
    host: str = element.text("Hostname")
    proxy_host: str = element.text("ProxyName")
    proxy_user: str = element.text("ProxyUsername")
    proxy_password: str = element.text("ProxyPassword", secret=True)
    http_headers: str = element.text("CustomHttpHeader", 1023)
    remote_hub: str = element.text("HubName")
    device: str = element.text("DeviceName", 31)
    port: int = element.number("Port")
    udp_port: int = element.number("PortUDP")
    proxy_type: int = element.number("ProxyType")
    proxy_port: int = element.number("ProxyPort")
    retries: int = element.number("NumRetry")
    retry_interval: int = element.number("RetryInterval")
    connections: int = element.number("MaxConnection")
    encrypt: bool = element.flag("UseEncrypt")
    compress: bool = element.flag("UseCompress")
    half_duplex: bool = element.flag("HalfConnection")
    no_routing_tracking: bool = element.flag("NoRoutingTracking")
    connection_interval: int = element.number("AdditionalConnectionInterval")
    connection_lifetime: int = element.number("ConnectionDisconnectSpan")
    hide_status: bool = element.flag("HideStatusWindow")
    hide_nic_info: bool = element.flag("HideNicInfoWindow")
    monitor: bool = element.flag("RequireMonitorMode")
    bridge: bool = element.flag("RequireBridgeRoutingMode")
    no_qos: bool = element.flag("DisableQoS")
    from_admin_pack: bool = element.flag("FromAdminPack")
    no_udp_acceleration: bool = element.flag("NoUdpAcceleration")
    host_key: bytes | None = element.optional_data("HostUniqueKey", 20)
    bind_address: Address = element.address("BindLocalIP")
    bind_port: int = element.number("BindLocalPort")
    authentication: int = element.number("AuthType")
    user: str = element.text("Username")
    hashed_password: bytes | None = element.optional_data("HashedPassword", 20, secret=True)
    plain_password: str | None = element.optional_text("PlainPassword", secret=True)
    certificate: bytes | None = element.optional_data("ClientX")
    private_key: bytes | None = element.optional_data("ClientK", secret=True)
    card_certificate: str | None = element.optional_text("SecurePublicCertName")
    card_key: str | None = element.optional_text("SecurePrivateKeyName")
    engine_key: str | None = element.optional_text("OpensslEnginePrivateKeyName")
    engine: str | None = element.optional_text("OpensslEngineName")
    check_server_certificate: bool = element.flag("CheckServerCert")
    trust_system_authorities: bool = element.flag("AddDefaultCA")
    server_certificate: bytes | None = element.optional_data("ServerCert")
    policy: Policy = element.policy()


@dataclass(frozen=True, slots=True)
class CascadeName:
    """A cascade of a hub, by name."""

    hub: str = element.text("HubName")
    name: str = element.unicode("AccountName")


@dataclass(frozen=True, slots=True)
class CascadeRenaming:
    """A cascade and its new name."""

    hub: str = element.text("HubName")
    name: str = element.unicode("OldAccountName")
    new_name: str = element.unicode("NewAccountName")


@dataclass(frozen=True, slots=True)
class CascadeRow:
    """One cascade in the list."""

    name: str = element.unicode("AccountName")
    remote_hub: str = element.text("ConnectedHubName")
    host: str = element.text("Hostname")
    online: bool = element.flag("Online")
    connected: int = element.time("ConnectedTime")
    is_connected: bool = element.flag("Connected")
    last_error: int = element.number("LastError")
    target_hub: str = element.text("TargetHubName")


@dataclass(frozen=True, slots=True)
class CascadeTable:
    """The cascades of a hub."""

    hub: str = element.text("HubName")
    rows: tuple[CascadeRow, ...] = element.rows(CascadeRow, "LinkList")


@dataclass(frozen=True, slots=True)
class CascadeStatusName:
    """A cascade, by name."""

    hub: str = element.text("HubName_Ex")
    name: str = element.unicode("AccountName")


@dataclass(frozen=True, slots=True)
class CascadeStatus:
    """The state of a cascade's session."""

    hub: str = element.text("HubName_Ex")
    status: ConnectionStatus = element.block(ConnectionStatus)
    policy: Policy = element.policy()


CREATE_LINK: Final = Call(
    "CreateLink", CascadeSettings, CascadeSettings, Who.HUB, "Creates a cascade, off line.", changes=True
)
GET_LINK: Final = Call(
    "GetLink", CascadeStatusName, CascadeSettings, Who.HUB, "A cascade, with what it proves itself with."
)
SET_LINK: Final = Call(
    "SetLink",
    CascadeSettings,
    CascadeSettings,
    Who.HUB,
    "Replaces a cascade's settings; a running one takes them when it connects again.",
    changes=True,
)
ENUM_LINK: Final = Call("EnumLink", HubName, CascadeTable, Who.HUB, "The cascades of a hub.")
SET_LINK_ONLINE: Final = Call(
    "SetLinkOnline", CascadeName, CascadeName, Who.HUB, "Connects a cascade.", changes=True
)
SET_LINK_OFFLINE: Final = Call(
    "SetLinkOffline", CascadeName, CascadeName, Who.HUB, "Disconnects a cascade.", changes=True
)
DELETE_LINK: Final = Call("DeleteLink", CascadeName, CascadeName, Who.HUB, "Deletes a cascade.", changes=True)
RENAME_LINK: Final = Call(
    "RenameLink", CascadeRenaming, CascadeRenaming, Who.HUB, "Gives a cascade another name.", changes=True
)
GET_LINK_STATUS: Final = Call(
    "GetLinkStatus", CascadeStatusName, CascadeStatus, Who.HUB, "The state of a cascade's session."
)

CALLS: Final = (
    CREATE_LINK,
    GET_LINK,
    SET_LINK,
    ENUM_LINK,
    SET_LINK_ONLINE,
    SET_LINK_OFFLINE,
    DELETE_LINK,
    RENAME_LINK,
    GET_LINK_STATUS,
)
