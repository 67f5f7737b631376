"""Calls about groups of users."""

from collections import Counter
from dataclasses import replace
from typing import Final

from etherloom.model.group import Group
from etherloom.model.names import fold
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import group
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.catalog.user import UserName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.groups import find_group
from etherloom.services.hubs import check_named, find_hub


async def create_group(house: House, caller: Caller, request: group.GroupSettings) -> group.GroupSettings:
    await house.groups.create(request.hub, fill(Group, request), caller.origin)
    return request


async def set_group(house: House, caller: Caller, request: group.GroupSettings) -> group.GroupSettings:
    def change(old: Group) -> Group:
        return replace(old, real_name=request.real_name, note=request.note, policy=request.policy)

    await house.groups.update(request.hub, check_named(request.name), change, caller.origin)
    return request


async def get_group(house: House, _caller: Caller, request: UserName) -> group.GroupSettings:
    one = find_group(house.owner.snapshot, request.hub, check_named(request.name))
    return fill(group.GroupSettings, one, hub=request.hub)


async def delete_group(house: House, caller: Caller, request: UserName) -> UserName:
    await house.groups.delete(request.hub, check_named(request.name), caller.origin)
    return request


async def enum_group(house: House, _caller: Caller, request: HubName) -> group.GroupTable:
    snapshot = house.owner.snapshot
    hub = find_hub(snapshot, request.hub).name
    members = Counter(fold(user.group) for user in snapshot.users(hub) if user.group)
    rows = (
        fill(
            group.GroupRow,
            one,
            users=members[fold(one.name)],
            denied=one.policy is not None and not one.policy.access,
        )
        for one in snapshot.groups(hub)
    )
    return group.GroupTable(hub, tuple(rows))


HANDLERS: Final = (
    Handler(group.CREATE_GROUP, create_group),
    Handler(group.SET_GROUP, set_group),
    Handler(group.GET_GROUP, get_group),
    Handler(group.DELETE_GROUP, delete_group),
    Handler(group.ENUM_GROUP, enum_group),
)
