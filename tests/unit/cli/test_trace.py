"""`etherloom trace` against a server in this process: what it shows, what it writes, what it refuses."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from scapy.utils import PcapNgReader

from etherloom.cli.trace import describe
from etherloom.daemon.server import Server
from etherloom.engine.facade import Session
from etherloom.rpc.catalog.trace import TraceLine
from tests.support.engine import frame, until
from tests.support.guest import serving
from tests.unit.cli.support import Shell


def test_a_line_says_when_who_which_way_and_why() -> None:
    line = TraceLine(1_000_000_500_000, "SID-A-1", inward=True, reason="same_port", summary="a frame")
    assert describe(line) == "13:46:40.500000 SID-A-1 in  dropped: same_port  a frame"
    assert "out passed  a frame" in describe(TraceLine(0, "x\x1b", summary="a frame"))


@asynccontextmanager
async def traffic(server: Server, *frames: bytes) -> AsyncIterator[None]:
    """Frames from a port of hub LAB, again and again, until somebody has seen enough of them."""
    port = server.engine.open_memory(server.switches.identifier("LAB"))
    await until(lambda: port.snapshot()["attached"])
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_send(port, frames, enough))
        try:
            yield
        finally:
            enough.set()


async def _send(port: Session, frames: Sequence[bytes], enough: asyncio.Event) -> None:
    while not enough.is_set():
        port.send_frames(frames)
        with suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), 0.01)


async def test_drops_are_shown_while_they_happen(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server:
        await shell.ok("hub", "create", "LAB")
        async with traffic(server, frame(1, 1), frame(2, 1)):
            lines = (await shell.ok("trace", "LAB", "--count", "3", note="3 frames\n")).output.splitlines()
            assert [line.split()[4:6] for line in lines] == [["dropped:", "invalid_source"]] * 3
            command = ("trace", "lab", "--all", "--filter", "dst mac 02:00:00:00:00:02", "--count", "2")
            found = await shell.table(*command)
        assert (found["records"], found["problem"], len(found["lines"])) == (2, "", 2)
        assert {line["reason"] for line in found["lines"]} == {""}
        await shell.ok("trace", "LAB", "--drops", "--seconds", "0.01", note="0 frames\n")


async def test_a_capture_is_a_new_file_that_is_closed_to_others(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server:
        await shell.ok("hub", "create", "LAB")
        path = tmp_path / "lab.pcapng"
        note = f"5 frames to {path}\n"
        async with traffic(server, frame(2, 1)):
            await shell.ok("trace", "LAB", "--write", str(path), "--count", "5", note=note)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        with PcapNgReader(str(path)) as reader:
            assert [bytes(packet) for packet in reader] == [frame(2, 1)] * 5
        assert "exists already" in await shell.refused("trace", "LAB", "--write", str(path))


async def test_what_cannot_be_traced(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path):
        await shell.ok("hub", "create", "LAB")
        assert "no hub" in await shell.refused("trace", "x")
        assert "no session" in await shell.refused("trace", "LAB", "SID-X-1")
        assert "at character 5" in await shell.refused("trace", "LAB", "--filter", "tcp udp")
        assert "--count" in await shell.refused("trace", "LAB", "--json")
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        assert "nobody reads" in await shell.refused("trace", "LAB", "--write", str(pipe))
        assert "No such file" in await shell.refused("trace", "LAB", "--write", str(tmp_path / "a" / "b"))
        await shell.ok("hub", "offline", "LAB")
        assert "off line" in await shell.refused("trace", "LAB")
