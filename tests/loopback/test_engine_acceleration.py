"""UDP acceleration on the real engine, through a relay that loses, repeats, forges and moves datagrams.

The sessions have no TCP connection: a frame that arrives has come by UDP.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest

from etherloom.engine.commands import AccelerationRules, HubRules, SessionRules
from etherloom.engine.facade import Session
from etherloom.engine.snapshots import AccelerationSnapshot
from tests.support.asynchronous import settle
from tests.support.engine import Bench, frame, running, until

WAIT = 5.0
HOST = "127.0.0.1"


class Wire(asyncio.DatagramProtocol):
    """One socket of the relay, which one end takes for the other."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.home = ("", 0)
        self.other: Wire | None = None
        self.cut = False
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.home = addr
        self.seen.append(data)
        if self.other is not None and not self.cut:
            self.other.send(data)

    def send(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.sendto(data, self.home)

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])


class Ends:
    """Two hubs, a station on each, and a session between them by way of the relay."""

    def __init__(self, left: Session, right: Session) -> None:
        self.stations = (left, right)
        self.wires: list[Wire] = []
        self.sessions: list[Session] = []

    async def wire(self) -> Wire:
        """One more socket of the relay."""
        _, made = await asyncio.get_running_loop().create_datagram_endpoint(Wire, local_addr=(HOST, 0))
        self.wires.append(made)
        return made

    async def unwire(self) -> None:
        for relay in self.wires:
            assert relay.transport is not None
            relay.transport.close()
        await settle()

    def facts(self, end: int) -> AccelerationSnapshot:
        found = self.sessions[end].snapshot()["acceleration"]
        assert found is not None
        return found

    async def active(self, seconds: float = WAIT) -> None:
        await until(lambda: self.facts(0)["active"] and self.facts(1)["active"], seconds)

    async def check(self, *frames: bytes) -> None:
        """Frames from left to right arrive as they were sent, each once."""
        left, right = self.stations
        left.send_frames(frames)
        found: list[bytes] = []
        async with asyncio.timeout(WAIT):
            while len(found) < len(frames):
                found += await right.receive_frames()
        assert found == list(frames)


def rules(version: int = 2, **changes: object) -> tuple[AccelerationRules, AccelerationRules]:
    size = 20 if version == 1 else 128
    one, other = secrets.token_bytes(size), secrets.token_bytes(size)
    first = AccelerationRules(((HOST, 1),), version, one, other, own_cookie=7, peer_cookie=9, own=True)
    first = replace(first, **changes)  # type: ignore[arg-type]
    return first, replace(first, send_key=other, receive_key=one, own_cookie=9, peer_cookie=7)


@asynccontextmanager
async def joined(
    bench: Bench, both: tuple[AccelerationRules, AccelerationRules], **session_rules: object
) -> AsyncIterator[Ends]:
    facade = bench.facade
    hubs = [facade.open_hub(HubRules()) for _ in both]
    stations = [facade.open_memory(hub) for hub in hubs]
    ends = Ends(stations[0], stations[1])
    wires = await ends.wire(), await ends.wire()
    wires[0].other, wires[1].other = wires[1], wires[0]
    for hub, agreed, relay in zip(hubs, both, wires, strict=True):
        server = SessionRules(server=True, **session_rules)  # type: ignore[arg-type]
        session = facade.open_session(hub, server)
        datagrams = facade.open_datagrams(HOST)
        relay.home = (HOST, datagrams.port)
        facade.accelerate(session, datagrams, replace(agreed, peers=((HOST, relay.port),)))
        ends.sessions.append(session)
    try:
        yield ends
    finally:
        await ends.unwire()


@pytest.mark.parametrize(
    "both",
    [
        pytest.param(rules(), id="v2"),
        pytest.param(rules(1), id="v1"),
        pytest.param(rules(encrypt=False), id="plain"),
        pytest.param(rules(compress=True), id="v2-zip"),
    ],
)
async def test_frames_arrive_as_they_were_sent(both: tuple[AccelerationRules, AccelerationRules]) -> None:
    async with running() as bench, joined(bench, both) as ends:
        await ends.active()
        sizes = (46, 1_000, 1_000, 1_000, 900, 46, 1_500, 1_500, 300)
        await ends.check(*(frame(0, 1, secrets.token_bytes(size)) for size in sizes))
        await ends.check(*(frame(0, 1, bytes(size)) for size in sizes))
        assert ends.facts(1)["forged"] == 0


async def test_what_goes_by_datagrams_is_counted_like_everything_else() -> None:
    async with running() as bench, joined(bench, rules()) as ends:
        await ends.active()
        frames = [frame(0, 1, secrets.token_bytes(1_000)) for _ in range(20)]
        await ends.check(*frames)
        sent, received = (session.snapshot() for session in ends.sessions)
        assert sent["sent_batch"][0] == received["received_batch"][0] == len(frames)
        assert sum(count for _, count in sent["queue_delay_us"][1]) > 0
        assert sent["wire_bytes_sent"] > sum(map(len, frames))
        assert sent["writes"] > 0
        assert received["reads"] > 0


async def test_a_stock_path_is_tried_for_ten_seconds() -> None:
    async with running() as bench, joined(bench, rules(own=False)) as ends:
        await until(lambda: ends.facts(0)["reached"])
        began = asyncio.get_running_loop().time()
        await ends.active(20)
        assert asyncio.get_running_loop().time() - began > 9
        await ends.check(frame(0, 1))


