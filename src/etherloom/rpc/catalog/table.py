"""Calls about the tables in which a hub keeps who is where."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class MacRow:
    """Where a MAC address was seen."""

    handle: int = element.number("Key")
    session: str = element.text("SessionName")
    mac: bytes = element.data("MacAddress", 6)
    vlan: int = element.number("VlanId")
    created: int = element.time("CreatedTime")
    updated: int = element.time("UpdatedTime")
    remote: bool = element.flag("RemoteItem")
    remote_host: str = element.text("RemoteHostname")


@dataclass(frozen=True, slots=True)
class MacTable:
    """The MAC addresses that a hub has learned."""

    hub: str = element.text("HubName")
    rows: tuple[MacRow, ...] = element.rows(MacRow, "MacTable")


@dataclass(frozen=True, slots=True)
class IpRow:
    """Where an IP address was seen. `v4` is 0.0.0.0 for one of IPv6."""

    handle: int = element.number("Key")
    session: str = element.text("SessionName")
    v4: Address = element.address("Ip")
    v6: Address = element.address("IpV6")
    address: Address = element.address("IpAddress")
    from_dhcp: bool = element.flag("DhcpAllocated")
    created: int = element.time("CreatedTime")
    updated: int = element.time("UpdatedTime")
    remote: bool = element.flag("RemoteItem")
    remote_host: str = element.text("RemoteHostname")


@dataclass(frozen=True, slots=True)
class IpTable:
    """The IP addresses that a hub has learned."""

    hub: str = element.text("HubName")
    rows: tuple[IpRow, ...] = element.rows(IpRow, "IpTable")


@dataclass(frozen=True, slots=True)
class TableEntry:
    """An entry, by the handle that the list shows."""

    hub: str = element.text("HubName")
    handle: int = element.number("Key")


ENUM_MAC_TABLE: Final = Call(
    "EnumMacTable", HubName, MacTable, Who.HUB, "The MAC addresses that a hub has learned."
)
DELETE_MAC_TABLE: Final = Call(
    "DeleteMacTable", TableEntry, TableEntry, Who.HUB, "Forgets a MAC address.", changes=True
)
ENUM_IP_TABLE: Final = Call(
    "EnumIpTable", HubName, IpTable, Who.HUB, "The IP addresses that a hub has learned."
)
DELETE_IP_TABLE: Final = Call(
    "DeleteIpTable", TableEntry, TableEntry, Who.HUB, "Forgets an IP address.", changes=True
)

CALLS: Final = (
    ENUM_MAC_TABLE,
    DELETE_MAC_TABLE,
    ENUM_IP_TABLE,
    DELETE_IP_TABLE,
)
