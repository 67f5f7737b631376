"""Sessions that come and go: they log in, say something, and leave politely or just vanish. Load only."""

import asyncio
import contextlib
import socket
import ssl
import threading
from itertools import count

from tests.support.engine import frame
from tests.support.guest import Guest
from tests.support.netns import Namespace

from etherloom.handshake.messages import Welcome

_FAILURES = (OSError, ssl.SSLError, EOFError, AssertionError, TimeoutError)


class Visitors:
    """A crowd of a few at a time, in a thread of its own."""

    def __init__(self, namespace: Namespace, address: str, hubs: list[str], user: str, at_once: int) -> None:
        self._namespace = namespace
        self._address = address
        self._hubs = hubs
        self._user = user
        self._at_once = at_once
        self._over = threading.Event()
        self._numbers = count()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._crowd()), daemon=True)
        self.came = 0
        self.failed = 0

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        self._over.set()
        self._thread.join(30)

    async def _crowd(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._come_again())

    async def _come_again(self) -> None:
        while not self._over.is_set():
            try:
                await self._visit(next(self._numbers))
            except _FAILURES:
                # A hub that was deleted under it, for one.
                self.failed += 1

    async def _visit(self, number: int) -> None:
        guest = await Guest.arrive(443, self._connect())
        try:
            outcome = await guest.log_in(self._hubs[number % len(self._hubs)], self._user, "secret")
            if not isinstance(outcome, Welcome):
                self.failed += 1
                return
            self.came += 1
            await guest.send_frames(*[frame(0, 1_000 + number % 50, bytes(200 + number % 1_000))] * 10)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(guest.receive_frames(), 0.2)
            if number % 3:
                await guest.close()
        finally:
            guest.writer.transport.abort()

    def _connect(self) -> socket.socket:
        door = self._namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
        door.settimeout(5)
        door.connect((self._address, 443))
        door.setblocking(False)
        return door
