"""Calls about the access list of a hub: rules for frames."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One rule, for frames over IPv4 or IPv6. `discard`: drop what matches, else pass it.

    Priority 1 is looked at first. Ports 0 to 0 mean any; delay and jitter are milliseconds, loss is percent.
    The addresses of the other family are zeros, save that a rule for IPv6 shows 223.255.255.253 as its IPv4.
    """

    protocol: int = element.number("Protocol")
    id: int = element.number("Id")
    note: str = element.unicode("Note")
    active: bool = element.flag("Active")
    priority: int = element.number("Priority")
    discard: bool = element.flag("Discard")
    source_address: Address = element.address("SrcIpAddress")
    source_mask: Address = element.address("SrcSubnetMask")
    target_address: Address = element.address("DestIpAddress")
    target_mask: Address = element.address("DestSubnetMask")
    source_port_first: int = element.number("SrcPortStart")
    source_port_last: int = element.number("SrcPortEnd")
    target_port_first: int = element.number("DestPortStart")
    target_port_last: int = element.number("DestPortEnd")
    source_user: str = element.text("SrcUsername")
    target_user: str = element.text("DestUsername")
    check_source_mac: bool = element.flag("CheckSrcMac")
    source_mac: bytes = element.data("SrcMacAddress", 6)
    source_mac_mask: bytes = element.data("SrcMacMask", 6)
    check_target_mac: bool = element.flag("CheckDstMac")
    target_mac: bytes = element.data("DstMacAddress", 6)
    target_mac_mask: bytes = element.data("DstMacMask", 6)
    check_tcp_state: bool = element.flag("CheckTcpState")
    established: bool = element.flag("Established")
    delay: int = element.number("Delay")
    jitter: int = element.number("Jitter")
    loss: int = element.number("Loss")
    ipv6: bool = element.flag("IsIPv6")
    unique_id: int = element.number("UniqueId")
    redirect_url: str = element.text("RedirectUrl")
    source_address6: bytes = element.data("SrcIpAddress6", 16)
    source_mask6: bytes = element.data("SrcSubnetMask6", 16)
    target_address6: bytes = element.data("DestIpAddress6", 16)
    target_mask6: bytes = element.data("DestSubnetMask6", 16)


@dataclass(frozen=True, slots=True)
class AccessRuleAddition:
    """A rule to add: the table has one row."""

    hub: str = element.text("HubName")
    rows: tuple[AccessRule, ...] = element.rows(AccessRule, "AccessListSingle")


@dataclass(frozen=True, slots=True)
class AccessRuleAdded:
    """The rule that was added. JSON has lists of one value each here, as with the original."""

    hub: str = element.text("HubName")
    rows: tuple[AccessRule, ...] = element.rows(AccessRule, "")


@dataclass(frozen=True, slots=True)
class AccessRuleTable:
    """All rules, in the order in which they are looked at."""

    hub: str = element.text("HubName")
    rows: tuple[AccessRule, ...] = element.rows(AccessRule, "AccessList")


@dataclass(frozen=True, slots=True)
class AccessRuleName:
    """A rule: its place in the list below 32,768, its unique number from there on."""

    hub: str = element.text("HubName")
    id: int = element.number("Id")


ADD_ACCESS: Final = Call(
    "AddAccess", AccessRuleAddition, AccessRuleAdded, Who.HUB, "Adds a rule.", changes=True
)
DELETE_ACCESS: Final = Call(
    "DeleteAccess", AccessRuleName, AccessRuleName, Who.HUB, "Removes a rule.", changes=True
)
ENUM_ACCESS: Final = Call("EnumAccess", HubName, AccessRuleTable, Who.HUB, "The rules of a hub.")
SET_ACCESS_LIST: Final = Call(
    "SetAccessList", AccessRuleTable, AccessRuleTable, Who.HUB, "Replaces all rules of a hub.", changes=True
)

CALLS: Final = (
    ADD_ACCESS,
    DELETE_ACCESS,
    ENUM_ACCESS,
    SET_ACCESS_LIST,
)
