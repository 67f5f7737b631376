"""Cascades as they are configured: secrets beside them, names, what a new one may."""

from dataclasses import replace
from pathlib import Path

import pytest

from etherloom.model.cascade import Cascade, CascadeSecret
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.policy import DEFAULT_POLICY, Policy
from etherloom.services import cascades as module
from etherloom.services.cascades import Cascades, find_cascade, find_secret
from etherloom.state import keys
from tests.support import configuration as known
from tests.support.configuration import TEST, open_configuration, put

SECRET = CascadeSecret(hashed_password=b"h" * 20)


async def test_from_making_to_deleting(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        cascades = Cascades(owner)
        wish = Cascade("One", "host", online=True, policy=Policy(access=False, no_bridge=True, max_mac=3))
        await cascades.create("LAB", wish, SECRET, TEST)
        made = find_cascade(owner.snapshot, "LAB", "one")
        assert made == replace(wish, online=False, policy=replace(DEFAULT_POLICY, max_mac=3))
        await cascades.set_online("LAB", "ONE", True, TEST)
        await cascades.update("LAB", "one", lambda old: replace(old, host="x", online=False), _same, TEST)
        assert find_cascade(owner.snapshot, "LAB", "One") == replace(made, host="x", online=True)
        await cascades.rename("LAB", "one", "Two", TEST)
        assert find_cascade(owner.snapshot, "LAB", "two").name == "Two"
        assert find_secret(owner.snapshot, "LAB", "two").hashed_password == SECRET.hashed_password
        assert owner.snapshot.get(keys.cascade_secret_key("LAB", "one")) is None
        await cascades.delete("LAB", "TWO", TEST)
        assert owner.snapshot.cascades("LAB") == []
        assert owner.snapshot.get(keys.cascade_secret_key("LAB", "two")) is None


def _same(secret: CascadeSecret) -> CascadeSecret:
    return secret


async def test_what_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        cascades = Cascades(owner)
        for name in ("one", "two"):
            await cascades.create("LAB", Cascade(name), SECRET, TEST)
        await cascades.rename("LAB", "one", "ONE", TEST)
        monkeypatch.setattr(module, "MAXIMUM_CASCADES_PER_HUB", 2)
        for call, code in (
            (cascades.create("LAB", Cascade("ONE"), SECRET, TEST), ErrorCode.LINK_ALREADY_EXISTS),
            (cascades.create("LAB", Cascade("new"), SECRET, TEST), ErrorCode.TOO_MANY_ITEMS),
            (cascades.create("NONE", Cascade("new"), SECRET, TEST), ErrorCode.HUB_NOT_FOUND),
            (cascades.rename("LAB", "one", "TWO", TEST), ErrorCode.LINK_ALREADY_EXISTS),
            (cascades.rename("LAB", "none", "x", TEST), ErrorCode.OBJECT_NOT_FOUND),
            (cascades.delete("LAB", "none", TEST), ErrorCode.OBJECT_NOT_FOUND),
            (cascades.set_online("LAB", "none", True, TEST), ErrorCode.OBJECT_NOT_FOUND),
        ):
            with pytest.raises(Refusal) as refused:
                await call
            assert refused.value.code is code
