"""Programs at a hub: in the server's process and beside it, well-behaved, slow, and sending rubbish."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from etherloom import hub as own_program
from etherloom.daemon.server import Server
from etherloom.handshake.messages import Welcome
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.program import LONGEST_FRAME, PORTS_SOCKET, PortClosed
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import session
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.client import ClientError
from etherloom.rpc.ports import MAXIMUM_PORTS
from etherloom.state import keys
from etherloom.state.changes import DeletePrefix
from tests.support.asynchronous import until
from tests.support.configuration import TEST, hub, put, user
from tests.support.engine import frame
from tests.support.guest import WAIT, Guest, guest, serving

WAYS = pytest.mark.parametrize("way", ["in its process", "beside it"])


@asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[Server]:
    async with serving(folder) as server:
        await put(server.owner, hub("LAB"), user("LAB", "guest"))
        yield server


def attach(
    server: Server, way: str, name: str, queue_frames: int = 1_024, where: str = "LAB", **more: Any
) -> Any:
    if way == "beside it":
        more["state"] = server.directory.path
        return own_program.attach(where, name=name, queue_frames=queue_frames, **more)
    return server.house.programs.attach(where, name=name, queue_frames=queue_frames, **more)


async def receive(port: Any) -> list[bytes]:
    found: list[bytes] = await asyncio.wait_for(port.receive(), WAIT)
    return found


async def rows(server: Server) -> list[session.SessionRow]:
    table = await server.dispatcher.call(Caller.local(), session.ENUM_SESSION, HubName("LAB"))
    return list(table.rows)


@WAYS
async def test_frames_go_both_ways_between_programs_and_sessions(tmp_path: Path, way: str) -> None:
    async with furnished(tmp_path) as server, guest(server) as visitor:
        assert isinstance(await visitor.log_in("LAB", "guest"), Welcome)
        async with attach(server, way, "one") as one, attach(server, way, "two") as two:
            assert await one.send(frame(0, 1)) == 1
            assert await receive(two) == [frame(0, 1)]
            assert await visitor.frames() == [frame(0, 1)]
            await visitor.send_frames(frame(1, 2, b"to one" + bytes(40)))
            assert await receive(one) == [frame(1, 2, b"to one" + bytes(40))]
            await two.send(frame(1, 3), frame(1, 3, bytes(LONGEST_FRAME - 14)))
            iterated = [await asyncio.wait_for(anext(one), WAIT) for _ in range(2)]
            assert iterated == [frame(1, 3), frame(1, 3, bytes(LONGEST_FRAME - 14))]


@WAYS
async def test_a_program_is_a_session_of_its_own_kind(tmp_path: Path, way: str) -> None:
    async with furnished(tmp_path) as server:
        async with attach(server, way, "sniffer") as port:
            (row,) = await rows(server)
            assert (row.name, row.user, row.host, row.bridge) == (port.name, "Program", "sniffer", False)
            assert (port.name, port.hub) == ("SID-PROGRAM-1", "LAB")
            (running,) = server.sessions.list("LAB")
            assert running.kind == "program"
        await until(lambda: server.sessions.count("LAB") == 0, "the port is off the list")


@WAYS
async def test_a_monitor_sees_everything_and_says_nothing(tmp_path: Path, way: str) -> None:
    async with (
        furnished(tmp_path) as server,
        server.house.programs.attach("LAB") as one,
        server.house.programs.attach("LAB") as two,
        attach(server, way, "monitor", monitor=True) as monitor,
        server.house.programs.attach("LAB") as bystander,
    ):
        await one.send(frame(0, 1))
        assert await receive(two) == await receive(monitor) == await receive(bystander) == [frame(0, 1)]
        await two.send(frame(1, 2))
        assert await receive(one) == await receive(monitor) == [frame(1, 2)]
        await monitor.send(frame(0, 3))
        (session,) = (s for s in server.sessions.list("LAB") if s.name == monitor.name)
        assert session.policy.monitor_port
        if way == "in its process":
            assert monitor.dropped() == 1
        await one.send(frame(2, 1), frame(0, 1))
        assert await receive(bystander) == [frame(0, 1)]


@WAYS
async def test_rubbish_is_dropped_and_counted(tmp_path: Path, way: str) -> None:
    async with (
        furnished(tmp_path) as server,
        attach(server, way, "bad") as bad,
        attach(server, way, "good") as good,
    ):
        rubbish = [b"", b"x", bytes(13), bytes(LONGEST_FRAME + 1), bytes(100_000)]
        assert await bad.send(*rubbish, frame(0, 1)) == 1
        assert await receive(good) == [frame(0, 1)]
        assert await asyncio.to_thread(bad.dropped) == len(rubbish)


async def test_rubbish_past_the_library_is_dropped_by_the_server(tmp_path: Path) -> None:
    """A program need not use ours."""
    async with furnished(tmp_path) as server, server.house.programs.attach("LAB") as good:
        with raw_port(server) as raw:
            for packet in (b"x", bytes(13), bytes(LONGEST_FRAME + 1), bytes(100_000), frame(0, 1)):
                await asyncio.to_thread(raw.send, packet)
            assert await receive(good) == [frame(0, 1)]
            # An empty packet is the end.
            with capture_logs() as lines:
                raw.send(b"")
                await until(lambda: server.sessions.count("LAB") == 1, "the raw port is closed")
        (line,) = (line for line in lines if line["event"] == "program left")
        assert line["dropped"] == 4


def raw_port(server: Server, wish: bytes = b'{"hub": "lab"}') -> socket.socket:
    raw = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    raw.settimeout(WAIT)
    raw.connect(server.directory.address(PORTS_SOCKET))
    raw.send(wish)
    return raw


@WAYS
async def test_a_slow_program_loses_frames_which_are_counted_and_holds_up_nobody(
    tmp_path: Path, way: str
) -> None:
    async with furnished(tmp_path) as server, AsyncExitStack() as stack:
        slow = await stack.enter_async_context(attach(server, way, "slow", queue_frames=8))
        quick = await stack.enter_async_context(server.house.programs.attach("LAB"))
        source = await stack.enter_async_context(server.house.programs.attach("LAB"))
        sent = 0
        while await asyncio.to_thread(slow.dropped) == 0:
            await source.send(*[frame(0, 1, bytes(1_400))] * 32)
            sent += 32
            left = 32
            while left:
                left -= len(await receive(quick))
            assert sent < 100_000
        # What did fit is still there, and it goes on.
        assert await receive(slow)


@WAYS
async def test_the_port_ends_when_the_hub_goes(tmp_path: Path, way: str) -> None:
    async with furnished(tmp_path) as server, attach(server, way, "left behind") as port:
        reading = asyncio.get_running_loop().create_task(port.receive())
        await server.owner.apply(lambda _: [DeletePrefix(keys.hub_key("LAB"))], TEST)
        with pytest.raises(PortClosed):
            await asyncio.wait_for(reading, WAIT)
        with pytest.raises(PortClosed):
            await port.send(frame(0, 1))
        assert port.closed
        with pytest.raises(StopAsyncIteration):
            await anext(port)


@WAYS
async def test_an_administrator_may_disconnect_it(tmp_path: Path, way: str) -> None:
    async with furnished(tmp_path) as server, attach(server, way, "unwanted") as port:
        who = session.SessionName("LAB", port.name)
        await server.dispatcher.call(Caller.local(), session.DELETE_SESSION, who)
        with pytest.raises(PortClosed):
            await receive(port)


@WAYS
async def test_what_can_not_be_is_refused(tmp_path: Path, way: str) -> None:
    async with furnished(tmp_path) as server:
        await put(server.owner, hub("OFF", online=False))
        for name, queue_frames, where, code in (
            ("p", 10, "NOWHERE", ErrorCode.HUB_NOT_FOUND),
            ("p", 10, "OFF", ErrorCode.HUB_STOPPING),
            ("", 10, "LAB", ErrorCode.INVALID_PARAMETER),
            ("a\nb", 10, "LAB", ErrorCode.INVALID_PARAMETER),
            ("x" * 64, 10, "LAB", ErrorCode.INVALID_PARAMETER),
            ("p", 0, "LAB", ErrorCode.INVALID_PARAMETER),
            ("p", 65_537, "LAB", ErrorCode.INVALID_PARAMETER),
        ):
            with pytest.raises(Refusal) as refused:
                async with attach(server, way, name, queue_frames, where):
                    pass
            assert refused.value.code is code, (name, queue_frames, where)
        assert server.sessions.count() == 0


@pytest.mark.parametrize(
    "wish",
    [
        b"x",
        b"[]",
        b"{}",
        b'{"hub": 1}',
        b'{"hub": "LAB", "name": 1}',
        b'{"hub": "a", "queue_frames": ""}',
        b'{"hub":"LAB","monitor":1}',
    ],
)
async def test_a_first_packet_that_is_no_wish_is_answered(tmp_path: Path, wish: bytes) -> None:
    async with furnished(tmp_path) as server:
        with raw_port(server, wish) as raw:
            answer = json.loads(await asyncio.to_thread(raw.recv, 65_536))
            assert answer["error"]["code"] == ErrorCode.INVALID_PARAMETER
            assert await asyncio.to_thread(raw.recv, 1) == b""


async def test_the_number_of_programs_is_bounded(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server:
        raws = [raw_port(server) for _ in range(MAXIMUM_PORTS)]
        await until(lambda: server.sessions.count("LAB") == MAXIMUM_PORTS, "all are attached")
        with raw_port(server) as late:
            answer = json.loads(await asyncio.to_thread(late.recv, 65_536))
            assert answer["error"]["code"] == ErrorCode.TOO_MANY_CONNECTION
        for raw in raws:
            raw.close()
        await until(lambda: server.sessions.count("LAB") == 0, "all have left")


async def test_programs_that_vanish_at_once_leave_nothing(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server:
        for _ in range(20):
            raw_port(server).close()
            raw = raw_port(server)
            raw.send(frame(0, 1))
            raw.close()
        # They are served in the order of their coming.
        async with attach(server, "beside it", "last") as last:
            await until(lambda: server.sessions.count("LAB") == 1, "only the last one is there")
            assert server.sessions.list("LAB")[0].name == last.name


async def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="no server is running"):
        async with own_program.attach("LAB", state=tmp_path):
            pass


async def test_a_server_stops_with_programs_attached(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        async with furnished(tmp_path) as server:
            port = await stack.enter_async_context(attach(server, "beside it", "patient"))
            visitor = await stack.enter_async_context(guest(server))
            assert isinstance(visitor, Guest)
        with pytest.raises(PortClosed):
            await receive(port)
