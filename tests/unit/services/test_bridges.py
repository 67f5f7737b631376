"""Local bridges as they are wanted."""

from pathlib import Path

import pytest

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services.bridges import Bridges
from tests.support import configuration as known
from tests.support.configuration import TEST, open_configuration


async def test_from_making_to_deleting(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("Lab"))
        bridges = Bridges(owner)
        await bridges.create(LocalBridge("LAB", "tap0"), TEST)
        assert owner.snapshot.bridges() == [LocalBridge("Lab", "tap0")]
        await bridges.delete("lab", "tap0", TEST)
        assert owner.snapshot.bridges() == []


async def test_refusals(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"), known.hub("LAB2"))
        bridges = Bridges(owner)
        await bridges.create(LocalBridge("LAB", "tap0"), TEST)
        for work, code in (
            (bridges.create(LocalBridge("NONE", "tap1"), TEST), ErrorCode.HUB_NOT_FOUND),
            (bridges.create(LocalBridge("LAB", "tap0"), TEST), ErrorCode.OBJECT_EXISTS),
            (bridges.create(LocalBridge("LAB2", "tap0"), TEST), ErrorCode.OBJECT_EXISTS),
            (bridges.create(LocalBridge("LAB", "x" * 16), TEST), ErrorCode.INVALID_PARAMETER),
            (bridges.create(LocalBridge("LAB", "../x"), TEST), ErrorCode.INVALID_PARAMETER),
            (bridges.create(LocalBridge("LAB", "eth0", tap=False), TEST), ErrorCode.NOT_SUPPORTED),
            (bridges.delete("LAB2", "tap0", TEST), ErrorCode.OBJECT_NOT_FOUND),
        ):
            with pytest.raises(Refusal) as refused:
                await work
            assert refused.value.code is code
        assert owner.snapshot.bridges() == [LocalBridge("LAB", "tap0")]
