"""A user's own change of password, code by code."""

from pathlib import Path

import pytest

from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.messages import PasswordChange
from etherloom.model.credential import PasswordCredential, PasswordSecret
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.group import Group
from etherloom.model.hub import HubOptions
from etherloom.model.policy import Policy
from etherloom.model.user import User
from etherloom.services.password_change import change_password
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.owner import Owner
from etherloom.wire.digest import hash_password, secure_password
from tests.support.configuration import TEST, hub, open_configuration, put, user

CHALLENGE = bytes(range(20))


def request(hub: str = "lab", name: str = "alice", old: str = "secret") -> PasswordChange:
    proof = secure_password(hash_password(old, name), CHALLENGE)
    return PasswordChange(hub, name, proof, hash_password("new", name), b"n" * 16, ClientFacts())


async def fill(owner: Owner) -> None:
    await put(
        owner,
        hub("LAB"),
        user("LAB", "alice", "secret"),
        user("LAB", "guest"),
        user("LAB", "fixed", "secret", policy=Policy(fix_password=True)),
    )


async def test_the_new_password_replaces_the_old_one(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "state") as owner:
        await fill(owner)
        await change_password(owner, request(), CHALLENGE, TEST, 7_000)
        assert owner.snapshot.password("LAB", "alice") == PasswordSecret(
            hash_password("new", "alice"), b"n" * 16
        )
        changed = owner.snapshot.user("LAB", "alice")
        assert changed is not None
        assert changed.updated == 7_000


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (request(hub="nowhere"), ErrorCode.HUB_NOT_FOUND),
        (request(name="nobody"), ErrorCode.OLD_PASSWORD_WRONG),
        (request(old="wrong"), ErrorCode.OLD_PASSWORD_WRONG),
        (request(name="guest"), ErrorCode.USER_AUTHTYPE_NOT_PASSWORD),
        (request(name="fixed"), ErrorCode.NOT_ENOUGH_RIGHT),
        (request(name="fixed", old="wrong"), ErrorCode.OLD_PASSWORD_WRONG),
    ],
)
async def test_refusals_change_nothing(tmp_path: Path, asked: PasswordChange, code: ErrorCode) -> None:
    async with open_configuration(tmp_path / "state") as owner:
        await fill(owner)
        before = owner.snapshot
        with pytest.raises(Refusal) as refused:
            await change_password(owner, asked, CHALLENGE, TEST, 7_000)
        assert refused.value.code == code
        assert owner.snapshot is before


async def test_a_hub_may_keep_all_its_users_from_it(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "state") as owner:
        await fill(owner)
        await put(owner, Put(keys.limits_key("LAB"), HubOptions((("deny_change_user_password", 1),))))
        with pytest.raises(Refusal) as refused:
            await change_password(owner, request(), CHALLENGE, TEST, 7_000)
        assert refused.value.code is ErrorCode.NOT_ENOUGH_RIGHT


async def test_a_groups_policy_fixes_the_passwords_of_its_users(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "state") as owner:
        await fill(owner)
        crew = Group("crew", policy=Policy(fix_password=True))
        member = User("alice", PasswordCredential(), group="crew")
        await put(owner, Put(keys.group_key("LAB", "crew"), crew), Put(keys.user_key("LAB", "alice"), member))
        with pytest.raises(Refusal) as refused:
            await change_password(owner, request(), CHALLENGE, TEST, 7_000)
        assert refused.value.code is ErrorCode.NOT_ENOUGH_RIGHT
