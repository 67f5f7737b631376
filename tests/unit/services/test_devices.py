"""Local bridges as they are: opened, refused, gone, tried again."""

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from etherloom.engine.commands import HubRules
from etherloom.model.bridge import LocalBridge
from etherloom.services import devices
from etherloom.services.devices import Devices
from etherloom.services.sessions import Sessions
from etherloom.services.switches import Switches
from tests.support.asynchronous import settle, until
from tests.unit.fake_engine import FakeEngine

TAP = LocalBridge("LAB", "tap0")


class World:
    def __init__(self, link_up: Callable[[str], Awaitable[None]] | None = None) -> None:
        self.engine = FakeEngine()
        self.switches = Switches(self.engine.facade)
        self.switches.open("LAB", HubRules())
        self.sessions = Sessions(self.engine.facade, self.switches, lambda: 0)
        self.up: list[str] = []
        self.devices = Devices(
            self.engine.facade, self.switches, self.sessions, link_up or self.remember_link_up
        )

    async def remember_link_up(self, device: str) -> None:
        self.up.append(device)

    def error(self) -> str:
        return self.devices.state(TAP).error

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.devices.run())
            try:
                yield
            finally:
                task.cancel()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_FIRST_RETRY_SECONDS", 0.01)


async def test_a_bridge_is_opened_listed_and_set_up() -> None:
    world = World()
    async with world.running():
        world.devices.reconcile([TAP])
        assert world.devices.state(TAP).is_open
        assert [s.name for s in world.sessions.list("LAB")] == ["SID-LOCALBRIDGE-1"]
        await until(lambda: world.up == ["tap0"], "the device is set up")


async def test_a_bridge_that_is_no_longer_wanted_is_closed() -> None:
    world = World()
    world.devices.reconcile([TAP])
    world.devices.reconcile([])
    await settle()
    assert world.engine.sessions[0].ended.done()
    assert world.sessions.count() == 0
    assert world.error() == "off line"


async def test_a_refused_device_is_a_status_and_is_tried_again() -> None:
    world = World()
    world.engine.refuse_tap = OSError(errno.EPERM, "Operation not permitted")
    async with world.running():
        world.devices.reconcile([TAP])
        assert world.error() == "Operation not permitted"
        world.engine.refuse_tap = None
        await until(lambda: world.devices.state(TAP).is_open, "the bridge is opened")
        assert world.sessions.count("LAB") == 1


async def test_a_device_that_vanishes_is_opened_again() -> None:
    world = World()
    async with world.running():
        world.devices.reconcile([TAP])
        world.engine.sessions[0].end("device")
        await until(lambda: len(world.engine.sessions) == 2, "the device is opened again")
        await until(lambda: world.up == ["tap0", "tap0"], "it is set up again")
        assert [s.name for s in world.sessions.list("LAB")] == ["SID-LOCALBRIDGE-2"]


async def test_a_device_that_cant_be_set_up_says_so() -> None:
    async def refuse(device: str) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    world = World(refuse)
    async with world.running():
        world.devices.reconcile([TAP])
        await until(lambda: "can't be set up" in world.error(), "the status says it")


async def test_an_existing_interface_is_not_available_yet() -> None:
    world = World()
    bridge = LocalBridge("LAB", "eth0", tap=False)
    world.devices.reconcile([bridge])
    assert "TAP" in world.devices.state(bridge).error
    assert world.engine.sessions == []
