"""Packets to a host on the Internet that keep a line open, sent each interval while somebody wants them.

The only thing here that calls another machine by itself, and off until it is switched on.
"""

import asyncio
import secrets
import socket
from collections.abc import Sequence
from typing import Final

from etherloom.model.server import KeepAlive
from etherloom.observe.logs import get_log
from etherloom.state import keys
from etherloom.state.changes import Change, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

SHORTEST_SECONDS: Final = 5
LONGEST_SECONDS: Final = 600
# What is sent says nothing to anybody; its size is that of a short question.
_PACKET_BYTES: Final = 32
_PATIENCE_SECONDS: Final = 5.0
_log = get_log("keep-alive")


class LineKeeper:
    """Knows what is wanted and, while `run` is running, does it."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner
        self._changed: Final = asyncio.Event()
        self._problem = ""

    def get(self) -> KeepAlive:
        return self._owner.snapshot.find(keys.KEEP_ALIVE, KeepAlive) or KeepAlive()

    async def set(self, keep: KeepAlive, origin: Origin) -> None:
        def derive(_snapshot: Snapshot) -> Sequence[Operation]:
            return [Put(keys.KEEP_ALIVE, keep)]

        await self._owner.apply(derive, origin)

    async def run(self) -> None:
        """Send, wait, and begin anew whenever the wish has changed; for ever."""
        unsubscribe = self._owner.subscribe(self._notice)
        try:
            while True:
                self._changed.clear()
                keep = self.get()
                if keep.enabled:
                    await self._send(keep)
                try:
                    async with asyncio.timeout(keep.interval if keep.enabled else None):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            unsubscribe()

    def _notice(self, old: Snapshot, new: Snapshot, _change: Change) -> None:
        if old.get(keys.KEEP_ALIVE) != new.get(keys.KEEP_ALIVE):
            self._changed.set()

    async def _send(self, keep: KeepAlive) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await (_send_datagram(keep) if keep.udp else _connect(keep))
        except OSError as error:
            self._report(keep, str(error) or "no answer in time")
        else:
            self._problem = ""

    def _report(self, keep: KeepAlive, problem: str) -> None:
        """A line without connection fails at each interval: say so once."""
        if problem != self._problem:
            _log.warning("can't keep the line open", host=keep.host, port=keep.port, error=problem)
        self._problem = problem


def clamp_interval(seconds: int) -> int:
    """The nearest interval that is allowed."""
    return min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)


async def _send_datagram(keep: KeepAlive) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(keep.host, keep.port)
    )
    transport.sendto(secrets.token_bytes(_PACKET_BYTES))
    transport.close()


async def _connect(keep: KeepAlive) -> None:
    _, writer = await asyncio.open_connection(keep.host, keep.port, proto=socket.IPPROTO_TCP)
    writer.close()
