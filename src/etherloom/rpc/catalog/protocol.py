"""Calls about other VPN protocols, and about ways through firewalls."""

from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.server import Echo


@dataclass(frozen=True, slots=True)
class UdpPorts:
    """The UDP ports on which other protocols are served."""

    ports: tuple[int, ...] = element.numbers("Ports")


@dataclass(frozen=True, slots=True)
class ProtocolOptions:
    """Options of a protocol, as parallel lists. Types: 1 text, 2 yes/no, 3 number.

    A text's value ends with a zero byte; the others have four bytes, the lowest first.
    """

    protocol: str = element.text("Protocol")
    names: tuple[str, ...] = element.texts("Name")
    types: tuple[int, ...] = element.numbers("Type")
    values: tuple[bytes, ...] = element.datas("Value")


@dataclass(frozen=True, slots=True)
class IpsecServices:
    """L2TP and EtherIP over IPsec."""

    l2tp_raw: bool = element.flag("L2TP_Raw")
    l2tp_ipsec: bool = element.flag("L2TP_IPsec")
    etherip_ipsec: bool = element.flag("EtherIP_IPsec")
    secret: str = element.text("IPsec_Secret", 511, secret=True)
    default_hub: str = element.text("L2TP_DefaultHub", 511)


@dataclass(frozen=True, slots=True)
class EtherIpClient:
    """Where a device that comes by EtherIP or L2TPv3 belongs; `*` as `id` is for all others."""

    id: str = element.text("Id", 511)
    hub: str = element.text("HubName")
    user: str = element.text("UserName")
    password: str = element.text("Password", secret=True)


@dataclass(frozen=True, slots=True)
class EtherIpRow:
    """One setting."""

    id: str = element.text("Id", 511)
    hub: str = element.text("HubName")
    user: str = element.text("UserName")
    password: str = element.text("Password")


@dataclass(frozen=True, slots=True)
class EtherIpTable:
    """All settings for EtherIP and L2TPv3."""

    count: int = element.number("NumItem")
    rows: tuple[EtherIpRow, ...] = element.rows(EtherIpRow, "Settings")


@dataclass(frozen=True, slots=True)
class OpenVpnSstp:
    """Whether OpenVPN and SSTP are served."""

    openvpn: bool = element.flag("EnableOpenVPN")
    sstp: bool = element.flag("EnableSSTP")


@dataclass(frozen=True, slots=True)
class DynamicDnsStatus:
    """The name that dynamic DNS gives the server."""

    error_v4: int = element.number("Err_IPv4")
    error_v6: int = element.number("Err_IPv6")
    host: str = element.text("CurrentHostName", 31)
    full_name: str = element.text("CurrentFqdn", 511)
    suffix: str = element.text("DnsSuffix", 511)
    address_v4: str = element.text("CurrentIPv4", 511)
    address_v6: str = element.text("CurrentIPv6", 511)
    problem_v4: str = element.unicode("ErrStr_IPv4", 511)
    problem_v6: str = element.unicode("ErrStr_IPv6", 511)


@dataclass(frozen=True, slots=True)
class InternetSetting:
    """Through which proxy dynamic DNS is reached."""

    proxy_type: int = element.number("ProxyType")
    proxy_host: str = element.text("ProxyHostName")
    proxy_port: int = element.number("ProxyPort")
    proxy_user: str = element.text("ProxyUsername")
    proxy_password: str = element.text("ProxyPassword", secret=True)
    http_headers: str = element.text("CustomHttpHeader", 1023)


@dataclass(frozen=True, slots=True)
class SpecialListeners:
    """Sessions over ICMP and DNS."""

    icmp: bool = element.flag("VpnOverIcmpListener")
    dns: bool = element.flag("VpnOverDnsListener")


@dataclass(frozen=True, slots=True)
class AzureStatus:
    """The relay service of the original."""

    is_connected: bool = element.flag("IsConnected")
    enabled: bool = element.flag("IsEnabled")


@dataclass(frozen=True, slots=True)
class WireguardKeys:
    """Public keys of WireGuard peers, and who they are, as parallel lists."""

    keys: tuple[str, ...] = element.texts("Key", 255)
    hubs: tuple[str, ...] = element.texts("Hub", 255)
    users: tuple[str, ...] = element.texts("User", 255)


@dataclass(frozen=True, slots=True)
class ConfigurationArchive:
    """A ZIP archive with configuration files."""

    path: str = element.text("FilePath", 259)
    server: str = element.text("ServerName")
    offset: int = element.number("Offset")
    content: bytes | None = element.optional_data("Buffer")


