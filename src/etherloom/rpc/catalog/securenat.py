"""Calls about SecureNAT: a router with NAT and DHCP inside a hub."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class SecureNatOptions:
    """What the virtual router does. Without `apply_push_routes` the pushed routes stay as they are."""

    mac: bytes = element.data("MacAddress")
    address: Address = element.address("Ip")
    mask: Address = element.address("Mask")
    nat: bool = element.flag("UseNat")
    mtu: int = element.number("Mtu")
    nat_tcp_timeout: int = element.number("NatTcpTimeout")
    nat_udp_timeout: int = element.number("NatUdpTimeout")
    dhcp: bool = element.flag("UseDhcp")
    dhcp_first: Address = element.address("DhcpLeaseIPStart")
    dhcp_last: Address = element.address("DhcpLeaseIPEnd")
    dhcp_mask: Address = element.address("DhcpSubnetMask")
    dhcp_seconds: int = element.number("DhcpExpireTimeSpan")
    dhcp_gateway: Address = element.address("DhcpGatewayAddress")
    dhcp_dns: Address = element.address("DhcpDnsServerAddress")
    dhcp_dns2: Address = element.address("DhcpDnsServerAddress2")
    dhcp_domain: str = element.text("DhcpDomainName")
    save_log: bool = element.flag("SaveLog")
    hub: str = element.text("RpcHubName")
    apply_push_routes: bool = element.flag("ApplyDhcpPushRoutes")
    push_routes: str = element.text("DhcpPushRoutes", 3199)


@dataclass(frozen=True, slots=True)
class NatRow:
    """One session through the NAT."""

    id: int = element.number("Id")
    protocol: int = element.number("Protocol")
    source_address: Address = element.address("SrcIp")
    source_host: str = element.text("SrcHost")
    source_port: int = element.number("SrcPort")
    target_address: Address = element.address("DestIp")
    target_host: str = element.text("DestHost")
    target_port: int = element.number("DestPort")
    created: int = element.time("CreatedTime")
    last_traffic: int = element.time("LastCommTime")
    bytes_sent: int = element.long("SendSize")
    bytes_received: int = element.long("RecvSize")
    tcp_state: int = element.number("TcpStatus")


@dataclass(frozen=True, slots=True)
class NatTable:
    """The sessions of the NAT."""

    count: int = element.number("NumItem")
    hub: str = element.text("HubName")
    rows: tuple[NatRow, ...] = element.rows(NatRow, "NatTable")


@dataclass(frozen=True, slots=True)
class DhcpRow:
    """One lease."""

    id: int = element.number("Id")
    leased: int = element.time("LeasedTime")
    expires: int = element.time("ExpireTime")
    mac: bytes = element.data("MacAddress")
    address: Address = element.address("IpAddress")
    mask: int = element.number("Mask")
    host: str = element.text("Hostname")


@dataclass(frozen=True, slots=True)
class DhcpTable:
    """The leases of the DHCP server."""

    count: int = element.number("NumItem")
    hub: str = element.text("HubName")
    rows: tuple[DhcpRow, ...] = element.rows(DhcpRow, "DhcpTable")


@dataclass(frozen=True, slots=True)
class SecureNatStatus:
    """How much the virtual router has to do."""

    hub: str = element.text("HubName")
    tcp_sessions: int = element.number("NumTcpSessions")
    udp_sessions: int = element.number("NumUdpSessions")
    icmp_sessions: int = element.number("NumIcmpSessions")
    dns_sessions: int = element.number("NumDnsSessions")
    dhcp_clients: int = element.number("NumDhcpClients")
    kernel_mode: bool = element.flag("IsKernelMode")
    raw_mode: bool = element.flag("IsRawIpMode")


@dataclass(frozen=True, slots=True)
class SecureNatHub:
    """A hub, by name, where the element is called otherwise."""

    hub: str = element.text("RpcHubName")


ENABLE_SECURE_NAT: Final = Call(
    "EnableSecureNAT", HubName, HubName, Who.HUB, "Starts the virtual router of a hub.", changes=True
)
DISABLE_SECURE_NAT: Final = Call(
    "DisableSecureNAT", HubName, HubName, Who.HUB, "Stops the virtual router of a hub.", changes=True
)
SET_SECURE_NATOPTION: Final = Call(
    "SetSecureNATOption",
    SecureNatOptions,
    SecureNatOptions,
    Who.HUB,
    "Changes what the virtual router does.",
    changes=True,
)
GET_SECURE_NATOPTION: Final = Call(
    "GetSecureNATOption", SecureNatHub, SecureNatOptions, Who.HUB, "What the virtual router does."
)
ENUM_NAT: Final = Call("EnumNAT", HubName, NatTable, Who.HUB, "The sessions of the NAT.")
ENUM_DHCP: Final = Call("EnumDHCP", HubName, DhcpTable, Who.HUB, "The leases of the DHCP server.")
GET_SECURE_NATSTATUS: Final = Call(
    "GetSecureNATStatus", HubName, SecureNatStatus, Who.HUB, "How much the virtual router has to do."
)

CALLS: Final = (
    ENABLE_SECURE_NAT,
    DISABLE_SECURE_NAT,
    SET_SECURE_NATOPTION,
    GET_SECURE_NATOPTION,
    ENUM_NAT,
    ENUM_DHCP,
    GET_SECURE_NATSTATUS,
)
