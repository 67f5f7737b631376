"""Groups of a hub's users: made, changed, and deleted from under their users. Judges no rights."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.group import Group
from etherloom.model.names import check_group_name, fold
from etherloom.services.hubs import find_hub
from etherloom.services.options import limit_of
from etherloom.services.users import fill_policy
from etherloom.state import keys
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

MAXIMUM_GROUPS_PER_HUB: Final = 10_000


def find_group(snapshot: Snapshot, hub: str, name: str) -> Group:
    """Return the group. Raises Refusal (HUB_NOT_FOUND, OBJECT_NOT_FOUND)."""
    find_hub(snapshot, hub)
    group = snapshot.group(hub, name)
    if group is None:
        raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {hub!r} has no group {name!r}")
    return group


class Groups:
    """The groups of all hubs."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def create(self, hub: str, group: Group, origin: Origin) -> None:
        check_group_name(group.name)

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            find_hub(snapshot, hub)
            if snapshot.group(hub, group.name) is not None:
                raise Refusal(ErrorCode.GROUP_ALREADY_EXISTS, f"hub {hub!r} has a group {group.name!r}")
            most = limit_of(snapshot, hub, "max_groups") or MAXIMUM_GROUPS_PER_HUB
            if snapshot.count(keys.groups_prefix(hub)) >= min(most, MAXIMUM_GROUPS_PER_HUB):
                raise Refusal(
                    ErrorCode.TOO_MANY_GROUP, f"hub {hub!r} has {most} groups, all that it may have"
                )
            return [Put(keys.group_key(hub, group.name), _filled(group))]

        await self._owner.apply(derive, origin)

    async def update(self, hub: str, name: str, change: Callable[[Group], Group], origin: Origin) -> None:
        """Replace a group by what `change` makes of it; it keeps its name."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            old = find_group(snapshot, hub, name)
            return [Put(keys.group_key(hub, old.name), _filled(replace(change(old), name=old.name)))]

        await self._owner.apply(derive, origin)

    async def delete(self, hub: str, name: str, origin: Origin) -> None:
        """Delete a group; its users stay, without one."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            group = find_group(snapshot, hub, name)
            members = (u for u in snapshot.users(hub) if fold(u.group) == fold(group.name))
            left = [Put(keys.user_key(hub, user.name), replace(user, group="")) for user in members]
            return [*left, Delete(keys.group_key(hub, group.name))]

        await self._owner.apply(derive, origin)


def _filled(group: Group) -> Group:
    return group if group.policy is None else replace(group, policy=fill_policy(group.policy))
