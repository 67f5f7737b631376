"""Calls about virtual layer-3 switches."""

from ipaddress import IPv4Address
from typing import Final

from etherloom.model import l3switch as model
from etherloom.model.names import fold
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import l3switch
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.l3switches import find_l3switch


async def add_switch(house: House, caller: Caller, request: l3switch.L3SwitchName) -> l3switch.L3SwitchName:
    await house.l3switches.create(request.name, caller.origin)
    return request


async def delete_switch(
    house: House, caller: Caller, request: l3switch.L3SwitchName
) -> l3switch.L3SwitchName:
    await house.l3switches.delete(request.name, caller.origin)
    return request


async def enum_switch(house: House, _caller: Caller, _request: Empty) -> l3switch.L3SwitchTable:
    rows = tuple(
        l3switch.L3SwitchRow(one.name, len(one.interfaces), len(one.routes), one.active)
        for one in house.owner.snapshot.l3switches()
    )
    return l3switch.L3SwitchTable(len(rows), rows)


async def start_switch(house: House, caller: Caller, request: l3switch.L3SwitchName) -> l3switch.L3SwitchName:
    await house.l3switches.start(request.name, caller.origin)
    return request


async def stop_switch(house: House, caller: Caller, request: l3switch.L3SwitchName) -> l3switch.L3SwitchName:
    await house.l3switches.stop(request.name, caller.origin)
    return request


async def add_interface(house: House, caller: Caller, request: l3switch.L3Interface) -> l3switch.L3Interface:
    interface = model.L3Interface(request.hub, _v4(request.address), _v4(request.mask))
    await house.l3switches.add_interface(request.name, interface, caller.origin)
    return request


async def delete_interface(
    house: House, caller: Caller, request: l3switch.L3Interface
) -> l3switch.L3Interface:
    await house.l3switches.delete_interface(request.name, request.hub, caller.origin)
    return request


async def enum_interface(
    house: House, _caller: Caller, request: l3switch.L3SwitchName
) -> l3switch.L3InterfaceTable:
    found = find_l3switch(house.owner.snapshot, request.name).interfaces
    rows = tuple(
        fill(l3switch.L3InterfaceRow, one) for one in sorted(found, key=lambda interface: fold(interface.hub))
    )
    return l3switch.L3InterfaceTable(len(rows), request.name, rows)


async def add_route(house: House, caller: Caller, request: l3switch.L3Route) -> l3switch.L3Route:
    await house.l3switches.add_route(request.name, _route(request), caller.origin)
    return request


async def delete_route(house: House, caller: Caller, request: l3switch.L3Route) -> l3switch.L3Route:
    await house.l3switches.delete_route(request.name, _route(request), caller.origin)
    return request


async def enum_route(house: House, _caller: Caller, request: l3switch.L3SwitchName) -> l3switch.L3RouteTable:
    found = find_l3switch(house.owner.snapshot, request.name).routes
    rows = tuple(fill(l3switch.L3RouteRow, one) for one in sorted(found, key=_order))
    return l3switch.L3RouteTable(len(rows), request.name, rows)


def _order(route: model.L3Route) -> tuple[IPv4Address, IPv4Address, IPv4Address, int]:
    return route.network, route.mask, route.gateway, route.metric


def _route(request: l3switch.L3Route) -> model.L3Route:
    return model.L3Route(_v4(request.network), _v4(request.mask), _v4(request.gateway), request.metric)


def _v4(address: Address) -> IPv4Address:
    """An IPv6 address, which only a request that deletes can bring, is in no switch."""
    return address if isinstance(address, IPv4Address) else IPv4Address(0)


HANDLERS: Final = (
    Handler(l3switch.ADD_L3_SWITCH, add_switch),
    Handler(l3switch.DEL_L3_SWITCH, delete_switch),
    Handler(l3switch.ENUM_L3_SWITCH, enum_switch),
    Handler(l3switch.START_L3_SWITCH, start_switch),
    Handler(l3switch.STOP_L3_SWITCH, stop_switch),
    Handler(l3switch.ADD_L3_IF, add_interface),
    Handler(l3switch.DEL_L3_IF, delete_interface),
    Handler(l3switch.ENUM_L3_IF, enum_interface),
    Handler(l3switch.ADD_L3_TABLE, add_route),
    Handler(l3switch.DEL_L3_TABLE, delete_route),
    Handler(l3switch.ENUM_L3_TABLE, enum_route),
)
