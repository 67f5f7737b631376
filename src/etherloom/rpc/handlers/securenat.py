"""Calls about SecureNAT. It is only configured so far: its tables are empty."""

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.securenat import SecureNat
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import securenat
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.hubs import find_hub
from etherloom.services.securenats import find_securenat

_ADDRESSES: Final = (
    "address",
    "mask",
    "dhcp_first",
    "dhcp_last",
    "dhcp_mask",
    "dhcp_gateway",
    "dhcp_dns",
    "dhcp_dns2",
)


def _v4(address: Address) -> IPv4Address:
    if isinstance(address, IPv4Address):
        return address
    raise Refusal(ErrorCode.INVALID_PARAMETER, f"SecureNAT has IPv4 addresses only, not {address}")


async def enable(house: House, caller: Caller, request: HubName) -> HubName:
    await house.securenats.enable(request.hub, True, caller.origin)
    return request


async def disable(house: House, caller: Caller, request: HubName) -> HubName:
    await house.securenats.enable(request.hub, False, caller.origin)
    return request


async def set_option(
    house: House, caller: Caller, request: securenat.SecureNatOptions
) -> securenat.SecureNatOptions:
    addresses = {name: _v4(getattr(request, name)) for name in _ADDRESSES}
    wanted = fill(SecureNat, request, **addresses)
    keep = not request.apply_push_routes
    await house.securenats.configure(request.hub, wanted, caller.origin, keep_routes=keep)
    return replace(request, apply_push_routes=True)


async def get_option(
    house: House, _caller: Caller, request: securenat.SecureNatHub
) -> securenat.SecureNatOptions:
    found = find_securenat(house.owner.snapshot, request.hub)
    return fill(securenat.SecureNatOptions, found, hub=request.hub, apply_push_routes=True)


async def enum_nat(house: House, _caller: Caller, request: HubName) -> securenat.NatTable:
    return securenat.NatTable(hub=find_hub(house.owner.snapshot, request.hub).name)


async def enum_dhcp(house: House, _caller: Caller, request: HubName) -> securenat.DhcpTable:
    return securenat.DhcpTable(hub=find_hub(house.owner.snapshot, request.hub).name)


async def get_status(house: House, _caller: Caller, request: HubName) -> securenat.SecureNatStatus:
    return securenat.SecureNatStatus(hub=find_hub(house.owner.snapshot, request.hub).name)


HANDLERS: Final = (
    Handler(securenat.ENABLE_SECURE_NAT, enable),
    Handler(securenat.DISABLE_SECURE_NAT, disable),
    Handler(securenat.SET_SECURE_NATOPTION, set_option),
    Handler(securenat.GET_SECURE_NATOPTION, get_option),
    Handler(securenat.ENUM_NAT, enum_nat),
    Handler(securenat.ENUM_DHCP, enum_dhcp),
    Handler(securenat.GET_SECURE_NATSTATUS, get_status),
)
