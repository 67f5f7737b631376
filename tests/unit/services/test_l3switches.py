"""Virtual layer-3 switches as they are wanted."""

from collections.abc import Awaitable
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.l3switch import L3Interface, L3Route
from etherloom.services.l3switches import L3Switches, find_l3switch
from tests.support.configuration import TEST, open_configuration

MASK = IPv4Address("255.255.255.0")
INTERFACE = L3Interface("LAB", IPv4Address("10.0.0.1"), MASK)
ROUTE = L3Route(IPv4Address("10.1.0.0"), MASK, IPv4Address("10.0.0.9"), 1)


async def refused(work: Awaitable[None]) -> ErrorCode:
    with pytest.raises(Refusal) as refusal:
        await work
    return refusal.value.code


async def test_from_making_to_deleting(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        switches = L3Switches(owner)
        await switches.create("Core", TEST)
        assert await refused(switches.create("CORE", TEST)) is ErrorCode.LAYER3_SW_EXISTS
        assert await refused(switches.start("core", TEST)) is ErrorCode.LAYER3_CANT_START_SWITCH
        await switches.add_interface("core", INTERFACE, TEST)
        await switches.add_route("core", ROUTE, TEST)
        switch = find_l3switch(owner.snapshot, "core")
        assert (switch.name, switch.interfaces, switch.routes) == ("Core", (INTERFACE,), (ROUTE,))
        await switches.start("core", TEST)
        assert find_l3switch(owner.snapshot, "core").active
        await switches.stop("core", TEST)
        await switches.delete_interface("core", "lab", TEST)
        await switches.delete_route("core", ROUTE, TEST)
        switch = find_l3switch(owner.snapshot, "core")
        assert (switch.active, switch.interfaces, switch.routes) == (False, (), ())
        await switches.delete("core", TEST)
        assert owner.snapshot.l3switches() == []


async def test_one_that_runs_is_not_changed(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        switches = L3Switches(owner)
        await switches.create("core", TEST)
        await switches.add_interface("core", INTERFACE, TEST)
        await switches.start("core", TEST)
        before = find_l3switch(owner.snapshot, "core")
        other = L3Interface("OTHER", IPv4Address("10.2.0.1"), MASK)
        for work, code in (
            (switches.add_interface("core", other, TEST), ErrorCode.LAYER3_IF_ADD_FAILED),
            (switches.delete_interface("core", "LAB", TEST), ErrorCode.LAYER3_IF_DEL_FAILED),
            (switches.add_route("core", ROUTE, TEST), ErrorCode.LAYER3_TABLE_ADD_FAILED),
            (switches.delete_route("core", ROUTE, TEST), ErrorCode.LAYER3_TABLE_DEL_FAILED),
        ):
            assert await refused(work) is code
        assert find_l3switch(owner.snapshot, "core") == before


async def test_refusals(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        switches = L3Switches(owner)
        await switches.create("core", TEST)
        await switches.add_interface("core", INTERFACE, TEST)
        await switches.add_route("core", ROUTE, TEST)
        free = L3Route(ROUTE.network, MASK, ROUTE.gateway, 0)
        for work, code in (
            (switches.create("a/b", TEST), ErrorCode.INVALID_PARAMETER),
            (switches.delete("none", TEST), ErrorCode.LAYER3_SW_NOT_FOUND),
            (switches.add_interface("none", INTERFACE, TEST), ErrorCode.LAYER3_SW_NOT_FOUND),
            (switches.add_interface("core", INTERFACE, TEST), ErrorCode.LAYER3_IF_EXISTS),
            (switches.delete_interface("core", "none", TEST), ErrorCode.LAYER3_IF_DEL_FAILED),
            (switches.add_route("core", ROUTE, TEST), ErrorCode.LAYER3_TABLE_ADD_FAILED),
            (switches.add_route("core", free, TEST), ErrorCode.LAYER3_TABLE_ADD_FAILED),
            (switches.delete_route("core", free, TEST), ErrorCode.LAYER3_TABLE_DEL_FAILED),
        ):
            assert await refused(work) is code
