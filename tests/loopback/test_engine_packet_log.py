"""The packet log of a running engine: what is written, where, and what it costs when it can't be."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from etherloom.engine.commands import HubRules
from etherloom.engine.facade import PacketLine, Session
from etherloom.engine.snapshots import PacketLogArguments
from tests.support.engine import Bench, running, until
from tests.support.logged_frames import FRAMES, RECEIVER, SENDER, ethernet, vectors

_STAMP = re.compile(r"\d{4}-\d\d-\d\d,\d\d:\d\d:\d\d\.\d{3},")
_BARE_PORTS = re.compile(r",[a-z-]+[a-z0-9-]*\((\d+)\)")


def _settings(folder: Path | None, **changes: object) -> PacketLogArguments:
    settings: PacketLogArguments = {
        "hub": "LAB",
        "levels": (1,) * 8,
        "no_ipv4": False,
        "no_ipv6": False,
        "no_http": False,
        "folder": str(folder) if folder else None,
        "switch": 0,
        "file_bytes": 0,
        "json": False,
        "lines": False,
        "no_addresses": False,
        "per_minute": 0,
    }
    return {**settings, **changes}  # type: ignore[typeddict-item]


class _Hub:
    """A hub with two ports that know each other's stations."""

    def __init__(self, bench: Bench) -> None:
        self.facade = bench.facade
        self.identifier = bench.facade.open_hub(HubRules())
        self.ports = [self._port(number) for number in (1, 2)]

    def _port(self, number: int) -> Session:
        port = self.facade.open_memory(self.identifier, 4096)
        port.label(f"SID-LOCALBRIDGE-{number}")
        return port

    async def prepare(self) -> None:
        first, second = self.ports
        await until(lambda: all(port.snapshot()["attached"] for port in self.ports))
        second.send_frames([ethernet(0x88B5, bytes(46), SENDER, RECEIVER)])
        await until(lambda: first.snapshot()["frames_sent"] == 1)

    async def send(self, frames: Sequence[bytes]) -> None:
        port = self.ports[0]
        before = port.snapshot()["frames_received"]
        port.send_frames(frames)
        await until(lambda: port.snapshot()["frames_received"] == before + len(frames))

    async def settled(self, records: int) -> None:
        """All is written or lost."""

        def done() -> bool:
            counts = self.facade.core.packet_log_snapshot(self.identifier)
            return counts["written"] + counts["lost"] + counts["beyond"] >= records

        await until(done)


async def _hub(bench: Bench) -> _Hub:
    hub = _Hub(bench)
    await hub.prepare()
    return hub


def _files(folder: Path, pattern: str = "*") -> list[Path]:
    return list(folder.glob(pattern))


def _lines(path: Path) -> list[str]:
    """The lines behind date and time, each ended as it must be."""
    text = path.read_bytes().decode()
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    assert all(_STAMP.match(line) for line in lines)
    return [line[24:] for line in lines]


async def test_each_frame_is_one_line_of_the_file(tmp_path: Path) -> None:
    known = vectors()
    async with running() as bench:
        hub = await _hub(bench)
        hub.facade.set_packet_log(hub.identifier, _settings(tmp_path / "LAB"))
        await hub.send([FRAMES[name] for name in known])
        await hub.settled(len(known))
        lines = _lines(tmp_path / "LAB" / "pkt.log")
        for line, (name, vector) in zip(lines, known.items(), strict=True):
            assert _without_names(line) == _without_names(vector.line), name
        assert (tmp_path / "LAB" / "pkt.log").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "LAB").stat().st_mode & 0o777 == 0o700
        assert hub.facade.core.packet_log_snapshot(hub.identifier) == {
            "written": len(known),
            "lost": 0,
            "beyond": 0,
        }


def test_vectors_are_of_the_frames_that_are_made() -> None:
    assert {name: vector.frame for name, vector in vectors().items()} == FRAMES


def _without_names(line: str) -> str:
    """Names of ports are the machine's."""
    return _BARE_PORTS.sub(r",\1", line)


async def test_kinds_and_options_choose(tmp_path: Path) -> None:
    async with running() as bench:
        hub = await _hub(bench)
        only_connections = _settings(tmp_path, levels=(1, 0, 1, 0, 0, 0, 0, 0), no_ipv6=True)
        hub.facade.set_packet_log(hub.identifier, only_connections)
        names = ("syn", "data", "get", "udp", "dhcp request", "syn ipv6", "dns")
        await hub.send([FRAMES[name] for name in names])
        await hub.settled(4)
        kinds = [line.split(",")[6] for line in _lines(tmp_path / "pkt.log")]
        assert kinds == ["TCP_CONNECTv4", "TCP_DATAv4", "DHCPv4", "DNSv4"]
        hub.facade.set_packet_log(hub.identifier, None)
        await hub.send([FRAMES["syn"]])
        hub.facade.set_packet_log(hub.identifier, _settings(tmp_path, levels=(2,) * 8, switch=5))
        await hub.send([FRAMES["syn"]])
        await hub.settled(5)
        (monthly,) = _files(tmp_path, "pkt_*.log")
        assert re.fullmatch(r"pkt_\d{6}\.log", monthly.name)
        (line,) = _lines(monthly)
        assert line.split(",")[15] == FRAMES["syn"].hex().upper()


