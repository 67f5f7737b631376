"""A session that floods a hub of sessions that do not read: the cost, and the hub next door (bad input)."""

import os
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.support import scripted
from tests.support.etherloom import EtherloomServer
from tests.support.latency import Latency, Pinger
from tests.support.peers import Account, Kind
from tests.support.process import resident_bytes
from tests.support.scripted import Login, Stream
from tests.support.traffic import Station, transfer
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow, pytest.mark.alone]

_DEAF = 8
_ECHOES = 300
_BYTES = 32 << 20
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


@pytest.mark.full
@pytest.mark.timeout(180)
def test_a_flood_next_door_is_no_worse_than_with_stock(world: World) -> None:
    during: dict[Kind, tuple[Latency, float]] = {}
    for kind in Kind:
        with world.hub(kind) as hub, world.hub(kind) as other:
            left, right = world.connect(kind, kind, hub, Account("", "", ""))
            before = _measure(world, (left, right))
            with _flooded(world, kind, other):
                during[kind] = _measure(world, (left, right))
            sys.stdout.write(f"{kind.value}: before {before}; during {during[kind]}\n")
            assert during[kind][0].loss <= 0.01 or kind is Kind.STOCK
    (ours, our_rate), (stock, stock_rate) = during[Kind.OURS], during[Kind.STOCK]
    # Our flood is several times theirs: the flooder is not slowed down either.
    assert ours.p50 <= stock.p50 + 2, f"ours {ours}, stock {stock}"
    assert ours.p99 <= stock.p99 * 2 + 5, f"ours {ours}, stock {stock}"
    assert our_rate >= stock_rate


def _measure(world: World, pair: tuple[Station, Station]) -> tuple[Latency, float]:
    """Return the round-trip times between the two, then bytes a second."""
    left, right = pair
    latency = Pinger(world.stock, left, right.v4, world.folder).finish(count=_ECHOES)
    return latency, _BYTES / transfer(left, right, _BYTES, right.v4, timeout=60)


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
