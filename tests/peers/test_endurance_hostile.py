"""A session that floods a hub of sessions that do not read: what that costs (bad input)."""

import os
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.support import scripted
from tests.support.etherloom import EtherloomServer
from tests.support.peers import Kind
from tests.support.process import resident_bytes
from tests.support.scripted import Login, Stream
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow, pytest.mark.alone]

_DEAF = 8
_MIB = 1 << 20


class _Flood:
    """One session that sends broadcasts as fast as the server takes them."""

    def __init__(self, stream: Stream) -> None:
        frame = b"\xff" * 6 + b"\x02flood" + b"\x88\xb5" + bytes(1_400)
        blocks = struct.pack("!I", 100) + (struct.pack("!I", len(frame)) + frame) * 100
        self._stream, self._blocks = stream, blocks
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()
        self.sent = 0

    def _send(self) -> None:
        # It is to cost the server its time, not to take away what the others run on.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        while not self._over.is_set():
            self._stream.send(self._blocks)
            self.sent += 100

    def stop(self) -> None:
        self._over.set()
        self._thread.join(20)


@contextmanager
def _flooded(world: World, kind: Kind, hub: str) -> Iterator[_Flood]:
    """A hub full of peers who do not read, and one who sends to them all."""
    with ExitStack() as stack:
        for source in world.more_addresses("bert", _DEAF + 1):
            stream = scripted.dial(world.seat("bert"), world.address(kind), source=source)
            stack.enter_context(stream)
            reply = scripted.log_in(stream, Login(hub, "bert", password="secret"))
            assert reply.get("error", 0) == 0
        flood = _Flood(stream)
        try:
            wait_until(lambda: flood.sent > 5_000, 30, "the flood does not flow")
            yield flood
        finally:
            flood.stop()


@pytest.mark.timeout(120)
def test_peers_who_do_not_read_cost_bounded_memory(world: World) -> None:
    server = world.server(Kind.OURS)
    assert isinstance(server, EtherloomServer)
    with world.hub(Kind.OURS) as hub:
        before = resident_bytes(server.process.pid)
        with _flooded(world, Kind.OURS, hub) as flood:
            goal = flood.sent + 100_000
            wait_until(lambda: flood.sent > goal, 60, "the flood stands still")
            grown = resident_bytes(server.process.pid) - before
            (deaf, *_) = (one for one in server.table("session", "list", hub))
            shown = server.table("session", "show", hub, deaf["name"])
    # Twice the queue of each, and what the flood itself needs.
    assert grown < _DEAF * 2 * 2_560_000 + 64 * _MIB, f"{grown >> 20} MiB"
    reasons = {row["reason"] for row in shown["drops"]}
    assert reasons
    assert reasons <= {"queue_full", "over_budget"}