async def test_clients_are_named_by_their_addresses(tmp_path: Path) -> None:
    async with running() as bench:
        hub = await _hub(bench)
        for port, address in zip(hub.ports, ("10.91.1.2", "::ffff:10.91.2.2"), strict=True):
            port.locate(address)
        hub.facade.set_packet_log(hub.identifier, _settings(tmp_path, json=True))
        await hub.send([FRAMES["syn"]])
        await hub.settled(1)
        hub.facade.set_packet_log(hub.identifier, _settings(tmp_path, no_addresses=True))
        await hub.send([FRAMES["syn"]])
        await hub.settled(2)
        with_addresses, without = _lines(tmp_path / "pkt.log")
        assert with_addresses == f"{without},10.91.1.2,10.91.2.2"
        (record,) = map(json.loads, (tmp_path / "pkt.jsonl").read_text().splitlines())
        assert (record["hub"], record["type"], record["detail"]) == ("LAB", "TCP_CONNECTv4", "SYN")
        assert (record["source_session"], record["target_client"]) == ("SID-LOCALBRIDGE-1", "10.91.2.2")
        assert ip_address(record["source_ip"]) == ip_address("192.168.77.2")


async def test_lines_for_syslog_are_fetched(tmp_path: Path) -> None:
    async with running() as bench:
        hub = await _hub(bench)
        fetched: list[PacketLine] = []
        hub.facade.on_packet_lines(lambda lines, lost: fetched.extend(lines))
        hub.facade.set_packet_log(hub.identifier, _settings(None, lines=True))
        await hub.send([FRAMES["syn"], FRAMES["arp request"]] * 1_000)
        await until(lambda: len(fetched) == 2_000)
        known = vectors()
        assert replace(fetched[1], at=0) == PacketLine("LAB", 0, known["arp request"].line)
        assert abs(fetched[0].at / 1_000 - time.time()) < 60
        assert _files(tmp_path) == []


async def test_a_disk_that_takes_nothing_costs_records_only(tmp_path: Path) -> None:
    async with running() as bench:
        hub = await _hub(bench)
        (tmp_path / "LAB").write_text("in the way")
        hub.facade.set_packet_log(hub.identifier, _settings(tmp_path / "LAB"))
        await hub.send([FRAMES["syn"]] * 100)
        await hub.settled(100)
        assert hub.facade.core.packet_log_snapshot(hub.identifier)["lost"] == 100
        assert hub.ports[1].snapshot()["frames_sent"] == 100
        (tmp_path / "LAB").unlink()

        def is_written() -> bool:
            hub.ports[0].send_frames([FRAMES["rst"]])
            return hub.facade.core.packet_log_snapshot(hub.identifier)["written"] > 0

        await until(is_written)
        assert "TCP_CONNECTv4,RST" in (tmp_path / "LAB" / "pkt.log").read_text()


@pytest.mark.root
def test_a_full_disk_costs_records_only(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f"mount -t tmpfs -o size=100k tmpfs '{disk}'; exec \"$@\""
    call = f"asyncio.run(fill(pathlib.Path({str(disk)!r})))"
    private = ("unshare", "--mount", "--propagation", "private", "sh", "-ec", mounted, "sh")
    _in_another_process(call, before=private)


async def fill(disk: Path) -> None:
    """For a process with a small disk."""
    async with running() as bench:
        hub = await _hub(bench)
        hub.facade.set_packet_log(hub.identifier, _settings(disk / "LAB"))
        ballast = disk / "ballast"
        write_ballast(ballast)
        await hub.send([FRAMES["syn"]] * 2_000)
        await hub.settled(2_000)
        counts = hub.facade.core.packet_log_snapshot(hub.identifier)
        assert counts["lost"] > 0
        assert hub.ports[1].snapshot()["frames_sent"] == 2_000
        ballast.unlink()

        def goes_on() -> bool:
            hub.ports[0].send_frames([FRAMES["rst"]])
            written = hub.facade.core.packet_log_snapshot(hub.identifier)["written"]
            return written > counts["written"]

        await until(goes_on)
    lines = _lines(disk / "LAB" / "pkt.log")
    assert all(line.count(",") == 17 for line in lines)


def write_ballast(path: Path) -> None:
    """Take all but a little of the disk."""
    path.write_bytes(bytes(80 * 1024))


async def test_what_waits_is_written_at_the_end(tmp_path: Path) -> None:
    async with running() as bench:
        hub = await _hub(bench)
        hub.facade.set_packet_log(hub.identifier, _settings(tmp_path))
        await hub.send([FRAMES["syn"]] * 2_000)
    assert len(_lines(tmp_path / "pkt.log")) == 2_000


def _in_another_process(call: str, *, before: Sequence[str] = (), zone: str = "") -> None:
    program = f"import asyncio, pathlib\nfrom {__name__} import fill, write_one\n{call}\n"
    done = subprocess.run(
        [*before, sys.executable, "-c", program],
        env=dict(os.environ, TZ=zone),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_times_are_local(tmp_path: Path) -> None:
    """Another zone, another date in the name: a process of its own, since a zone is read once."""
    names = []
    # A day and two hours apart, and in need of no table of zones.
    for zone in ("WEST12", "EAST-14"):
        folder = tmp_path / zone
        _in_another_process(f"asyncio.run(write_one(pathlib.Path({str(folder)!r})))", zone=zone)
        names += [path.name for path in folder.iterdir()]
    assert names[0] != names[1]


async def write_one(folder: Path) -> None:
    """For a process of its own."""
    async with running() as bench:
        hub = await _hub(bench)
        hub.facade.set_packet_log(hub.identifier, _settings(folder, switch=4))
        await hub.send([FRAMES["syn"]])


@pytest.mark.parametrize("change", [{"switch": 6}, {"levels": (1,) * 7}, {"levels": (300,) + (0,) * 7}])
async def test_settings_without_sense_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    async with running() as bench:
        hub = await _hub(bench)
        with pytest.raises((ValueError, TypeError, OverflowError)):
            hub.facade.set_packet_log(hub.identifier, _settings(tmp_path, **change))
