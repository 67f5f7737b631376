"""Peers that mean harm: each costs bounded memory and time, and nobody else's session."""

import asyncio
import contextlib
import resource
import ssl
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from etherloom.daemon.desk import Desk
from etherloom.daemon.reception import Patience
from etherloom.daemon.server import Server
from etherloom.handshake.messages import Welcome
from etherloom.model.errors import ErrorCode
from etherloom.model.listener import Listener
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.wire import http
from etherloom.wire.pack import Pack, encode
from tests.support.configuration import hub, put, user
from tests.support.engine import frame, until
from tests.support.guest import DATE, Guest, guest, server_port, serving

BRISK = Patience(progress_ms=300, whole_ms=900)
PACK_HEAD = (
    "POST /vpnsvc/vpn.cgi HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
    "Content-Length: {}\r\n\r\n"
)


async def fill(server: Server) -> None:
    await put(server.owner, hub("LAB"), user("LAB", "alice", "secret"), user("LAB", "bob", "secret"))


async def seconds_until_closed(visitor: Guest) -> float:
    started = time.monotonic()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await asyncio.wait_for(visitor.reader.read(), 10)
    return time.monotonic() - started


async def test_a_silent_peer_is_sent_away(tmp_path: Path) -> None:
    async with serving(tmp_path, BRISK) as server, guest(server) as visitor:
        assert 0.2 < await seconds_until_closed(visitor) < 3


async def test_a_peer_that_is_silent_after_the_hello_is_sent_away(tmp_path: Path) -> None:
    async with serving(tmp_path, BRISK) as server, guest(server) as visitor:
        await visitor.greet()
        assert 0.2 < await seconds_until_closed(visitor) < 3


async def _closed_within(visitor: Guest, seconds: float) -> bool:
    try:
        return await asyncio.wait_for(visitor.reader.read(1), seconds) == b""
    except TimeoutError:
        return False


async def test_a_peer_of_one_byte_at_a_time_runs_out_of_time_too(tmp_path: Path) -> None:
    async with serving(tmp_path, BRISK) as server, guest(server) as visitor:
        started = time.monotonic()

        async def drip() -> None:
            for byte in http.signature_request("h" * 200):
                visitor.writer.write(bytes([byte]))
                await visitor.writer.drain()
                if await _closed_within(visitor, 0.1):
                    return

        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(drip(), 10)
        assert 0.8 < time.monotonic() - started < 4


@pytest.mark.parametrize(
    "request_head",
    [
        b"POST /vpnsvc/connect.cgi HTTP/1.1\r\nContent-Length: 4294967296\r\n\r\n",
        b"POST /vpnsvc/connect.cgi HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /vpnsvc/connect.cgi HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 5_000,
        b"\0" * 100_000,
        b"GET /\r\n\r\n",
    ],
)
async def test_nonsense_before_the_signature_ends_at_once(tmp_path: Path, request_head: bytes) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        visitor.writer.write(request_head)
        assert await seconds_until_closed(visitor) < 3


@pytest.mark.parametrize("announced", [4_294_967_296, 65_537])
async def test_an_announced_giant_is_refused_before_it_comes(tmp_path: Path, announced: int) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await visitor.greet()
        visitor.writer.write(PACK_HEAD.format(announced).encode())
        assert (await visitor.pack()).int("error") == ErrorCode.DISCONNECTED
        assert await visitor.ended()


async def test_half_a_pack_waits_for_its_other_half_only_so_long(tmp_path: Path) -> None:
    async with serving(tmp_path, BRISK) as server, guest(server) as visitor:
        await visitor.greet()
        request = Pack()
        request.add_str("method", "enum_hub")
        data = http.pack_request("h", encode(request), DATE)
        visitor.writer.write(data[:-7])
        assert 0.2 < await seconds_until_closed(visitor) < 3


