"""Sessions and hubs on the real engine: who gets which frame, links coming and going, time-outs."""

import asyncio

import pytest

from etherloom.engine.commands import Direction, HubRules, LinkSettings, SessionRules
from etherloom.engine.facade import Connection, Session
from tests.support.engine import Bench, Visitor, frame, running, until

WAIT = 5.0


async def join(bench: Bench, hub: int, **rules: object) -> tuple[Visitor, Session]:
    """A visitor that has logged in to a hub, and its session."""
    visitor, connection = await bench.visitor()
    session = bench.facade.open_session(hub, SessionRules(server=True, **rules))  # type: ignore[arg-type]
    bench.facade.promote(connection, session, b"", b"", LinkSettings())
    await until(lambda: session.snapshot()["links"])
    return visitor, session


async def station(bench: Bench, hub: int) -> Session:
    """A port of this program that is plugged in."""
    port = bench.facade.open_memory(hub)
    await until(lambda: port.snapshot()["attached"])
    return port


async def received(visitor: Visitor) -> list[bytes]:
    return await asyncio.wait_for(visitor.receive_frames(), WAIT)


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_known_station_gets_its_frames_alone(workers: int) -> None:
    async with running(workers=workers) as bench:
        hub = bench.facade.open_hub(HubRules())
        first, _ = await join(bench, hub)
        second, _ = await join(bench, hub)
        third, _ = await join(bench, hub)
        await first.send_frames(frame(0, 1))
        assert await received(second) == [frame(0, 1)]
        assert await received(third) == [frame(0, 1)]
        await second.send_frames(frame(1, 2))
        assert await received(first) == [frame(1, 2)]
        await first.send_frames(frame(2, 1, b"only for two" * 8))
        assert await received(second) == [frame(2, 1, b"only for two" * 8)]
        # The third sees the next flood, and nothing before it.
        await first.send_frames(frame(0, 1, b"all" * 30))
        assert await received(third) == [frame(0, 1, b"all" * 30)]


async def test_hubs_are_apart() -> None:
    async with running() as bench:
        one, other = bench.facade.open_hub(HubRules()), bench.facade.open_hub(HubRules())
        first, _ = await join(bench, one)
        second, _ = await join(bench, one)
        stranger, session = await join(bench, other)
        await first.send_frames(frame(0, 1))
        await received(second)
        listener = await station(bench, other)
        await stranger.send_frames(frame(0, 9))
        assert await asyncio.wait_for(listener.receive_frames(), WAIT) == [frame(0, 9)]
        assert session.snapshot()["frames_sent"] == 0


async def test_counters_tell_unicast_broadcast_and_drops() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        visitor, session = await join(bench, hub)
        await visitor.send_frames(frame(0, 1), frame(2, 1), frame(1, 1), b"short")
        await until(lambda: sum(session.snapshot()["drops"].values()) == 2)
        snapshot = session.snapshot()
        assert snapshot["frames_received"] == 2
        assert snapshot["broadcast_frames_received"] == 1
        assert snapshot["drops"] == {"invalid_source": 1, "too_short": 1}


async def test_batches_and_system_calls_are_counted() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        visitor, session = await join(bench, hub)
        listener = await station(bench, hub)
        await visitor.send_frames(frame(0, 1), frame(0, 1))
        assert await asyncio.wait_for(listener.receive_frames(), WAIT)
        listener.send_frames([frame(0, 2)])
        await until(lambda: bool(session.snapshot()["queue_delay_us"][1]))
        snapshot = session.snapshot()
        assert snapshot["received_batch"][0] >= 2
        assert snapshot["sent_batch"] == (1, [(2, 1)])
        assert min(snapshot["reads"], snapshot["writes"]) >= 1


async def test_the_mac_table_is_listed_and_entries_can_be_deleted() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        visitor, session = await join(bench, hub)
        await visitor.send_frames(frame(0, 7))
        core = bench.facade.core
        await until(lambda: core.mac_count(hub) == 1)
        (entry,) = core.mac_table(hub)
        assert (entry["address"], entry["session"]) == (frame(0, 7)[6:12], session.identifier)
        assert core.delete_mac(hub, entry["address"], 0)
        assert core.mac_count(hub) == 0
        session.close()
        assert await asyncio.wait_for(session.ended, WAIT) == "closed"


async def test_one_link_of_several_may_go_and_traffic_goes_on() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        first, session = await join(bench, hub)
        second, connection = await bench.visitor()
        bench.facade.promote(connection, session, b"", b"", LinkSettings())
        listener = await station(bench, hub)
        await until(lambda: len(session.snapshot()["links"]) == 2)
        first.reset()
        await until(lambda: len(session.snapshot()["links"]) == 1)
        for number in range(20):
            listener.send_frames([frame(0, 100 + number)])
        seen: list[bytes] = []
        while len(seen) < 20:
            seen += await received(second)
        assert seen == [frame(0, 100 + number) for number in range(20)]


async def test_a_link_is_closed_politely_behind_its_last_frames() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        visitor, session = await join(bench, hub)
        listener = await station(bench, hub)
        await until(lambda: session.snapshot()["links"])
        listener.send_frames([frame(0, 1)])
        await until(lambda: session.snapshot()["frames_sent"] == 1)
        session.close_link(session.snapshot()["links"][0]["connection"])
        assert await received(visitor) == [frame(0, 1)]
        # close_notify came before the end: Python's TLS would raise otherwise.
        assert await asyncio.wait_for(visitor.reader.read(), WAIT) == b""
        await visitor.close()
        await until(lambda: not session.snapshot()["links"])


