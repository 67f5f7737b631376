"""Traces on the real engine: what they show, what the files hold, and that frames never wait for them."""

import asyncio
import contextlib
import fcntl
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from scapy.utils import PcapNgReader, RawPcapNgReader

from etherloom.engine.commands import HubRules
from etherloom.engine.facade import Session
from etherloom.engine.snapshots import TraceArguments, TraceLine, TraceSnapshot
from tests.support.engine import Bench, frame, running, until

WAIT = 5.0
_FLOOD_FRAMES = 12_000
_PIPE_BYTES = 4_096
# All that the queue holds would take minutes.
_PIPE_BYTES_A_SECOND = 400_000


def about(hub: int, **changes: object) -> TraceArguments:
    settings: TraceArguments = {
        "hub": hub,
        "session": None,
        "drops": False,
        "filter": "",
        "snap": 0,
        "count": 0,
        "about": "a test",
        "descriptor": None,
    }
    return {**settings, **changes}  # type: ignore[typeddict-item]


class Hub:
    """A hub with two named ports."""

    def __init__(self, bench: Bench) -> None:
        self.core = bench.facade.core
        self.number = bench.facade.open_hub(HubRules())
        self.one: Session = bench.facade.open_memory(self.number)
        self.other: Session = bench.facade.open_memory(self.number)

    async def send(self, *frames: bytes) -> list[bytes]:
        """From one port to the other; returns what arrived."""
        self.one.send_frames(frames)
        arrived: list[bytes] = []
        while len(arrived) < len(frames):
            arrived += await asyncio.wait_for(self.other.receive_frames(), WAIT)
        return arrived

    async def flood(self) -> int:
        """More than a trace's queue holds; returns how many frames."""
        batch = [frame(2, 1, bytes(1_000))] * 500
        for _ in range(_FLOOD_FRAMES // len(batch)):
            assert await self.send(*batch) == batch
        return _FLOOD_FRAMES

    async def lines(self, trace: int, count: int) -> list[TraceLine]:
        found: list[TraceLine] = []

        def enough() -> bool:
            found.extend(self.core.take_trace_lines(trace, 100))
            return len(found) >= count

        await until(enough)
        return found

    async def close(self, trace: int) -> TraceSnapshot:
        snapshot, _ = await asyncio.wait_for(asyncio.to_thread(self.core.close_trace, trace), WAIT)
        return snapshot


@asynccontextmanager
async def a_hub(workers: int = 1) -> AsyncIterator[Hub]:
    async with running(workers=workers) as bench:
        hub = Hub(bench)
        for name, port in (("ONE", hub.one), ("OTHER", hub.other)):
            await plugged_in(port)
            hub.core.label_session(port.identifier, name)
        yield hub


async def plugged_in(port: Session) -> None:
    await until(lambda: port.snapshot()["attached"])


def thread_names() -> set[str]:
    """Of all threads of this process; those that end meanwhile may be missing."""
    names = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            names.add((task / "comm").read_text().strip())
    return names


def open_file(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o600)


def read_packets(path: Path) -> list[tuple[bytes, str, str, str]]:
    """Bytes, interface, direction and comment of each packet."""
    with PcapNgReader(str(path)) as reader:
        found = []
        for packet in reader:
            comment = (packet.comments or [b""])[0]
            name = (packet.sniffed_on or "").removeprefix("b'").rstrip("'")
            direction = {1: "in", 2: "out"}[packet.direction]
            found.append((bytes(packet), name, direction, comment.decode()))
    return found


async def test_dropped_frames_are_shown_with_the_reason() -> None:
    async with a_hub() as hub:
        trace = hub.core.open_trace(about(hub.number, drops=True))
        hub.one.send_frames([frame(2, 1), frame(1, 1), b"short"])
        await asyncio.wait_for(hub.other.receive_frames(), WAIT)
        found = await hub.lines(trace, 2)
        assert [line["reason"] for line in found] == ["invalid_source", "too_short"]
        assert {(line["session"], line["port"]) for line in found} == {(hub.one.identifier, "ONE")}
        assert all(line["inward"] for line in found)
        assert "02:00:00:00:00:01 > 02:00:00:00:00:01" in found[0]["summary"]
        assert found[1]["summary"] == "5 bytes, no Ethernet header"
        assert await hub.close(trace) == {"records": 2, "lost": 0, "finished": True, "error": None}
        with pytest.raises(KeyError):
            hub.core.trace_snapshot(trace)


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_file_holds_every_frame_of_every_port(tmp_path: Path, workers: int) -> None:
    async with a_hub(workers) as hub:
        path = tmp_path / "all.pcapng"
        descriptor = open_file(path)
        trace = hub.core.open_trace(about(hub.number, descriptor=descriptor))
        os.close(descriptor)
        frames = [frame(2, 1, os.urandom(50 + number)) for number in range(40)]
        assert await hub.send(*frames, frame(9, 1)) == [*frames, frame(9, 1)]
        hub.one.send_frames([frame(1, 1)])
        await until(lambda: sum(hub.one.snapshot()["drops"].values()) == 1)
        snapshot = await hub.close(trace)
    packets = read_packets(path)
    assert snapshot == {"records": len(packets), "lost": 0, "finished": True, "error": None}
    assert [p[0] for p in packets if p[1:] == ("ONE", "in", "")] == [*frames, frame(9, 1)]
    assert [p[0] for p in packets if p[1:] == ("OTHER", "out", "")] == [*frames, frame(9, 1)]
    assert [p[0] for p in packets if p[3]] == [frame(1, 1)]
    assert packets[-1][1:] == ("ONE", "in", "dropped: invalid_source")


async def test_session_filter_count_and_length_narrow_it(tmp_path: Path) -> None:
    async with a_hub() as hub:
        path = tmp_path / "few.pcapng"
        descriptor = open_file(path)
        settings = about(
            hub.number,
            session=hub.other.identifier,
            filter="dst mac 02:00:00:00:00:02",
            snap=20,
            count=2,
            descriptor=descriptor,
        )
        trace = hub.core.open_trace(settings)
        os.close(descriptor)
        await hub.send(frame(9, 1), *[frame(2, 1, bytes([number]) * 60) for number in range(5)])
        await until(lambda: hub.core.trace_snapshot(trace)["finished"])
        assert (await hub.close(trace))["records"] == 2
    with RawPcapNgReader(str(path)) as reader:
        packets = list(reader)
    whole = [frame(2, 1, bytes([number]) * 60) for number in range(2)]
    assert [bytes(data) for data, _ in packets] == [one[:20] for one in whole]
    assert [facts.wirelen for _, facts in packets] == [len(one) for one in whole]


async def test_a_trace_sees_its_own_hub_only() -> None:
    async with running() as bench:
        ours, theirs = Hub(bench), Hub(bench)
        for port in (ours.one, ours.other, theirs.one, theirs.other):
            await plugged_in(port)
        trace = ours.core.open_trace(about(ours.number))
        await theirs.send(frame(2, 1))
        await ours.send(frame(2, 3))
        found = await ours.lines(trace, 2)
        assert {line["session"] for line in found} == {ours.one.identifier, ours.other.identifier}


async def test_a_full_disk_ends_the_trace_and_nothing_else() -> None:
    async with a_hub() as hub:
        descriptor = os.open("/dev/full", os.O_WRONLY | os.O_NONBLOCK)
        trace = hub.core.open_trace(about(hub.number, descriptor=descriptor))
        os.close(descriptor)
        await until(lambda: hub.core.trace_snapshot(trace)["finished"])
        assert await hub.send(frame(2, 1)) == [frame(2, 1)]
        snapshot = await hub.close(trace)
        assert "No space left" in (snapshot["error"] or "")


async def test_a_closed_pipe_ends_the_trace_and_nothing_else() -> None:
    async with a_hub() as hub:
        reader, writer = os.pipe2(os.O_NONBLOCK)
        trace = hub.core.open_trace(about(hub.number, descriptor=writer))
        os.close(writer)
        os.close(reader)
        assert await hub.send(frame(2, 1)) == [frame(2, 1)]
        await until(lambda: hub.core.trace_snapshot(trace)["finished"])
        assert "pipe" in ((await hub.close(trace))["error"] or "").lower()


async def test_a_reader_that_stops_costs_records_and_no_frames() -> None:
    async with a_hub() as hub:
        reader, writer = os.pipe2(os.O_NONBLOCK)
        trace = hub.core.open_trace(about(hub.number, descriptor=writer))
        os.close(writer)
        sent = await hub.flood()
        snapshot = await hub.close(trace)
        assert snapshot["error"] == "its reader was too slow"
        # All that was seen at both ports is accounted for.
        assert snapshot["lost"] > 0
        assert snapshot["records"] + snapshot["lost"] == 2 * sent
        assert sum(hub.other.snapshot()["drops"].values()) == 0
        os.close(reader)


async def test_a_slow_reader_does_not_hold_up_the_end() -> None:
    async with a_hub() as hub:
        reader, writer = os.pipe2(os.O_NONBLOCK)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        trace = hub.core.open_trace(about(hub.number, descriptor=writer))
        os.close(writer)
        over = threading.Event()

        def read_slowly() -> None:
            while not over.wait(_PIPE_BYTES / _PIPE_BYTES_A_SECOND):
                with contextlib.suppress(BlockingIOError):
                    os.read(reader, _PIPE_BYTES)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.to_thread(read_slowly))
            try:
                sent = await hub.flood()
                snapshot = await hub.close(trace)
            finally:
                over.set()
        assert snapshot["error"] == "its reader was too slow"
        assert snapshot["records"] + snapshot["lost"] == 2 * sent
        os.close(reader)


