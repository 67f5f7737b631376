"""What a hub's settings become for the engine's packet log."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from etherloom.engine.commands import HubRules
from etherloom.engine.facade import PacketLine
from etherloom.engine.snapshots import PacketLogArguments
from etherloom.model.hub import HubOptions
from etherloom.model.log import HubLog, LogSwitch, Syslog, SyslogLevel
from etherloom.services.packet_logs import PacketLogs
from etherloom.services.switches import Switches
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support import configuration as known
from tests.support.configuration import open_configuration, put
from tests.unit.fake_engine import FakeEngine

_USUAL: Final[PacketLogArguments] = {
    "hub": "LAB",
    "levels": (1, 0, 1, 0, 0, 0, 0, 0),
    "no_ipv4": False,
    "no_ipv6": False,
    "no_http": False,
    "folder": "/state/packet_log/LAB",
    "switch": 4,
    "file_bytes": 0,
    "json": False,
    "lines": False,
    "no_addresses": False,
    "per_minute": 0,
}


def _switches(engine: FakeEngine) -> Switches:
    switches = Switches(engine.facade)
    switches.open("LAB", HubRules())
    assert engine.hubs == [HubRules()]
    return switches


async def test_a_hub_that_nobody_told_anything_has_the_usual_log(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"), known.hub("OFF"))
        engine = FakeEngine()
        PacketLogs(owner, engine.facade, _switches(engine), Path("/state"))
        assert engine.packet_logs == [(1, _USUAL)]


async def test_settings_and_options_are_followed(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        engine = FakeEngine()
        logs = PacketLogs(owner, engine.facade, _switches(engine), Path("/state"), json=True)
        levels = (0, 1, 2) + (0,) * 13
        await put(
            owner, Put(keys.hub_log_key("LAB"), HubLog(packet_levels=levels, packet_switch=LogSwitch.HOUR))
        )
        told: PacketLogArguments = {**_USUAL, "json": True, "levels": levels[:8], "switch": 3}
        assert engine.packet_logs[1:] == [(1, told)]
        options = {
            "NoIPv4PacketLog": 1,
            "NoIPv6PacketLog": 1,
            "DisableHttpParsing": 1,
            "NoPhysicalIPOnPacketLog": 1,
            "MaxLoggedPacketsPerMinute": 5,
        }
        await put(owner, Put(keys.options_key("LAB"), HubOptions(tuple(options.items()))))
        all_of_them: PacketLogArguments = {
            **told,
            "no_ipv4": True,
            "no_ipv6": True,
            "no_http": True,
            "no_addresses": True,
            "per_minute": 5,
        }
        assert engine.packet_logs[2:] == [(1, all_of_them)]
        # What is about something else changes nothing.
        await put(owner, known.user("LAB", "anna"), known.hub("OTHER"))
        assert len(engine.packet_logs) == 3
        logs.close()
        await put(owner, Put(keys.hub_log_key("LAB"), HubLog()))
        assert len(engine.packet_logs) == 3


async def test_a_log_without_kinds_is_none(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        engine = FakeEngine()
        PacketLogs(owner, engine.facade, _switches(engine), Path("/state"))
        for log in (HubLog(save_packets=False), HubLog(), HubLog(packet_levels=(0,) * 16)):
            await put(owner, Put(keys.hub_log_key("LAB"), log))
        assert engine.packet_logs[1:] == [(1, None), (1, _USUAL), (1, None)]


async def test_lines_go_to_syslog_instead_of_files(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        syslog = Syslog(SyslogLevel.PACKETS, "log.example")
        await put(owner, known.hub("LAB"), Put(keys.SYSLOG, syslog))
        engine = FakeEngine()
        sent: list[PacketLine] = []
        PacketLogs(owner, engine.facade, _switches(engine), Path("/state"), send=sent.extend)
        assert engine.packet_logs == [(1, {**_USUAL, "folder": None, "lines": True})]
        line = PacketLine("LAB", 1, "a,b")
        engine.tell_packet_lines([line], 3)
        assert sent == [line]
        await put(owner, Put(keys.SYSLOG, replace(syslog, level=SyslogLevel.SECURITY)))
        assert engine.packet_logs[1:] == [(1, _USUAL)]


async def test_without_a_sender_lines_stay_in_files(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"), Put(keys.SYSLOG, Syslog(SyslogLevel.PACKETS, "log.example")))
        engine = FakeEngine()
        PacketLogs(owner, engine.facade, _switches(engine), Path("/state"))
        assert engine.packet_logs == [(1, _USUAL)]
