"""Calls about the tables in which a hub keeps who is where."""

from ipaddress import IPv4Address, IPv6Address
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import table
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.hubs import find_hub

_MAC: Final = "MAC table of"
_IP: Final = "IP table of"


async def enum_mac_table(house: House, _caller: Caller, request: HubName) -> table.MacTable:
    hub = find_hub(house.owner.snapshot, request.hub).name
    found = house.actual.mac_table(hub)
    numbers = house.handles.number((_MAC, hub), [(row.address, row.vlan) for row in found])
    rows = (
        fill(table.MacRow, row, handle=number, mac=row.address)
        for number, row in zip(numbers, found, strict=True)
    )
    return table.MacTable(hub, tuple(rows))


async def delete_mac_table(house: House, _caller: Caller, request: table.TableEntry) -> table.TableEntry:
    hub = find_hub(house.owner.snapshot, request.hub).name
    entry = house.handles.find((_MAC, hub), request.handle)
    match entry:
        case (bytes(address), int(vlan)) if house.actual.delete_mac(hub, address, vlan):
            return request
        case _:
            raise _missing(hub, request.handle)


async def enum_ip_table(house: House, _caller: Caller, request: HubName) -> table.IpTable:
    hub = find_hub(house.owner.snapshot, request.hub).name
    found = house.actual.ip_table(hub)
    numbers = house.handles.number((_IP, hub), [(row.address, row.vlan) for row in found])
    rows = (
        fill(table.IpRow, row, handle=number, v4=_old_form(row.address), v6=row.address)
        for number, row in zip(numbers, found, strict=True)
    )
    return table.IpTable(hub, tuple(rows))


async def delete_ip_table(house: House, _caller: Caller, request: table.TableEntry) -> table.TableEntry:
    hub = find_hub(house.owner.snapshot, request.hub).name
    entry = house.handles.find((_IP, hub), request.handle)
    match entry:
        case (IPv4Address() | IPv6Address() as address, int(vlan)) if house.actual.delete_ip(
            hub, address, vlan
        ):
            return request
        case _:
            raise _missing(hub, request.handle)


def _old_form(address: Address) -> Address:
    """Where there is room for IPv4 only."""
    return address if isinstance(address, IPv4Address) else IPv4Address(0)


def _missing(hub: str, handle: int) -> Refusal:
    return Refusal(
        ErrorCode.OBJECT_NOT_FOUND, f"the table of hub {hub!r} has no entry {handle}: list it anew"
    )


HANDLERS: Final = (
    Handler(table.ENUM_MAC_TABLE, enum_mac_table),
    Handler(table.DELETE_MAC_TABLE, delete_mac_table),
    Handler(table.ENUM_IP_TABLE, enum_ip_table),
    Handler(table.DELETE_IP_TABLE, delete_ip_table),
)
