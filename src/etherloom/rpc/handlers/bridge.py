"""Calls of the original about local bridges."""

import asyncio
from typing import Any, Final, Never

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import bridge
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.house import House
from etherloom.services.bridges import list_ethernet_devices, shown_device


async def enum_ethernet(house: House, _caller: Caller, _request: Empty) -> bridge.DeviceTable:
    ours = {one.device for one in house.owner.snapshot.bridges() if one.tap}
    devices = await asyncio.to_thread(list_ethernet_devices)
    rows = tuple(bridge.DeviceRow(name) for name in devices if name not in ours)
    return bridge.DeviceTable(len(rows), rows)


async def add_bridge(house: House, caller: Caller, request: bridge.LocalBridge) -> bridge.LocalBridge:
    await house.bridges.join(request.hub, request.device, tap=request.tap, origin=caller.origin)
    return request


async def delete_bridge(house: House, caller: Caller, request: bridge.LocalBridge) -> bridge.LocalBridge:
    await house.bridges.part(request.hub, request.device, caller.origin)
    return request


async def enum_bridge(house: House, _caller: Caller, _request: Empty) -> bridge.LocalBridgeTable:
    rows = tuple(_row(house, one) for one in house.owner.snapshot.bridges())
    return bridge.LocalBridgeTable(len(rows), rows)


def _row(house: House, one: LocalBridge) -> bridge.LocalBridgeRow:
    hub = house.owner.snapshot.hub(one.hub)
    return bridge.LocalBridgeRow(
        device=shown_device(one),
        hub=one.hub,
        online=one.online and hub is not None and hub.online,
        active=house.actual.bridge_state(one).is_open,
        tap=one.tap,
    )


async def get_support(_house: House, _caller: Caller, _request: Empty) -> bridge.BridgeSupport:
    return bridge.BridgeSupport(supported=True, needs_driver=False)


async def refuse_vlan(_house: House, _caller: Caller, _request: Any) -> Never:
    raise Refusal(ErrorCode.NOT_SUPPORTED, "only drivers of Windows hide VLAN tags")


HANDLERS: Final = (
    Handler(bridge.ENUM_ETHERNET, enum_ethernet),
    Handler(bridge.ADD_LOCAL_BRIDGE, add_bridge),
    Handler(bridge.DELETE_LOCAL_BRIDGE, delete_bridge),
    Handler(bridge.ENUM_LOCAL_BRIDGE, enum_bridge),
    Handler(bridge.GET_BRIDGE_SUPPORT, get_support),
    Handler(bridge.ENUM_ETHERNET_VLAN, refuse_vlan),
    Handler(bridge.SET_ENABLE_ETHERNET_VLAN, refuse_vlan),
)
