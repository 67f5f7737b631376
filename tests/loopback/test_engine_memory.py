"""Peers that ask and do not take: what waits for them is bounded, for each and for all together."""

import asyncio
import re
from pathlib import Path

import pytest

from etherloom.engine.commands import HubRules, LinkSettings, SessionRules
from etherloom.engine.facade import Connection, ConnectionLost, Session
from tests.support.engine import Bench, Visitor, frame, running, until

WAIT = 10.0
MIB = 1 << 20
BUDGET = 16 * MIB
FLOOR = 69_632


async def _deaf(bench: Bench) -> tuple[Visitor, Connection]:
    """A visitor who takes nothing more."""
    visitor, server = await bench.visitor()
    visitor.reader._transport.pause_reading()  # type: ignore[attr-defined]
    return visitor, server


async def test_an_administrator_gets_answers_of_64_mib() -> None:
    async with running() as bench:
        visitor, server = await bench.visitor()
        server.set_deadline(0)
        server.send(bytes(64 * MIB))
        left = 64 * MIB
        while left:
            left -= len(await asyncio.wait_for(visitor.reader.read(MIB), WAIT))


@pytest.mark.parametrize(("logged_in", "fits"), [(False, MIB), (True, 8 * MIB)])
async def test_answers_that_nobody_takes_end_the_connection(logged_in: bool, fits: int) -> None:
    async with running() as bench:
        _, server = await _deaf(bench)
        if logged_in:
            server.set_deadline(0)
        # The sockets' buffers take some of it.
        for _ in range(10):
            server.send(bytes(fits))
        with pytest.raises(ConnectionLost, match="takes nothing"):
            await asyncio.wait_for(server.read(), WAIT)


async def test_who_does_not_take_answers_is_not_asked_for_more() -> None:
    async with running() as bench:
        visitor, server = await _deaf(bench)
        server.set_deadline(0)
        server.send(bytes(32 * MIB))
        visitor.writer.write(b"one more question")
        await visitor.writer.drain()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(server.read(), 0.3)
        visitor.reader._transport.resume_reading()  # type: ignore[attr-defined]
        await asyncio.wait_for(visitor.reader.readexactly(32 * MIB), WAIT)
        # What was pulled for before comes now.
        assert await asyncio.wait_for(server.read(), WAIT) == b"one more question"


async def _join(bench: Bench, hub: int, *, deaf: bool) -> tuple[Visitor, Session]:
    visitor, connection = await (_deaf(bench) if deaf else bench.visitor())
    session = bench.facade.open_session(hub, SessionRules(server=True))
    bench.facade.promote(connection, session, b"", b"", LinkSettings())
    await until(lambda: session.snapshot()["links"])
    return visitor, session


def _resident() -> int:
    return int(re.findall(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[0]) * 1_024


@pytest.mark.slow
async def test_many_sessions_that_do_not_read_share_one_budget() -> None:
    async with running(queue_budget_bytes=BUDGET) as bench:
        hub = bench.facade.open_hub(HubRules())
        crowd = [(await _join(bench, hub, deaf=True))[1] for _ in range(40)]
        reader, quick = await _join(bench, hub, deaf=False)
        source = bench.facade.open_memory(hub, queue_frames=4_096)
        await until(lambda: source.snapshot()["attached"])
        before, left = _resident(), 0
        flood = [frame(0, 1, bytes(1_400))] * 40

        def dropped(session: Session, reason: str) -> int:
            return session.snapshot()["drops"].get(reason, 0)

        # The sockets' own buffers fill first.
        while not all(dropped(session, "over_budget") for session in crowd):
            source.send_frames(flood)
            left += len(flood)
            # Who reads gets everything, however full the others are.
            while left:
                left -= len(await asyncio.wait_for(reader.receive_frames(), WAIT))
            assert dropped(quick, "over_budget") == 0
        grown = _resident() - before
        # Buffers have up to twice the room that they use.
        assert grown < 2 * (BUDGET + 40 * FLOOR) + 64 * MIB, f"{grown >> 20} MiB"
        assert not any(dropped(session, "queue_full") for session in crowd)