SET_PORTS_UDP: Final = Call(
    "SetPortsUDP", UdpPorts, UdpPorts, Who.SERVER, "Replaces the UDP ports.", changes=True
)
GET_PORTS_UDP: Final = Call("GetPortsUDP", Empty, UdpPorts, Who.ANY, "The UDP ports.")
SET_PROTO_OPTIONS: Final = Call(
    "SetProtoOptions",
    ProtocolOptions,
    ProtocolOptions,
    Who.SERVER,
    "Changes options of a protocol.",
    changes=True,
)
GET_PROTO_OPTIONS: Final = Call(
    "GetProtoOptions", ProtocolOptions, ProtocolOptions, Who.SERVER, "The options of a protocol."
)
SET_IPSEC_SERVICES: Final = Call(
    "SetIPsecServices",
    IpsecServices,
    IpsecServices,
    Who.SERVER,
    "Changes what is served over IPsec.",
    changes=True,
)
GET_IPSEC_SERVICES: Final = Call(
    "GetIPsecServices", Empty, IpsecServices, Who.SERVER, "What is served over IPsec."
)
ADD_ETHER_IP_ID: Final = Call(
    "AddEtherIpId",
    EtherIpClient,
    EtherIpClient,
    Who.SERVER,
    "Adds or replaces a setting for a device.",
    changes=True,
)
GET_ETHER_IP_ID: Final = Call(
    "GetEtherIpId", EtherIpClient, EtherIpClient, Who.SERVER, "A setting for a device."
)
DELETE_ETHER_IP_ID: Final = Call(
    "DeleteEtherIpId",
    EtherIpClient,
    EtherIpClient,
    Who.SERVER,
    "Removes a setting for a device.",
    changes=True,
)
ENUM_ETHER_IP_ID: Final = Call("EnumEtherIpId", Empty, EtherIpTable, Who.SERVER, "All settings for devices.")
SET_OPEN_VPN_SSTP_CONFIG: Final = Call(
    "SetOpenVpnSstpConfig", OpenVpnSstp, OpenVpnSstp, Who.SERVER, "Switches OpenVPN and SSTP.", changes=True
)
GET_OPEN_VPN_SSTP_CONFIG: Final = Call(
    "GetOpenVpnSstpConfig", Empty, OpenVpnSstp, Who.ANY, "Whether OpenVPN and SSTP are served."
)
GET_DDNS_CLIENT_STATUS: Final = Call(
    "GetDDnsClientStatus", Empty, DynamicDnsStatus, Who.SERVER, "The name that dynamic DNS gives the server."
)
CHANGE_DDNS_CLIENT_HOSTNAME: Final = Call(
    "ChangeDDnsClientHostname", Echo, Echo, Who.SERVER, "Asks dynamic DNS for another name.", changes=True
)
SET_SPECIAL_LISTENER: Final = Call(
    "SetSpecialListener",
    SpecialListeners,
    SpecialListeners,
    Who.SERVER,
    "Switches sessions over ICMP and DNS.",
    changes=True,
)
GET_SPECIAL_LISTENER: Final = Call(
    "GetSpecialListener", Empty, SpecialListeners, Who.SERVER, "Whether sessions come over ICMP and DNS."
)
GET_AZURE_STATUS: Final = Call(
    "GetAzureStatus", Empty, AzureStatus, Who.SERVER, "The relay service of the original."
)
SET_AZURE_STATUS: Final = Call(
    "SetAzureStatus",
    AzureStatus,
    AzureStatus,
    Who.SERVER,
    "Switches the relay service of the original.",
    changes=True,
)
ADD_WGK: Final = Call(
    "AddWgk", WireguardKeys, WireguardKeys, Who.SERVER, "Adds peers of WireGuard, all or none.", changes=True
)
DELETE_WGK: Final = Call(
    "DeleteWgk",
    WireguardKeys,
    WireguardKeys,
    Who.SERVER,
    "Removes peers of WireGuard, all or none.",
    changes=True,
)
ENUM_WGK: Final = Call("EnumWgk", Empty, WireguardKeys, Who.SERVER, "All peers of WireGuard.")
MAKE_OPEN_VPN_CONFIG_FILE: Final = Call(
    "MakeOpenVpnConfigFile",
    Empty,
    ConfigurationArchive,
    Who.SERVER,
    "Configuration files for OpenVPN clients.",
)
GET_DDNS_INTERNET_SETTING: Final = Call(
    "GetDDnsInternetSetting",
    Empty,
    InternetSetting,
    Who.SERVER,
    "Through which proxy dynamic DNS is reached.",
    aliases=("GetDDnsInternetSettng",),
)
SET_DDNS_INTERNET_SETTING: Final = Call(
    "SetDDnsInternetSetting",
    InternetSetting,
    InternetSetting,
    Who.SERVER,
    "Changes through which proxy dynamic DNS is reached.",
    changes=True,
    aliases=("SetDDnsInternetSettng",),
)

CALLS: Final = (
    SET_PORTS_UDP,
    GET_PORTS_UDP,
    SET_PROTO_OPTIONS,
    GET_PROTO_OPTIONS,
    SET_IPSEC_SERVICES,
    GET_IPSEC_SERVICES,
    ADD_ETHER_IP_ID,
    GET_ETHER_IP_ID,
    DELETE_ETHER_IP_ID,
    ENUM_ETHER_IP_ID,
    SET_OPEN_VPN_SSTP_CONFIG,
    GET_OPEN_VPN_SSTP_CONFIG,
    GET_DDNS_CLIENT_STATUS,
    CHANGE_DDNS_CLIENT_HOSTNAME,
    SET_SPECIAL_LISTENER,
    GET_SPECIAL_LISTENER,
    GET_AZURE_STATUS,
    SET_AZURE_STATUS,
    ADD_WGK,
    DELETE_WGK,
    ENUM_WGK,
    MAKE_OPEN_VPN_CONFIG_FILE,
    GET_DDNS_INTERNET_SETTING,
    SET_DDNS_INTERNET_SETTING,
)