async def test_a_trace_ends_with_its_session() -> None:
    async with a_hub() as hub:
        trace = hub.core.open_trace(about(hub.number, session=hub.one.identifier))
        whole = hub.core.open_trace(about(hub.number))
        await hub.send(frame(2, 1))
        hub.one.close()
        await until(lambda: hub.core.trace_snapshot(trace)["finished"])
        found = hub.core.take_trace_lines(trace, 100)
        assert [line["session"] for line in found] == [hub.one.identifier]
        assert (await hub.close(trace))["error"] == "the session has ended"
        assert not hub.core.trace_snapshot(whole)["finished"]


async def test_a_trace_ends_with_its_hub(tmp_path: Path) -> None:
    path = tmp_path / "hub.pcapng"
    async with a_hub() as hub:
        descriptor = open_file(path)
        trace = hub.core.open_trace(about(hub.number, descriptor=descriptor))
        os.close(descriptor)
        await hub.send(frame(2, 1))
        hub.core.close_hub(hub.number)
        await until(lambda: hub.core.trace_snapshot(trace)["finished"])
        assert (await hub.close(trace))["error"] == "the hub went off line"
    assert [packet[0] for packet in read_packets(path)] == [frame(2, 1)] * 2


async def test_the_engine_ends_its_traces(tmp_path: Path) -> None:
    path = tmp_path / "end.pcapng"
    async with a_hub() as hub:
        descriptor = open_file(path)
        hub.core.open_trace(about(hub.number, descriptor=descriptor))
        os.close(descriptor)
        await hub.send(frame(2, 1))
    assert [packet[0] for packet in read_packets(path)] == [frame(2, 1)] * 2
    assert "el-trace" not in thread_names()


async def test_senseless_arguments_are_refused() -> None:
    async with a_hub() as hub:
        with pytest.raises(ValueError, match="at character 5 of the filter"):
            hub.core.open_trace(about(hub.number, filter="tcp udp"))
        with pytest.raises(KeyError):
            hub.core.open_trace(about(hub.number + 1_000))
        with pytest.raises(OSError, match=r"[Bb]ad file"):
            hub.core.open_trace(about(hub.number, descriptor=9_999))
