"""Elements that several calls share (reference: administration, section 3.3)."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.element import Address


@dataclass(frozen=True, slots=True)
class Empty:
    """A request or reply without elements."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Frames and bytes, as seen by whom the record is about."""

    received_broadcast_bytes: int = element.long("Recv.BroadcastBytes")
    received_broadcast_frames: int = element.long("Recv.BroadcastCount")
    received_unicast_bytes: int = element.long("Recv.UnicastBytes")
    received_unicast_frames: int = element.long("Recv.UnicastCount")
    sent_broadcast_bytes: int = element.long("Send.BroadcastBytes")
    sent_broadcast_frames: int = element.long("Send.BroadcastCount")
    sent_unicast_bytes: int = element.long("Send.UnicastBytes")
    sent_unicast_frames: int = element.long("Send.UnicastCount")


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """The operating system under the server."""

    os_type: int = element.number("OsType")
    os_service_pack: int = element.number("OsServicePack")
    os_system: str = element.text("OsSystemName", 511)
    os_product: str = element.text("OsProductName", 511)
    os_vendor: str = element.text("OsVendorName", 511)
    os_version: str = element.text("OsVersion", 511)
    kernel: str = element.text("KernelName", 511)
    kernel_version: str = element.text("KernelVersion", 511)


@dataclass(frozen=True, slots=True)
class MemoryFacts:
    """Memory of the machine, in bytes."""

    total: int = element.long("TotalMemory")
    used: int = element.long("UsedMemory")
    free: int = element.long("FreeMemory")
    total_physical: int = element.long("TotalPhys")
    used_physical: int = element.long("UsedPhys")
    free_physical: int = element.long("FreePhys")


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a client said of itself when it logged in.

    Stock tools expect the numbers with their bytes reversed and turn them back before they show them. The
    elements ServerProductName, ServerProductVer, ServerProductBuild and HubName belong to the surrounding
    record, which comes first.
    """

    client_product: str = element.text("ClientProductName", 63)
    client_os: str = element.text("ClientOsName", 63)
    client_os_version: str = element.text("ClientOsVer", 127)
    client_os_product_id: str = element.text("ClientOsProductId", 63)
    client_host: str = element.text("ClientHostname", 63)
    server_host: str = element.text("ServerHostname", 63)
    proxy_host: str = element.text("ProxyHostname", 63)
    unique_id: bytes = element.data("UniqueId", 16)
    client_version: int = element.swapped_number("ClientProductVer")
    client_build: int = element.swapped_number("ClientProductBuild")
    client_address: Address = element.address("ClientIpAddress")
    client_address6: bytes = element.data("ClientIpAddress6", 16)
    client_port: int = element.swapped_number("ClientPort")
    server_address: Address = element.address("ServerIpAddress")
    server_address6: bytes = element.data("ServerIpAddress6", 16)
    server_port: int = element.swapped_number("ServerPort2")
    proxy_address: Address = element.address("ProxyIpAddress")
    proxy_address6: bytes = element.data("ProxyIpAddress6", 16)
    proxy_port: int = element.swapped_number("ProxyPort")


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """How a session stands. Its key is a secret and always reads as zeros."""

    account: str = element.unicode("AccountName")
    server: str = element.text("ServerName")
    server_product: str = element.text("ServerProductName", 511)
    protocol: str = element.text("ProtocolVersion", 63)
    cipher: str = element.text("CipherName", 31)
    session: str = element.text("SessionName")
    connection: str = element.text("ConnectionName")
    key: bytes = element.data("SessionKey", 20, secret=True)
    active: bool = element.flag("Active")
    connected: bool = element.flag("Connected")
    state: int = element.number("SessionStatus")
    server_port: int = element.number("ServerPort")
    server_version: int = element.number("ServerProductVer")
    server_build: int = element.number("ServerProductBuild")
    connections_established: int = element.number("NumConnectionsEstablished")
    connections_established_stable: int = element.number("NumConnectionsEatablished")
    half_duplex: bool = element.flag("HalfConnection")
    qos: bool = element.flag("QoS")
    connections_maximum: int = element.number("MaxTcpConnections")
    connections: int = element.number("NumTcpConnections")
    connections_upload: int = element.number("NumTcpConnectionsUpload")
    connections_download: int = element.number("NumTcpConnectionsDownload")
    encrypted: bool = element.flag("UseEncrypt")
    compressed: bool = element.flag("UseCompress")
    rudp: bool = element.flag("IsRUDPSession")
    underlay: str = element.text("UnderlayProtocol", 63)
    protocol_details: str = element.text("ProtocolDetails")
    udp_acceleration: bool = element.flag("IsUdpAccelerationEnabled")
    udp_acceleration_used: bool = element.flag("IsUsingUdpAcceleration")
    bridge: bool = element.flag("IsBridgeMode")
    monitor: bool = element.flag("IsMonitorMode")
    started: int = element.time("StartTime")
    first_connected: int = element.time("FirstConnectionEstablisiedTime")
    current_connected: int = element.time("CurrentConnectionEstablishTime")
    bytes_sent: int = element.long("TotalSendSize")
    bytes_received: int = element.long("TotalRecvSize")
    wire_bytes_sent: int = element.long("TotalSendSizeReal")
    wire_bytes_received: int = element.long("TotalRecvSizeReal")
    vlan: int = element.number("VLanId")
    traffic: Traffic = element.block(Traffic)
    server_certificate: bytes | None = element.optional_data("ServerX")
    client_certificate: bytes | None = element.optional_data("ClientX")
