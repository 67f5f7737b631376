"""Groups: made, changed, deleted from under their users, and what their users may then do."""

from dataclasses import replace
from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.group import Group
from etherloom.model.hub import HubOptions
from etherloom.model.policy import DEFAULT_POLICY, Policy
from etherloom.model.user import User
from etherloom.services import groups as module
from etherloom.services.groups import Groups, find_group
from etherloom.services.policies import effective_policy
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.owner import Owner
from tests.support import configuration as known
from tests.support.configuration import TEST, open_configuration, put

STRICT = Policy(access=False, max_connection=0)


async def refusal(owner: Owner, hub: str, group: Group) -> ErrorCode:
    with pytest.raises(Refusal) as refused:
        await Groups(owner).create(hub, group, TEST)
    return refused.value.code


async def test_from_making_to_deleting(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        member = Put(keys.user_key("LAB", "bob"), User("bob", group="crew"))
        other = Put(keys.user_key("LAB", "eve"), User("eve"))
        await put(owner, known.hub("LAB"))
        groups = Groups(owner)
        await groups.create("lab", Group("Crew", "Real", policy=STRICT), TEST)
        await put(owner, member, other)
        filled = replace(STRICT, max_connection=DEFAULT_POLICY.max_connection)
        assert find_group(owner.snapshot, "LAB", "CREW") == Group("Crew", "Real", policy=filled)
        await groups.update(
            "LAB", "crew", lambda old: replace(old, name="other", note="n", policy=None), TEST
        )
        assert find_group(owner.snapshot, "LAB", "crew") == Group("Crew", "Real", "n")
        await groups.delete("LAB", "CREW", TEST)
        assert owner.snapshot.groups("LAB") == []
        assert owner.snapshot.users("LAB") == [User("bob"), User("eve")]


async def test_what_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        await Groups(owner).create("LAB", Group("crew"), TEST)
        assert await refusal(owner, "LAB", Group("")) is ErrorCode.INVALID_PARAMETER
        assert await refusal(owner, "NONE", Group("x")) is ErrorCode.HUB_NOT_FOUND
        assert await refusal(owner, "LAB", Group("CREW")) is ErrorCode.GROUP_ALREADY_EXISTS
        impossible = Group("x", policy=Policy(time_out=-1))
        assert await refusal(owner, "LAB", impossible) is ErrorCode.INVALID_PARAMETER
        await put(owner, Put(keys.limits_key("LAB"), HubOptions((("max_groups", 1),))))
        assert await refusal(owner, "LAB", Group("x")) is ErrorCode.TOO_MANY_GROUP
        await put(owner, Put(keys.limits_key("LAB"), HubOptions((("max_groups", 5),))))
        monkeypatch.setattr(module, "MAXIMUM_GROUPS_PER_HUB", 1)
        assert await refusal(owner, "LAB", Group("x")) is ErrorCode.TOO_MANY_GROUP
        for call in (Groups(owner).delete("LAB", "x", TEST), Groups(owner).update("LAB", "x", _same, TEST)):
            with pytest.raises(Refusal) as refused:
                await call
            assert refused.value.code is ErrorCode.OBJECT_NOT_FOUND


def _same(group: Group) -> Group:
    return group


async def test_a_policy_is_the_users_else_the_groups_else_the_usual(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        await Groups(owner).create("LAB", Group("crew", policy=Policy(access=False)), TEST)
        await Groups(owner).create("LAB", Group("plain"), TEST)
        snapshot = owner.snapshot
        own = Policy(no_qos=True)
        assert effective_policy(snapshot, "LAB", User("bob", group="crew", policy=own)) == own
        assert effective_policy(snapshot, "LAB", User("bob", group="crew")) == Policy(access=False)
        assert effective_policy(snapshot, "LAB", User("bob", group="plain")) == DEFAULT_POLICY
        assert effective_policy(snapshot, "LAB", User("bob")) == DEFAULT_POLICY
