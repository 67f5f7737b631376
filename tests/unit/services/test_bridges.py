"""Local bridges as they are wanted."""

import socket
from pathlib import Path

import pytest

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services.bridges import Bridges, list_ethernet_devices, shown_device
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


async def test_joining_as_the_original_does(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("Lab"))
        bridges = Bridges(owner)
        await bridges.join("LAB", "one", tap=True, origin=TEST)
        await bridges.join("lab", "ONE", tap=True, origin=TEST)
        await bridges.join("NONE", "eth0", tap=False, origin=TEST)
        found = owner.snapshot.bridges()
        assert found == [LocalBridge("Lab", "tap_one"), LocalBridge("NONE", "eth0", tap=False)]
        assert [shown_device(bridge) for bridge in found] == ["one", "eth0"]
        with pytest.raises(Refusal) as refused:
            await bridges.part("LAB", "eth0", TEST)
        assert refused.value.code is ErrorCode.OBJECT_NOT_FOUND
        await bridges.part("LAB", "One", TEST)
        await bridges.part("none", "ETH0", TEST)
        assert owner.snapshot.bridges() == []


async def test_parting_from_a_device_by_its_full_name(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await known.put(owner, known.hub("LAB"))
        bridges = Bridges(owner)
        for device in ("tap_one", "tap0"):
            await bridges.create(LocalBridge("LAB", device), TEST)
            await bridges.part("LAB", device, TEST)
        assert owner.snapshot.bridges() == []


def test_devices_of_the_machine_are_ethernets() -> None:
    devices = list_ethernet_devices()
    assert "lo" not in devices
    assert set(devices) <= {name for _, name in socket.if_nameindex()}
