"""Calls about other VPN protocols: their settings are kept. Nothing here listens or calls anybody."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Never

from etherloom.model import protocol as model
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import element, protocol
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.server import Echo
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.protocols import OPENVPN, SSTP, OptionWish

_NO_DYNAMIC_DNS: Final = "This server doesn't use dynamic DNS."


# --- UDP ports and options


async def set_udp_ports(house: House, caller: Caller, request: protocol.UdpPorts) -> protocol.UdpPorts:
    await house.protocols.set_udp_ports(request.ports, caller.origin)
    return request


async def get_udp_ports(house: House, _caller: Caller, _request: Empty) -> protocol.UdpPorts:
    return protocol.UdpPorts(house.protocols.get().udp_ports)


async def set_options(
    house: House, caller: Caller, request: protocol.ProtocolOptions
) -> protocol.ProtocolOptions:
    if not len(request.names) == len(request.types) == len(request.values):
        raise Refusal(ErrorCode.INVALID_PARAMETER, "names, types and values must be as many")
    wishes = list(map(OptionWish, request.names, request.types, request.values))
    await house.protocols.set_options(request.protocol, wishes, caller.origin)
    return request


async def get_options(
    house: House, _caller: Caller, request: protocol.ProtocolOptions
) -> protocol.ProtocolOptions:
    options = house.protocols.options(request.protocol)
    return protocol.ProtocolOptions(
        request.protocol,
        tuple(one.name for one in options),
        tuple(int(one.type) for one in options),
        tuple(one.value for one in options),
    )


async def set_openvpn_sstp(
    house: House, caller: Caller, request: protocol.OpenVpnSstp
) -> protocol.OpenVpnSstp:
    await house.protocols.set_enabled(openvpn=request.openvpn, sstp=request.sstp, origin=caller.origin)
    return request


async def get_openvpn_sstp(house: House, _caller: Caller, _request: Empty) -> protocol.OpenVpnSstp:
    return protocol.OpenVpnSstp(house.protocols.is_enabled(OPENVPN), house.protocols.is_enabled(SSTP))


async def make_openvpn_files(_house: House, _caller: Caller, _request: Empty) -> Never:
    raise Refusal(ErrorCode.OPENVPN_IS_NOT_ENABLED, "this server doesn't serve OpenVPN")


async def set_special_listener(
    house: House, caller: Caller, request: protocol.SpecialListeners
) -> protocol.SpecialListeners:
    await house.protocols.set_special_listeners(icmp=request.icmp, dns=request.dns, origin=caller.origin)
    return request


async def get_special_listener(house: House, _caller: Caller, _request: Empty) -> protocol.SpecialListeners:
    return fill(protocol.SpecialListeners, house.protocols.get())


# --- IPsec and EtherIP


async def set_ipsec(house: House, caller: Caller, request: protocol.IpsecServices) -> protocol.IpsecServices:
    await house.protocols.set_ipsec(fill(model.IpsecServices, request), caller.origin)
    return element.without_secrets(request)


async def get_ipsec(house: House, _caller: Caller, _request: Empty) -> protocol.IpsecServices:
    return fill(protocol.IpsecServices, house.protocols.ipsec())


async def add_etherip(
    house: House, caller: Caller, request: protocol.EtherIpClient
) -> protocol.EtherIpClient:
    await house.protocols.put_etherip_client(fill(model.EtherIpClient, request), caller.origin)
    return element.without_secrets(request)


async def get_etherip(
    house: House, _caller: Caller, request: protocol.EtherIpClient
) -> protocol.EtherIpClient:
    return fill(protocol.EtherIpClient, house.protocols.etherip_client(request.id))


async def delete_etherip(
    house: House, caller: Caller, request: protocol.EtherIpClient
) -> protocol.EtherIpClient:
    await house.protocols.delete_etherip_client(request.id, caller.origin)
    return element.without_secrets(request)


async def enum_etherip(house: House, _caller: Caller, _request: Empty) -> protocol.EtherIpTable:
    rows = tuple(fill(protocol.EtherIpRow, one) for one in house.protocols.etherip_clients())
    return protocol.EtherIpTable(len(rows), rows)


# --- WireGuard


async def add_wireguard(
    house: House, caller: Caller, request: protocol.WireguardKeys
) -> protocol.WireguardKeys:
    if not len(request.keys) == len(request.hubs) == len(request.users):
        raise Refusal(ErrorCode.INVALID_PARAMETER, "keys, hubs and users must be as many")
    added = list(map(model.WireguardKey, request.keys, request.hubs, request.users))
    await house.protocols.add_wireguard_keys(added, caller.origin)
    return request


async def delete_wireguard(
    house: House, caller: Caller, request: protocol.WireguardKeys
) -> protocol.WireguardKeys:
    await house.protocols.delete_wireguard_keys(request.keys, caller.origin)
    return request


async def enum_wireguard(house: House, _caller: Caller, _request: Empty) -> protocol.WireguardKeys:
    found = house.protocols.wireguard_keys()
    return protocol.WireguardKeys(
        tuple(one.key for one in found), tuple(one.hub for one in found), tuple(one.user for one in found)
    )


# --- dynamic DNS and the relay service of the original


async def get_ddns_status(_house: House, _caller: Caller, _request: Empty) -> protocol.DynamicDnsStatus:
    failed = ErrorCode.CONNECT_FAILED
    return protocol.DynamicDnsStatus(
        error_v4=failed, error_v6=failed, problem_v4=_NO_DYNAMIC_DNS, problem_v6=_NO_DYNAMIC_DNS
    )


async def change_ddns_name(_house: House, _caller: Caller, _request: Echo) -> Never:
    raise Refusal(ErrorCode.CONNECT_FAILED, _NO_DYNAMIC_DNS)


async def set_ddns_proxy(
    house: House, caller: Caller, request: protocol.InternetSetting
) -> protocol.InternetSetting:
    await house.protocols.change_dynamic_dns(_with_proxy(request), caller.origin)
    return element.without_secrets(request)


def _with_proxy(request: protocol.InternetSetting) -> Callable[[model.DynamicDns], model.DynamicDns]:
    return lambda old: fill(model.DynamicDns, request, old)


async def get_ddns_proxy(house: House, _caller: Caller, _request: Empty) -> protocol.InternetSetting:
    return fill(protocol.InternetSetting, house.protocols.dynamic_dns())


async def set_azure(house: House, caller: Caller, request: protocol.AzureStatus) -> protocol.AzureStatus:
    await house.protocols.change_dynamic_dns(lambda old: replace(old, azure=request.enabled), caller.origin)
    return request


async def get_azure(house: House, _caller: Caller, _request: Empty) -> protocol.AzureStatus:
    return protocol.AzureStatus(is_connected=False, enabled=house.protocols.dynamic_dns().azure)


HANDLERS: Final = (
    Handler(protocol.SET_PORTS_UDP, set_udp_ports),
    Handler(protocol.GET_PORTS_UDP, get_udp_ports),
    Handler(protocol.SET_PROTO_OPTIONS, set_options),
    Handler(protocol.GET_PROTO_OPTIONS, get_options),
    Handler(protocol.SET_OPEN_VPN_SSTP_CONFIG, set_openvpn_sstp),
    Handler(protocol.GET_OPEN_VPN_SSTP_CONFIG, get_openvpn_sstp),
    Handler(protocol.MAKE_OPEN_VPN_CONFIG_FILE, make_openvpn_files),
    Handler(protocol.SET_SPECIAL_LISTENER, set_special_listener),
    Handler(protocol.GET_SPECIAL_LISTENER, get_special_listener),
    Handler(protocol.SET_IPSEC_SERVICES, set_ipsec),
    Handler(protocol.GET_IPSEC_SERVICES, get_ipsec),
    Handler(protocol.ADD_ETHER_IP_ID, add_etherip),
    Handler(protocol.GET_ETHER_IP_ID, get_etherip),
    Handler(protocol.DELETE_ETHER_IP_ID, delete_etherip),
    Handler(protocol.ENUM_ETHER_IP_ID, enum_etherip),
    Handler(protocol.ADD_WGK, add_wireguard),
    Handler(protocol.DELETE_WGK, delete_wireguard),
    Handler(protocol.ENUM_WGK, enum_wireguard),
    Handler(protocol.GET_DDNS_CLIENT_STATUS, get_ddns_status),
    Handler(protocol.CHANGE_DDNS_CLIENT_HOSTNAME, change_ddns_name),
    Handler(protocol.SET_DDNS_INTERNET_SETTING, set_ddns_proxy),
    Handler(protocol.GET_DDNS_INTERNET_SETTING, get_ddns_proxy),
    Handler(protocol.SET_AZURE_STATUS, set_azure),
    Handler(protocol.GET_AZURE_STATUS, get_azure),
)