async def test_a_silent_peer_ends_the_session_after_its_time_out() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        _, session = await join(bench, hub, timeout_ms=400)
        assert await asyncio.wait_for(session.ended, WAIT) == "timeout"


async def test_keep_alives_keep_two_of_our_ends_together() -> None:
    async with running() as bench:
        client, server = await bench.pair()
        hub, wire = bench.facade.open_hub(HubRules()), bench.facade.open_hub(HubRules(wire=True))
        ours = bench.facade.open_session(wire, SessionRules(server=False, timeout_ms=400))
        theirs = bench.facade.open_session(hub, SessionRules(server=True, timeout_ms=400))
        bench.facade.promote(server, theirs, b"welcome", b"", LinkSettings())
        assert await client.read() == b"welcome"
        bench.facade.promote(client, ours, b"", b"", LinkSettings())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(theirs.ended), 1.5)
        assert not ours.ended.done()


async def attach_both(
    bench: Bench, pair: tuple[Connection, Connection], sessions: tuple[Session, Session], link: LinkSettings
) -> None:
    client, server = pair
    ours, theirs = sessions
    bench.facade.promote(server, theirs, b"welcome", b"", link)
    assert await client.read() == b"welcome"
    bench.facade.promote(client, ours, b"", b"", link)


@pytest.mark.parametrize("raw", [False, True], ids=["tls", "raw"])
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
@pytest.mark.parametrize("half", [False, True], ids=["full", "half"])
async def test_our_two_ends_carry_frames_in_every_mode(raw: bool, compress: bool, half: bool) -> None:
    async with running() as bench:
        hub, wire = bench.facade.open_hub(HubRules()), bench.facade.open_hub(HubRules(wire=True))
        common = {"compress": compress, "half_duplex": half}
        ours = bench.facade.open_session(wire, SessionRules(server=False, **common))
        theirs = bench.facade.open_session(hub, SessionRules(server=True, **common))
        directions = (
            [Direction.CLIENT_TO_SERVER, Direction.SERVER_TO_CLIENT] if half else [Direction.BOTH] * 2
        )
        for direction in directions:
            link = LinkSettings(direction=direction, raw=raw)
            await attach_both(bench, await bench.pair(), (ours, theirs), link)
        await until(lambda: len(ours.snapshot()["links"]) == len(theirs.snapshot()["links"]) == 2)
        near, far = await station(bench, wire), await station(bench, hub)
        up = [frame(2, 1, bytes([n]) * (46 + 11 * n)) for n in range(100)]
        near.send_frames(up)
        await collect(far, up)
        down = [frame(1, 2, bytes([n]) * (46 + 11 * n)) for n in range(100)]
        far.send_frames(down)
        await collect(near, down)
        assert ours.snapshot()["links"][0]["raw"] is raw


async def collect(port: Session, expected: list[bytes]) -> None:
    seen: list[bytes] = []
    while len(seen) < len(expected):
        seen += await asyncio.wait_for(port.receive_frames(), WAIT)
    assert sorted(seen) == sorted(expected)


async def test_a_full_port_drops_and_counts_and_holds_nobody() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        slow, slow_session = await join(bench, hub, queue_bytes=64_000)
        quick = await station(bench, hub)
        source, _ = await join(bench, hub)
        slow.reader._transport.pause_reading()  # type: ignore[attr-defined]
        seen = 0
        for _ in range(80):
            await source.send_frames(*[frame(0, 1, b"f" * 1_400)] * 100)
            wanted = seen + 100
            while seen < wanted:
                seen += len(await asyncio.wait_for(quick.receive_frames(1_000), WAIT))
        await until(lambda: slow_session.snapshot()["drops"].get("queue_full", 0) > 0)
        assert seen == 8_000


async def test_closing_a_hub_ends_its_sessions() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        visitor, session = await join(bench, hub)
        await until(lambda: session.snapshot()["links"])
        bench.facade.core.close_hub(hub)
        assert await asyncio.wait_for(visitor.reader.read(), WAIT) is not None
        await visitor.close()
        assert await asyncio.wait_for(session.ended, WAIT) == "closed"


@pytest.mark.parametrize(
    "stream",
    [
        b"\x00\x00\x00\x01\x00\x00\x0c\x81",  # a block of 3,201 bytes
        b"\xff\xff\xff\xff\x00\x00\x02\x01",  # a keep-alive of 513 bytes
        b"\x00\x00\x00\x01\xff\xff\xff\xff",  # a block of 4 GB
    ],
)
async def test_lies_about_lengths_cost_the_link_only(stream: bytes) -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        liar, session = await join(bench, hub)
        honest, _ = await join(bench, hub)
        liar.writer.write(stream)
        await until(lambda: session.snapshot()["links_opened"] == 1 and not session.snapshot()["links"])
        listener = await station(bench, hub)
        await honest.send_frames(frame(0, 5))
        assert await asyncio.wait_for(listener.receive_frames(), WAIT) == [frame(0, 5)]


async def test_a_link_for_a_session_that_has_ended_is_closed_politely() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        session = bench.facade.open_session(hub, SessionRules(server=True))
        await until(lambda: session.snapshot()["attached"])
        session.close()
        assert await asyncio.wait_for(session.ended, WAIT) == "closed"
        visitor, connection = await bench.visitor()
        bench.facade.promote(connection, session, b"welcome", b"", LinkSettings())
        # The farewell and close_notify: Python's TLS would raise without the latter.
        assert await asyncio.wait_for(visitor.reader.read(), WAIT) == b"welcome"
        await visitor.close()
