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
