"""Options, limits, RADIUS, message and log settings of a hub."""

from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import HubMessage, HubOptions, Radius
from etherloom.model.hub_option import HUB_LIMITS
from etherloom.model.log import HubLog, LogSwitch
from etherloom.services.options import NOT_GIVEN, Options, limit_of, read_limits, read_options
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support import configuration as known
from tests.support.configuration import TEST, open_configuration, put


async def test_limits_are_replaced_as_a_whole(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        options = Options(owner)
        await options.set_limits("LAB", [("MAX_users", 5), ("max_users", 6), ("Foo", 0)], TEST)
        assert limit_of(owner.snapshot, "LAB", "max_users") == 6
        assert limit_of(owner.snapshot, "LAB", "max_groups") == 0
        found = read_limits(owner.snapshot, "LAB")
        assert found == {**dict.fromkeys(HUB_LIMITS, 0), "max_users": 6, "Foo": 0}
        assert list(found) == sorted(found, key=str.casefold)
        await options.set_limits("LAB", [], TEST)
        assert owner.snapshot.get(keys.limits_key("LAB")) is None
        with pytest.raises(Refusal) as refused:
            await options.set_limits("LAB", [(f"x{number}", 1) for number in range(4_097)], TEST)
        assert refused.value.code is ErrorCode.TOO_MANY_ITEMS


async def test_options_change_one_by_one(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        options = Options(owner)
        usual = read_options(owner.snapshot, "LAB")
        assert (len(usual), usual["NoMacAddressLog"], usual["VlanTypeId"]) == (58, 1, 0x8100)
        wish = [("filteripv4", 5), ("NoMacAddressLog", NOT_GIVEN), ("Foo", 7), ("DhcpDiscoverTimeoutMs", 9)]
        await options.change_options("LAB", wish, TEST)
        assert read_options(owner.snapshot, "LAB") == {**usual, "FilterIPv4": 5, "DhcpDiscoverTimeoutMs": 9}
        await options.change_options("LAB", [("FilterIPv4", 0), ("DhcpDiscoverTimeoutMs", 5_000)], TEST)
        assert read_options(owner.snapshot, "LAB") == usual
        assert owner.snapshot.get(keys.options_key("LAB")) is None


async def test_udp_acceleration_is_the_hubs_own_setting(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        imported = Put(keys.options_key("LAB"), HubOptions((("DisableUdpAcceleration", 1),)))
        await put(owner, known.hub("LAB"), imported)
        options = Options(owner)
        assert read_options(owner.snapshot, "LAB")["DisableUdpAcceleration"] == 1
        for value in (0, 1, 0):
            await options.change_options("LAB", [("DisableUdpAcceleration", value)], TEST)
            hub = owner.snapshot.hub("LAB")
            assert hub is not None
            assert hub.udp_acceleration is not bool(value)
            assert read_options(owner.snapshot, "LAB")["DisableUdpAcceleration"] == value


async def test_radius_message_and_log(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        options = Options(owner)
        for given, kept in ((0, 1_000), (700, 700), (99_999, 15_000)):
            await options.set_radius("LAB", Radius("r", 1645, b"s", given), TEST)
            found = owner.snapshot.find(keys.radius_key("LAB"), Radius)
            assert found == Radius("r", 1645, b"s", kept)
        await options.set_message("LAB", "hello", TEST)
        assert owner.snapshot.find(keys.message_key("LAB"), HubMessage) == HubMessage("hello")
        with pytest.raises(Refusal) as refused:
            await options.set_message("LAB", "x" * 20_001, TEST)
        assert refused.value.code is ErrorCode.MEMORY_NOT_ENOUGH
        await options.set_message("LAB", "", TEST)
        assert owner.snapshot.get(keys.message_key("LAB")) is None
        hourly = HubLog(security_switch=LogSwitch.HOUR)
        await options.set_log("LAB", hourly, TEST, keep_switches=True)
        assert owner.snapshot.find(keys.hub_log_key("LAB"), HubLog) == HubLog()
        await options.set_log("LAB", hourly, TEST, keep_switches=False)
        assert owner.snapshot.find(keys.hub_log_key("LAB"), HubLog) == hourly
