"""Numbered datagrams through a path that may lose some: counted, with a window of them under way."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.traffic import Station

# Silence after which what is under way counts as lost.
_STALL = 0.5
_BYTES = 1_000


@dataclass
class Count:
    """What became of them."""

    sent: int = 0
    received: int = 0
    doubled: int = 0
    early: int = 0

    @property
    def lost(self) -> int:
        return self.sent - self.received


class _Flow:
    def __init__(self, sender: Station, receiver: Station, window: int) -> None:
        self._into = receiver.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._into.bind((receiver.v4, 0))
        self._into.settimeout(_STALL)
        self._out = sender.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._out.connect(self._into.getsockname())
        self._window = window
        self._seen: set[int] = set()
        self._highest = -1
        # The window begins here: what was given up may still come, in order, on a machine that is only slow.
        self._settled = -1
        self._room = threading.Condition()
        self._over = threading.Event()
        self.count = Count()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._give, self._take)]
        for thread in self._threads:
            thread.start()

    def _give(self) -> None:
        while not self._over.is_set():
            with self._room:
                if not self._room.wait_for(lambda: self.count.sent - self._settled <= self._window, _STALL):
                    self._settled = self.count.sent - 1
                number = self.count.sent
                self.count.sent += 1
            self._out.send(number.to_bytes(8) * (_BYTES // 8))

    def _take(self) -> None:
        while True:
            try:
                number = int.from_bytes(self._into.recv(2_048)[:8])
            except TimeoutError:
                if self._over.is_set():
                    return
                continue
            self._note(number)

    def _note(self, number: int) -> None:
        with self._room:
            if number in self._seen:
                self.count.doubled += 1
                return
            self.count.early += number < self._highest
            self.count.received += 1
            self._seen.add(number)
            self._highest = max(self._highest, number)
            self._settled = max(self._settled, number)
            self._room.notify()

    def stop(self) -> None:
        self._over.set()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        self._out.close()
        self._into.close()


@contextmanager
def datagrams(sender: Station, receiver: Station, flows: int, window: int) -> Iterator[list[Count]]:
    """Flows while the block runs, with their counts; what is under way at its end is waited for."""
    running = [_Flow(sender, receiver, window) for _ in range(flows)]
    try:
        yield [flow.count for flow in running]
    finally:
        for flow in running:
            flow.stop()
        for flow in running:
            flow.join()
