"""Listeners as they are wanted."""

from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.listener import Listener
from etherloom.services.listeners import Listeners
from tests.support.configuration import TEST, open_configuration


async def test_from_making_to_deleting(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        listeners = Listeners(owner)
        await listeners.create(Listener(5555), TEST)
        await listeners.create(Listener(443, enabled=False), TEST)
        assert owner.snapshot.listeners() == [Listener(443, enabled=False), Listener(5555)]
        await listeners.set_enabled(443, True, TEST)
        await listeners.delete(5555, TEST)
        assert owner.snapshot.listeners() == [Listener(443)]


async def test_refusals(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        listeners = Listeners(owner)
        await listeners.create(Listener(443), TEST)
        for work, code in (
            (listeners.create(Listener(443), TEST), ErrorCode.LISTENER_ALREADY_EXISTS),
            (listeners.create(Listener(0), TEST), ErrorCode.INVALID_PARAMETER),
            (listeners.create(Listener(65_536), TEST), ErrorCode.INVALID_PARAMETER),
            (listeners.set_enabled(5555, True, TEST), ErrorCode.LISTENER_NOT_FOUND),
            (listeners.delete(5555, TEST), ErrorCode.LISTENER_NOT_FOUND),
        ):
            with pytest.raises(Refusal) as refused:
                await work
            assert refused.value.code is code
        assert owner.snapshot.listeners() == [Listener(443)]
