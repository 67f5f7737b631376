"""Users: names, passwords that come, stay and go, policies."""

from dataclasses import replace
from pathlib import Path

import pytest

from etherloom.model.credential import (
    AnonymousCredential,
    CertificateCredential,
    Credential,
    NtDomainCredential,
    PasswordCredential,
    PasswordSecret,
    RadiusCredential,
    SignedCertificateCredential,
)
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.group import Group
from etherloom.model.hub import HubOptions
from etherloom.model.policy import DEFAULT_POLICY, Policy
from etherloom.model.user import User
from etherloom.services import users as module
from etherloom.services.users import Users, fill_policy, find_user, make_password_secret
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.owner import Owner
from tests.support import configuration as known
from tests.support.certificates import make_certificate
from tests.support.configuration import TEST, open_configuration

NOW = 1_795_371_171_821
SECRET = PasswordSecret(b"k" * 20, b"n" * 16)


def users(owner: Owner) -> Users:
    return Users(owner, lambda: NOW)


def by_password(name: str) -> User:
    return User(name, PasswordCredential())


async def test_a_new_user(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"))
        await users(owner).create("lab", by_password("Alice"), SECRET, TEST)
        assert owner.snapshot.user("LAB", "ALICE") == User(
            "Alice", PasswordCredential(), created=NOW, updated=NOW
        )
        assert owner.snapshot.password("LAB", "alice") == SECRET


def test_the_hashes_are_what_stock_peers_compute() -> None:
    # Vector: reference, administration, section 3.3.
    secret = make_password_secret("secret", "pw")
    assert secret.hashed_key.hex() == "e066abd628e809cf93e1c56f02ebb4f0e5cfeb3e"
    assert secret.nt_hash.hex() == "878d8014606cda29677a44efa1353fc7"


async def refusal(owner: Owner, hub: str, user: User, secret: PasswordSecret | None = SECRET) -> ErrorCode:
    with pytest.raises(Refusal) as refused:
        await users(owner).create(hub, user, secret, TEST)
    assert owner.snapshot.user(hub, user.name) is None or user.name == "alice"
    return refused.value.code


@pytest.mark.parametrize("name", ["", "administrator", "Link", "L3SW_x", "local bridge", "a b/", " a"])
async def test_bad_names_come_before_anything_else(tmp_path: Path, name: str) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        assert await refusal(owner, "NONE", by_password(name)) is ErrorCode.INVALID_PARAMETER


async def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"), known.user("LAB", "alice"))
        assert await refusal(owner, "NONE", by_password("bob")) is ErrorCode.HUB_NOT_FOUND
        assert await refusal(owner, "LAB", User("alice")) is ErrorCode.USER_ALREADY_EXISTS
        assert await refusal(owner, "LAB", by_password("bob"), None) is ErrorCode.INVALID_PARAMETER
        assert await refusal(owner, "LAB", User("bob", group="g")) is ErrorCode.GROUP_NOT_FOUND
        assert await refusal(owner, "LAB", User("*")) is ErrorCode.INVALID_PARAMETER
        monkeypatch.setattr(module, "MAXIMUM_USERS_PER_HUB", 1)
        assert await refusal(owner, "LAB", User("bob")) is ErrorCode.TOO_MANY_USER


@pytest.mark.parametrize(
    "credential",
    [
        RadiusCredential("other"),
        NtDomainCredential(),
        SignedCertificateCredential("CN", b"\x01"),
        CertificateCredential(make_certificate("bob")),
    ],
)
async def test_every_credential_is_stored(tmp_path: Path, credential: Credential) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"))
        await users(owner).create("LAB", User("bob", credential), None, TEST)
        assert find_user(owner.snapshot, "LAB", "bob").credential == credential


async def test_a_certificate_must_be_one(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"))
        junk = User("bob", CertificateCredential(b"x"))
        assert await refusal(owner, "LAB", junk) is ErrorCode.INVALID_PARAMETER


async def test_a_user_bears_the_groups_name_as_the_group_does(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"), Put(keys.group_key("LAB", "Crew"), Group("Crew")))
        await users(owner).create("LAB", User("bob", group="cREW"), None, TEST)
        assert find_user(owner.snapshot, "LAB", "bob").group == "Crew"


async def test_the_hubs_limit_of_users(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        limit = Put(keys.limits_key("LAB"), HubOptions((("max_users", 1),)))
        await known.put(owner, known.hub("LAB"), known.user("LAB", "alice"), limit)
        assert await refusal(owner, "LAB", User("bob")) is ErrorCode.TOO_MANY_USER


async def test_a_password_stays_until_another_or_none_is_wanted(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"))
        service = users(owner)
        await service.create("LAB", by_password("alice"), SECRET, TEST)
        await service.update("LAB", "alice", lambda user: replace(user, note="x"), TEST)
        assert owner.snapshot.password("LAB", "alice") == SECRET
        other = PasswordSecret(b"o" * 20)
        await service.update("LAB", "alice", lambda user: user, TEST, password=other)
        assert owner.snapshot.password("LAB", "alice") == other
        anonymous = AnonymousCredential()
        await service.update("LAB", "alice", lambda user: replace(user, credential=anonymous), TEST)
        assert owner.snapshot.password("LAB", "alice") is None
        with pytest.raises(Refusal, match="needs a password"):
            await service.update(
                "LAB", "alice", lambda user: replace(user, credential=PasswordCredential()), TEST
            )


async def test_a_change_keeps_the_name_and_the_time_of_creation(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"))
        await users(owner).create("LAB", User("alice"), None, TEST)
        later = Users(owner, lambda: NOW + 5)
        await later.update("LAB", "ALICE", lambda user: replace(user, created=1, real_name="A"), TEST)
        user = owner.snapshot.user("LAB", "alice")
        assert user == User("alice", real_name="A", created=NOW, updated=NOW + 5)
        with pytest.raises(Refusal):
            await later.update("LAB", "alice", lambda user: replace(user, name="bob"), TEST)


async def test_an_unknown_user(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"))
        service = users(owner)
        for work in (service.update("LAB", "bob", lambda u: u, TEST), service.delete("LAB", "bob", TEST)):
            with pytest.raises(Refusal) as refused:
                await work
            assert refused.value.code is ErrorCode.OBJECT_NOT_FOUND


async def test_a_deleted_user_leaves_no_password(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(
            owner, known.hub("LAB"), known.user("LAB", "alice", "pw"), known.user("LAB", "alice2")
        )
        await users(owner).delete("LAB", "Alice", TEST)
        assert [user.name for user in owner.snapshot.users("LAB")] == ["alice2"]
        assert owner.snapshot.password("LAB", "alice") is None


def test_zeros_that_an_item_cannot_have_mean_the_default() -> None:
    filled = fill_policy(Policy(access=False, max_connection=0, time_out=0))
    assert filled == replace(DEFAULT_POLICY, access=False)
    assert fill_policy(DEFAULT_POLICY) == DEFAULT_POLICY


async def test_a_policy_out_of_range_is_kept_and_one_out_of_reason_refused(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"))
        kept = User("eve", policy=replace(DEFAULT_POLICY, max_connection=33))
        await Users(owner, lambda: 1).create("LAB", kept, None, known.TEST)
        found = owner.snapshot.user("LAB", "eve")
        assert found is not None
        assert found.policy == kept.policy
        wrong = User("bob", policy=replace(DEFAULT_POLICY, max_connection=-1))
        assert await refusal(owner, "LAB", wrong, None) is ErrorCode.INVALID_PARAMETER