@pytest.mark.parametrize(
    "body",
    [
        bytes(40),
        b"\xff" * 40,
        b"\0\0\0\2" + (b"\0\0\0\6error" + bytes(4) + b"\0\0\0\1" + bytes(4)) * 2,
        b"\0\3\xff\xff",
        b"\0\0\0\1\0\0\0\6error\0\0\0\0\xff\xff\xff\xff",
        b"\0\0\0\1\0\0\0\6error\0\0\0\1\0\0\0\1\xff\xff\xff\xff",
    ],
)
async def test_a_pack_that_is_none_is_answered_and_sent_away(tmp_path: Path, body: bytes) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await visitor.greet()
        visitor.writer.write(PACK_HEAD.format(len(body)).encode() + body)
        answer = await visitor.pack()
        assert answer.int("error") in (ErrorCode.DISCONNECTED, ErrorCode.PROTOCOL_ERROR)
        assert await visitor.ended()


async def test_garbage_after_the_welcome_costs_only_its_own_session(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        alice, bob, mallory = [await stack.enter_async_context(guest(server)) for _ in range(3)]
        for visitor, name in ((alice, "alice"), (bob, "bob"), (mallory, "alice")):
            assert isinstance(await visitor.log_in("LAB", name, "secret"), Welcome)
        mallory.writer.write(b"\x7f" * 100_000)
        assert await mallory.ended() or True
        villain = server.sessions.get("LAB", "SID-ALICE-3")
        await until(lambda: villain.connections == 0)
        await alice.send_frames(frame(0, 1))
        assert await bob.frames() == [frame(0, 1)]


async def test_a_vanished_peer_costs_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        for say in (b"", b"POST /vpnsvc/conn", http.signature_request("h")):
            visitor = await Guest.arrive(server_port(server))
            visitor.writer.write(say)
            visitor.reset()
        await until(lambda: unestablished(server) == 0)


def unestablished(server: Server) -> int:
    """Connections that have not logged in, as the engine counts them."""
    listeners = server.engine.core
    return listeners.listener_snapshot(1)["unestablished"]


async def test_hundreds_of_idle_peers_take_little_memory(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        before = resident_kib()
        for _ in range(200):
            visitor = await stack.enter_async_context(guest(server))
            visitor.writer.write(PACK_HEAD.format(65_536).encode() + bytes(10_000))
        alice = await stack.enter_async_context(guest(server))
        assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)
        # Both ends are in this process; Python's own TLS takes the greater part.
        assert resident_kib() - before < 200 * 512


def resident_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def test_connections_over_the_cap_are_closed_and_others_come_in_after(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        await put(server.owner, Put(keys.listener_key(41_555), Listener(41_555, True, 4, 100)))
        idle = [await stack.enter_async_context(guest(server, 41_555)) for _ in range(4)]
        assert not await _comes_in(server)
        idle[0].reset()
        async with asyncio.timeout(10):
            while not await _comes_in(server):  # noqa: ASYNC110  # it comes in or it does not
                await asyncio.sleep(0.01)


async def _comes_in(server: Server) -> bool:
    try:
        async with guest(server, 41_555) as visitor:
            return isinstance(await visitor.log_in("LAB", "alice", "secret"), Welcome)
    except (OSError, asyncio.IncompleteReadError):
        return False


async def test_an_error_of_our_own_is_logged_and_costs_one_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        with monkeypatch.context() as patched, capture_logs() as lines:
            patched.setattr(Desk, "_hub_names", lambda self: 1 // 0)
            request = Pack()
            request.add_str("method", "enum_hub")
            for _ in range(30):
                visitor = await stack.enter_async_context(guest(server))
                await visitor.greet()
                visitor.writer.write(http.pack_request("h", encode(request), DATE))
                assert await visitor.ended()
        traces = [line for line in lines if line["event"].startswith("connection failed")]
        assert 1 <= len(traces) <= 25
        alice = await stack.enter_async_context(guest(server))
        assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)


async def test_a_failed_log_in_is_one_line_of_one_shape(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await fill(server)
        with capture_logs() as lines:
            await visitor.log_in("LAB", "alice", "wrong")
        (line,) = [line for line in lines if line["event"] == "log-in refused"]
        assert line["log_level"] == "warning"
        assert (line["peer"], line["hub"], line["user"]) == ("127.0.0.1", "LAB", "alice")
        assert (line["code"], line["reason"]) == (9, "wrong password")
        assert all("secret" not in str(value) and value != "wrong" for value in line.values())
