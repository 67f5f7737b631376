"""Connections that come and go under load lose nothing between our ends, and keep every flow in order."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from etherloom.engine.commands import HubRules, LinkSettings, SessionRules
from etherloom.engine.facade import Session
from tests.inprocess.client_relay import Relay
from tests.support.engine import Bench, frame, running, until

WAIT = 10.0
FLOWS = 24
# Less than the shortest queue of a link: what is lost is lost by the replacing.
IN_FLIGHT = 500
AT_ONCE = 64
ROTATIONS = 12


@dataclass
class Stream:
    """Numbered frames of many flows from one port to another; the numbers close the loop."""

    source: Session
    target: Session
    sent: Counter[int] = field(default_factory=Counter)
    received: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    over: bool = False
    sending: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self) -> None:
        """Send until it is over, so much at a time as the path holds."""
        self.sending = True
        while not self.over:
            if self.sent.total() - self.received.total() > IN_FLIGHT:
                self.arrived.clear()
                await asyncio.wait_for(self.arrived.wait(), WAIT)
                continue
            self.send_some(AT_ONCE)
            await asyncio.sleep(0)
        # Whoever waits for a frame sees that it is over.
        self.send_some(FLOWS)
        self.sending = False

    def send_some(self, count: int) -> None:
        """Send frames of all flows in turn."""
        batch = []
        for _ in range(count):
            flow = self.sent.total() % FLOWS
            batch.append(_numbered(flow, self.sent[flow]))
            self.sent[flow] += 1
        self.source.send_frames(batch)

    async def receive(self) -> None:
        """Receive until it is over and everything has come."""
        while self.sending or not (self.over and self.received == self.sent):
            await self.take_some()

    async def take_some(self) -> None:
        for one in await asyncio.wait_for(self.target.receive_frames(4_096), WAIT):
            flow, number = one[14], int.from_bytes(one[15:23])
            expected = self.received[flow]
            if one != _numbered(flow, expected):
                self.faults.append(f"flow {flow}: {number} instead of {expected}")
            self.received[flow] = number + 1
        self.arrived.set()

    async def take(self, frames: int) -> None:
        """Receive so many."""
        while self.received.total() < frames:
            await self.take_some()


def _numbered(flow: int, number: int) -> bytes:
    # Flows of frames without IP are told apart by their addresses.
    length = 60 + (number * 97 + flow) % 1_400
    return frame(1 + flow, 101 + flow, bytes([flow]) + number.to_bytes(8) + bytes([number & 255]) * length)


@dataclass
class Pair:
    """Two of our ends with a session between them; each has a port that its frames come out of."""

    bench: Bench
    near: Session
    far: Session
    links: list[tuple[int, int]] = field(default_factory=list)

    async def add(self, *, raw: bool = False, port: int = 0) -> None:
        client = await self.bench.facade.connect("127.0.0.1", port or self.bench.port, "localhost", 5_000)
        server = await asyncio.wait_for(self.bench.accepted.get(), 5)
        link = LinkSettings(raw=raw)
        self.bench.facade.promote(server, self.far, b"welcome", b"", link)
        assert await client.read() == b"welcome"
        self.bench.facade.promote(client, self.near, b"", b"", link)
        self.links.append((client.identifier, server.identifier))

    def close_oldest(self, closer: str) -> None:
        near, far = self.links.pop(0)
        if closer in ("client", "both"):
            self.near.close_link(near)
        if closer in ("server", "both"):
            self.far.close_link(far)

    def count(self) -> tuple[int, int]:
        return len(self.near.snapshot()["links"]), len(self.far.snapshot()["links"])


@asynccontextmanager
async def joined(workers: int = 1) -> AsyncIterator[tuple[Pair, list[Stream]]]:
    """Two ends without a connection yet, and a stream each way."""
    async with running(workers=workers) as bench:
        # Both hubs are wires: all frames pass, and there is nothing to learn.
        hubs = [bench.facade.open_hub(HubRules(wire=True)) for _ in range(2)]
        sessions = [
            bench.facade.open_session(hub, SessionRules(server=index == 1)) for index, hub in enumerate(hubs)
        ]
        ports = [bench.facade.open_memory(hub, queue_frames=2 * IN_FLIGHT) for hub in hubs]
        await until(lambda: all(port.snapshot()["attached"] for port in ports))
        yield Pair(bench, sessions[0], sessions[1]), [Stream(ports[0], ports[1]), Stream(ports[1], ports[0])]


@asynccontextmanager
async def loaded(workers: int) -> AsyncIterator[tuple[Pair, list[Stream]]]:
    """A session under load both ways; at the end everything has arrived."""
    async with joined(workers) as (pair, streams):
        for number in range(1, 4):
            await pair.add()
            await until(lambda number=number: pair.count() == (number, number))  # type: ignore[misc]
        async with asyncio.TaskGroup() as group:
            for stream in streams:
                group.create_task(stream.send())
                group.create_task(stream.receive())
            yield pair, streams
            for stream in streams:
                stream.over = True
        for stream in streams:
            assert stream.faults == []
            assert stream.received == stream.sent


async def passes(streams: list[Stream], frames: int) -> None:
    """Wait until so many more frames have come through each way."""
    goals = [stream.received.total() + frames for stream in streams]
    for stream, goal in zip(streams, goals, strict=True):
        await until(lambda stream=stream, goal=goal: stream.received.total() >= goal, WAIT)  # type: ignore[misc]


@pytest.mark.slow
@pytest.mark.parametrize("closer", ["client", "server", "both"])
@pytest.mark.parametrize("raw", [False, True], ids=["tls", "raw"])
@pytest.mark.parametrize("workers", [1, 2])
async def test_replacing_connections_under_load_loses_nothing(workers: int, raw: bool, closer: str) -> None:
    async with loaded(workers) as (pair, streams):
        for _ in range(ROTATIONS):
            await passes(streams, 2_000)
            await pair.add(raw=raw)
            await until(lambda: pair.count() == (4, 4))
            pair.close_oldest(closer)
            await until(lambda: pair.count() == (3, 3))
        await passes(streams, 2_000)


@asynccontextmanager
async def frozen(pair: Pair, stream: Stream) -> AsyncIterator[Relay]:
    """One of two connections stands still, with frames under way on it; at the end it moves on."""
    async with Relay.open(pair.bench.port) as relay:
        await pair.add(port=relay.port)
        await pair.add()
        await until(lambda: pair.count() == (2, 2))
        stream.send_some(FLOWS)
        await stream.take(FLOWS)
        relay.freeze()
        stream.send_some(FLOWS * 10)
        yield relay
        relay.thaw()
        stream.over = True
        await stream.receive()
        assert stream.faults == []


async def test_flows_wait_for_the_end_of_a_connection_that_is_closed() -> None:
    async with joined() as (pair, (up, _)), frozen(pair, up):
        near, _ = pair.links[0]
        pair.near.close_link(near)
        up.send_some(FLOWS * 10)
        # Half of the flows are on the other connection and go on meanwhile.
        await up.take(FLOWS * 11)
        assert set(up.received.values()) == {1, 21}


async def test_a_new_connection_takes_no_flow_from_a_slow_one() -> None:
    async with joined() as (pair, (up, _)), frozen(pair, up):
        await pair.add()
        await until(lambda: pair.count() == (3, 3))
        up.send_some(FLOWS * 10)
        await up.take(FLOWS * 11)
        assert set(up.received.values()) == {1, 21}


async def test_flows_of_a_broken_connection_go_on_elsewhere() -> None:
    async with joined() as (pair, (up, _)):
        async with Relay.open(pair.bench.port) as relay:
            await pair.add(port=relay.port)
            await pair.add()
            await until(lambda: pair.count() == (2, 2))
            up.send_some(FLOWS)
            await up.take(FLOWS)
            relay.reset()
            await until(lambda: pair.count() == (1, 1))
        up.over = True
        up.send_some(FLOWS * 10)
        await up.receive()
        assert up.faults == []