async def test_repeated_datagrams_do_nothing_between_our_own_ends() -> None:
    async with running() as bench, joined(bench, rules()) as ends:
        await ends.active()
        marker = secrets.token_bytes(100)
        await ends.check(frame(0, 1, marker))
        recorded = list(ends.wires[0].seen)
        assert len(recorded) >= 2
        for datagram in recorded:
            ends.wires[1].send(datagram)
        await until(lambda: ends.facts(1)["replayed"] == len(recorded))
        # The next frame is the next that comes: no repetition was in front of it.
        await ends.check(frame(0, 1, b"next" * 20))


async def test_forged_datagrams_do_nothing() -> None:
    async with running() as bench, joined(bench, rules()) as ends:
        await ends.active()
        await ends.check(frame(0, 1))
        model = ends.wires[0].seen[-1]
        stranger = await ends.wire()
        stranger.home = ends.wires[1].home
        forged = [
            b"",
            b"x",
            bytes(51),
            model[:-1],
            model[:-1] + bytes([model[-1] ^ 1]),
            secrets.token_bytes(1_400),
        ]
        for datagram in forged * 20:
            stranger.send(datagram)
        # An empty one is not even looked at.
        await until(lambda: ends.facts(1)["forged"] >= 20 * (len(forged) - 1))
        assert ends.facts(1)["peer"] == (HOST, ends.wires[1].port), "a stranger does not become the peer"
        await ends.check(frame(0, 1, b"still here" * 10))
        assert stranger.seen == [], "a stranger gets no answer"


async def test_a_peer_that_moves_is_followed() -> None:
    async with running() as bench, joined(bench, rules()) as ends:
        await ends.active()
        old, moved = ends.wires[1], await ends.wire()
        moved.home, moved.other = old.home, ends.wires[0]
        ends.wires[0].other = moved
        await until(lambda: ends.facts(1)["peer"] == (HOST, moved.port))
        before = len(old.seen)
        right = ends.stations[1]
        right.send_frames([frame(0, 2, b"to the new place" * 8)])
        assert await asyncio.wait_for(ends.stations[0].receive_frames(), WAIT)
        assert len(old.seen) == before


async def test_silence_is_noticed_and_forgiven() -> None:
    async with running() as bench, joined(bench, rules()) as ends:
        await ends.active()
        for relay in ends.wires:
            relay.cut = True
        await until(lambda: not ends.facts(0)["active"] and not ends.facts(1)["active"])
        assert ends.facts(0)["fallbacks"] == 1
        for relay in ends.wires:
            relay.cut = False
        await ends.active()
        await ends.check(frame(0, 1))


async def test_one_way_is_no_way() -> None:
    async with running() as bench, joined(bench, rules()) as ends:
        ends.wires[0].cut = True
        await until(lambda: len(ends.wires[0].seen) > 3 and len(ends.wires[1].seen) > 3)
        assert not ends.facts(0)["active"]
        assert not ends.facts(1)["active"]


async def test_a_session_that_ends_takes_its_socket_with_it() -> None:
    async with running() as bench, joined(bench, rules()) as ends:
        await ends.active()
        session = ends.sessions[0]
        session.close()
        await asyncio.wait_for(session.ended, WAIT)
        facts = session.snapshot()["acceleration"]
        assert facts is not None
        assert not facts["active"]
        await until(lambda: not ends.facts(1)["active"])


async def test_commands_that_make_no_sense_are_refused() -> None:
    async with running() as bench:
        facade = bench.facade
        session = facade.open_session(facade.open_hub(HubRules()), SessionRules(server=True))
        agreed = rules()[0]
        with pytest.raises(OSError, match="assign"):
            facade.open_datagrams("192.0.2.1")
        with pytest.raises(ValueError, match="family"):
            facade.accelerate(session, facade.open_datagrams(HOST), replace(agreed, peers=(("::1", 1),)))
        with pytest.raises(ValueError, match="keys"):
            facade.accelerate(session, facade.open_datagrams(HOST), replace(agreed, send_key=b"short"))
        datagrams = facade.open_datagrams(HOST)
        facade.accelerate(session, datagrams, agreed)
        with pytest.raises(KeyError):
            facade.accelerate(session, datagrams, agreed)
        with pytest.raises(ValueError, match="has a socket"):
            facade.accelerate(session, facade.open_datagrams(HOST), agreed)


async def test_ports_are_taken_in_turn_and_given_back() -> None:
    async with running() as bench:
        first = bench.facade.open_datagrams(HOST, 40_100, 40_199)
        second = bench.facade.open_datagrams(HOST, 40_100, 40_199)
        assert 40_100 <= first.port < second.port <= 40_199
        elsewhere = bench.facade.open_datagrams(HOST, first.port, first.port)
        assert elsewhere.port != first.port
        first.close()
        first.close()
        assert bench.facade.open_datagrams(HOST, first.port, first.port).port == first.port


async def test_the_search_for_a_port_goes_on_where_it_ended() -> None:
    """Each log-in needs one: to begin with the first would cost the more the more sessions there are."""
    async with running() as bench:
        opened = [bench.facade.open_datagrams(HOST, 40_200, 40_219) for _ in range(5)]
        opened[0].close()
        assert bench.facade.open_datagrams(HOST, 40_200, 40_219).port > opened[-1].port
        crowd = [bench.facade.open_datagrams(HOST, 40_200, 40_219).port for _ in range(16)]
        assert opened[0].port in crowd, "a port that was given back is found again"
        beyond = [port for port in crowd if not 40_200 <= port <= 40_219]
        assert beyond, "where all are taken any port will do"
