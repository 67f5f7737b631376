"""Peers that mean harm to the packet path: what they cost is bounded and theirs, others don't notice."""

import asyncio
import os

from etherloom.engine.commands import HubRules
from tests.loopback.test_engine_sessions import WAIT, join, received, station
from tests.support.engine import frame, running, until
from tests.support.process import resident_bytes

_BATCH = [frame(2, 1, bytes(1_400))] * 500
_FLOOD_BATCHES = 200
_MEMORY_LIMIT = 48 << 20


async def test_a_receiver_that_stops_reading_costs_its_own_frames_and_bounded_memory() -> None:
    async with running(workers=2) as bench:
        hub = bench.facade.open_hub(HubRules())
        # Nobody ever reads what this one is sent.
        deaf, stuck = await join(bench, hub)
        listening, honest = await join(bench, hub)
        sender = await station(bench, hub)
        await deaf.send_frames(frame(0, 2))
        await listening.send_frames(frame(0, 3))
        assert await asyncio.wait_for(sender.receive_frames(), WAIT)
        before = resident_bytes(os.getpid())
        for number in range(_FLOOD_BATCHES):
            sender.send_frames([*_BATCH, frame(3, 1)])
            sent = (number + 1) * (len(_BATCH) + 1)
            await until(lambda sent=sent: sender.snapshot()["frames_received"] == sent)  # type: ignore[misc]
        await until(lambda: stuck.snapshot()["drops"].get("queue_full", 0) > len(_BATCH))
        assert resident_bytes(os.getpid()) - before < _MEMORY_LIMIT
        while frame(3, 1) not in await received(listening):
            pass
        assert honest.snapshot()["drops"] == {}


async def test_a_flooding_peer_leaves_others_their_turn() -> None:
    async with running(workers=1) as bench:
        hub = bench.facade.open_hub(HubRules())
        flooding, _ = await join(bench, hub)
        listening, _ = await join(bench, hub)
        sender = await station(bench, hub)
        await listening.send_frames(frame(0, 3))
        assert await asyncio.wait_for(sender.receive_frames(), WAIT)
        over = asyncio.Event()

        async def flood() -> None:
            # To itself: the hub drops all of it.
            while not over.is_set():
                await flooding.send_frames(*[frame(9, 9, bytes(1_400))] * 50)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(flood())
            try:
                for number in range(100):
                    sender.send_frames([frame(3, 1, bytes([number]) * 50)])
                    while frame(3, 1, bytes([number]) * 50) not in await received(listening):
                        pass
            finally:
                over.set()
