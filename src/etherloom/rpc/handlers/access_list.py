"""Calls about rules for the frames of a hub."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from etherloom.model.access_list import AccessRule
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import access_list
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.hubs import find_hub

_ADDRESSES: Final = ("source_address", "source_mask", "target_address", "target_mask")
# What the original shows as IPv4 in rules for IPv6; stock tools don't look at it.
_NO_IPV4: Final = IPv4Address("223.255.255.253")
_NO_IPV4_MASK: Final = IPv4Address("255.255.255.255")


def read_rule(row: access_list.AccessRule) -> AccessRule:
    """Return the rule that a row describes; its number is given when it is kept."""
    addresses: Mapping[str, Any] = {}
    if row.ipv6:
        addresses = {name: IPv6Address(getattr(row, f"{name}6")) for name in _ADDRESSES}
    return fill(AccessRule, row, unique_id=0, **addresses)


def write_rule(rule: AccessRule, place: int) -> access_list.AccessRule:
    """Return the row of a rule at this place of the list."""
    addresses: Mapping[str, Any] = {}
    if rule.is_ipv6:
        sixes = {f"{name}6": getattr(rule, name).packed for name in _ADDRESSES}
        fours = {name: _NO_IPV4_MASK if name.endswith("mask") else _NO_IPV4 for name in _ADDRESSES}
        addresses = {**sixes, **fours}
    return fill(access_list.AccessRule, rule, id=place, ipv6=rule.is_ipv6, **addresses)


async def add_access(
    house: House, caller: Caller, request: access_list.AccessRuleAddition
) -> access_list.AccessRuleAdded:
    if len(request.rows) != 1:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"give one rule to add, not {len(request.rows)}")
    kept = await house.access_lists.add(request.hub, read_rule(request.rows[0]), caller.origin)
    return access_list.AccessRuleAdded(request.hub, (write_rule(kept, request.rows[0].id),))


async def delete_access(
    house: House, caller: Caller, request: access_list.AccessRuleName
) -> access_list.AccessRuleName:
    await house.access_lists.delete(request.hub, request.id, caller.origin)
    return request


async def enum_access(house: House, _caller: Caller, request: HubName) -> access_list.AccessRuleTable:
    snapshot = house.owner.snapshot
    hub = find_hub(snapshot, request.hub).name
    rows = (write_rule(rule, place) for place, rule in enumerate(snapshot.access_list(hub), 1))
    return access_list.AccessRuleTable(hub, tuple(rows))


async def set_access_list(
    house: House, caller: Caller, request: access_list.AccessRuleTable
) -> access_list.AccessRuleTable:
    rules = tuple(map(read_rule, request.rows))
    limited = not caller.is_server_administrator
    await house.access_lists.replace(request.hub, rules, caller.origin, limited=limited)
    return request


HANDLERS: Final = (
    Handler(access_list.ADD_ACCESS, add_access),
    Handler(access_list.DELETE_ACCESS, delete_access),
    Handler(access_list.ENUM_ACCESS, enum_access),
    Handler(access_list.SET_ACCESS_LIST, set_access_list),
)
