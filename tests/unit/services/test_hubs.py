"""Hubs: made, changed, deleted with all that belongs to them."""

from dataclasses import replace
from pathlib import Path

import pytest

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import AdministratorSecret, Hub, HubType
from etherloom.services import hubs as module
from etherloom.services.hubs import Hubs, make_administrator_secret
from etherloom.state import keys
from etherloom.state.changes import Change, Put
from tests.support import configuration as known
from tests.support.configuration import TEST, open_configuration

NOW = 1_795_371_171_821


def clock() -> int:
    return NOW


async def test_a_new_hub_requires_encryption_and_has_its_time(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await Hubs(owner, clock).create(Hub("Lab", maximum_sessions=5), None, TEST)
        assert owner.snapshot.hub("LAB") == Hub(
            "Lab", maximum_sessions=5, created=NOW, require_encryption=True
        )
        assert owner.snapshot.administrator("lab") is None


async def test_the_secret_of_a_hub_is_what_stock_peers_compute() -> None:
    # Vectors: reference, administration, section 8.6.
    secret = make_administrator_secret("hubpw")
    assert secret is not None
    assert secret.hashed.hex() == "028781567cd1636dfb16bb3587b368d01fbb0e6a"
    assert secret.as_user.hex() == "05132281fae39f4963c89edddb7c01436a726b3f"
    assert make_administrator_secret("") is None


async def test_a_name_is_taken_whatever_its_case(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await Hubs(owner, clock).create(Hub("Lab"), None, TEST)
        with pytest.raises(Refusal) as refused:
            await Hubs(owner, clock).create(Hub("LAB"), None, TEST)
        assert refused.value.code is ErrorCode.HUB_ALREADY_EXISTS


@pytest.mark.parametrize("name", ["", " lab", ".lab", "lab.", "a/b", "ä", "x" * 256])
async def test_bad_names(tmp_path: Path, name: str) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        with pytest.raises(Refusal) as refused:
            await Hubs(owner, clock).create(Hub(name), None, TEST)
        assert refused.value.code is ErrorCode.INVALID_PARAMETER


async def test_only_standalone_hubs(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        with pytest.raises(Refusal) as refused:
            await Hubs(owner, clock).create(Hub("LAB", type=HubType.FARM_STATIC), None, TEST)
        assert refused.value.code is ErrorCode.INVALID_PARAMETER


async def test_too_many_hubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAXIMUM_HUBS", 1)
    async with open_configuration(tmp_path / "s") as owner:
        await Hubs(owner, clock).create(Hub("A"), None, TEST)
        with pytest.raises(Refusal) as refused:
            await Hubs(owner, clock).create(Hub("B"), None, TEST)
        assert refused.value.code is ErrorCode.TOO_MANY_HUBS


async def test_a_change_keeps_the_secret_unless_one_is_given(tmp_path: Path) -> None:
    secret, other = AdministratorSecret(b"a" * 20, b"b" * 20), AdministratorSecret(b"c" * 20, b"d" * 20)
    async with open_configuration(tmp_path / "s") as owner:
        hubs = Hubs(owner, clock)
        await hubs.create(Hub("LAB"), secret, TEST)
        await hubs.update("lab", lambda hub: replace(hub, hidden=True), TEST)
        assert owner.snapshot.administrator("LAB") == secret
        await hubs.update("lab", lambda hub: hub, TEST, administrator=other)
        assert owner.snapshot.administrator("LAB") == other
        await hubs.update("lab", lambda hub: hub, TEST, drop_administrator=True)
        assert owner.snapshot.administrator("LAB") is None
        hub = owner.snapshot.hub("LAB")
        assert hub is not None
        assert hub.hidden


async def test_a_hub_keeps_its_name(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        hubs = Hubs(owner, clock)
        await hubs.create(Hub("LAB"), None, TEST)
        with pytest.raises(Refusal) as refused:
            await hubs.update("LAB", lambda hub: replace(hub, name="OTHER"), TEST)
        assert refused.value.code is ErrorCode.NOT_SUPPORTED


async def test_a_missing_hub_is_refused_everywhere(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        hubs = Hubs(owner, clock)
        for work in (
            hubs.update("LAB", lambda hub: hub, TEST),
            hubs.set_online("LAB", True, TEST),
            hubs.delete("LAB", TEST),
        ):
            with pytest.raises(Refusal) as refused:
                await work
            assert refused.value.code is ErrorCode.HUB_NOT_FOUND


async def test_deleting_a_hub_is_one_change_and_takes_everything_along(tmp_path: Path) -> None:
    changes: list[Change] = []
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(
            owner,
            known.hub("LAB"),
            known.hub("LAB2"),
            known.administrator("LAB", "x"),
            known.user("LAB", "alice", "pw"),
            known.user("LAB2", "alice", "pw"),
            Put(keys.bridge_key("LAB", "tap0"), LocalBridge("LAB", "tap0")),
        )
        owner.subscribe(lambda _old, _new, change: changes.append(change))
        await Hubs(owner, clock).delete("lab", TEST)
        snapshot = owner.snapshot
        assert [hub.name for hub in snapshot.hubs()] == ["LAB2"]
        assert (snapshot.user_count("LAB"), snapshot.user_count("LAB2")) == (0, 1)
        assert snapshot.password("LAB", "alice") is None
        assert snapshot.administrator("LAB") is None
        assert snapshot.bridges() == []
    assert len(changes) == 1
