"""Connections before they carry frames: pulls, deadlines, caps, splices, hostile peers."""

import asyncio
import socket

import pytest

from etherloom.engine.commands import ListenerLimits
from etherloom.engine.facade import ConnectionLost
from tests.support.engine import running, until


async def test_both_ends_know_the_facts() -> None:
    async with running() as bench:
        client, server = await bench.pair()
        assert client.facts.tls_version == server.facts.tls_version == "TLSv1.3"
        assert client.facts.cipher == server.facts.cipher
        assert client.facts.local == server.facts.peer
        assert server.facts.server_name == "localhost"
        assert server.facts.listener == bench.listener
        assert len(client.facts.peer_chain) == 1


async def test_a_pull_brings_no_more_than_was_asked_for() -> None:
    async with running() as bench:
        client, server = await bench.pair()
        client.send(b"abcdef")
        assert await server.read(4) == b"abcd"
        assert await server.read(4) == b"ef"


async def test_an_end_is_seen_behind_the_last_bytes() -> None:
    async with running() as bench:
        client, server = await bench.pair()
        client.send(b"last words")
        client.close()
        assert await server.read() == b"last words"
        assert await server.read() == b""


async def test_large_answers_arrive_whole() -> None:
    async with running() as bench:
        client, server = await bench.pair()
        server.set_deadline(0)
        blob = bytes(range(256)) * 20_000
        server.send(blob)
        received = bytearray()
        while len(received) < len(blob):
            received += await asyncio.wait_for(client.read(), 5)
        assert received == blob


async def test_a_deadline_closes_the_connection() -> None:
    async with running() as bench:
        client, server = await bench.pair()
        server.set_deadline(50)
        with pytest.raises(ConnectionLost, match="time"):
            await asyncio.wait_for(server.read(), 5)
        assert await asyncio.wait_for(client.read(), 5) == b""


async def test_a_reset_is_seen_while_nobody_pulls() -> None:
    async with running() as bench:
        visitor, server = await bench.visitor()
        visitor.reset()
        await until(lambda: bench.facade.core.take(server.identifier)[1] is not None)
        with pytest.raises(ConnectionLost):
            await server.read()


async def test_silence_before_tls_is_ended() -> None:
    async with running(limits=ListenerLimits(deadline_ms=100)) as bench:
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        snapshot = bench.facade.core.listener_snapshot
        await until(lambda: snapshot(bench.listener)["failed_handshakes"] == 1)
        await until(lambda: snapshot(bench.listener)["unestablished"] == 0)


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 40, b"\0" * 64]
)
async def test_what_is_not_tls_costs_only_itself(garbage: bytes) -> None:
    async with running() as bench:
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
        writer.write(garbage)
        # An alert and the end.
        await asyncio.wait_for(reader.read(), 5)
        writer.close()
        client, server = await bench.pair()
        client.send(b"still here")
        assert await server.read() == b"still here"


async def test_caps_hold_until_the_login_is_done() -> None:
    async with running(limits=ListenerLimits(unestablished_per_source=2)) as bench:
        _, first = await bench.pair()
        await bench.pair()
        with pytest.raises(ConnectionLost):
            await bench.facade.connect("127.0.0.1", bench.port, "localhost", 5_000)
        first.set_deadline(0)
        snapshot = bench.facade.core.listener_snapshot
        await until(lambda: snapshot(bench.listener)["unestablished"] == 1)
        await bench.pair()
        assert snapshot(bench.listener)["refused_per_source"] == 1


async def test_connecting_to_nobody_fails_with_a_reason() -> None:
    async with running() as bench:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        with pytest.raises(ConnectionLost, match="refused"):
            await bench.facade.connect("127.0.0.1", port, "localhost", 5_000)


async def test_a_port_in_use_is_an_error_with_its_number() -> None:
    async with running() as bench:
        with pytest.raises(OSError) as refused:
            bench.facade.open_listener("127.0.0.1", bench.port, ListenerLimits(), lambda _: None)
        assert refused.value.errno is not None


async def test_a_splice_replays_the_request_and_carries_the_rest() -> None:
    async with running() as bench:
        client, server = await bench.pair()
        client.send(b"GET /status HTTP/1.1\r\n")
        request = await server.read()
        descriptor = server.splice(request)
        reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
        client.send(b"\r\n")
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5) == b"GET /status HTTP/1.1\r\n\r\n"
        body = b"z" * 300_000
        writer.write(body)
        writer.close()
        received = bytearray()
        while chunk := await asyncio.wait_for(client.read(), 5):
            received += chunk
        assert received == body
