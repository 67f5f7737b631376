"""Whole configurations as files of the original: taken over as one change, undone, and written.

What a file means is the business of services.takeover; this room waits, applies, and counts on.
"""

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from etherloom.services.takeover import steps
from etherloom.services.takeover.reading import Takeover, read_configuration
from etherloom.services.takeover.report import Report, describe
from etherloom.services.takeover.writing import write_configuration
from etherloom.state.changes import Operation, Origin
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot
from etherloom.store.counters import Counters


class Configurations:
    """The configuration of this server as a whole."""

    def __init__(self, owner: Owner, counters: Counters, clock: Callable[[], int]) -> None:
        self._owner: Final = owner
        self._counters: Final = counters
        self._clock: Final = clock

    @property
    def revision(self) -> int:
        """The revision that is in force."""
        return self._owner.snapshot.revision

    async def examine(self, data: bytes) -> Report:
        """Say what taking the file over would do; nothing is changed. Raises FaultyConfiguration."""
        takeover, snapshot = await self._read(data)
        return describe(takeover, steps.lost_hubs(takeover, snapshot))

    async def take_over(self, data: bytes, source: str, origin: Origin, *, replacing: bool) -> Report:
        """Make this server what the file says, in one step. `source` says where the file came from.

        Raises FaultyConfiguration with all that is wrong with the file, Refusal if hubs would be lost
        without `replacing`; then nothing is changed.
        """
        takeover, _ = await self._read(data)
        lost: list[str] = []

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            lost[:] = steps.lost_hubs(takeover, snapshot)
            return steps.take_over(takeover, snapshot, source, self._clock(), replacing=replacing)

        await self._owner.apply(derive, origin)
        for key, counter in takeover.counters.items():
            self._counters.replace(key, counter)
        return describe(takeover, lost)

    async def undo(self, origin: Origin, *, discarding: bool) -> None:
        """Bring back what was before the last import, in one step. Raises Refusal.

        With `discarding`, changes since then are lost. Counters stay as they are.
        """
        await self._owner.apply(lambda snapshot: steps.undo(snapshot, discarding=discarding), origin)

    async def write(self) -> bytes:
        """Return the configuration as a file that the original loads. It holds secrets."""
        return await asyncio.to_thread(_write, self._owner.snapshot, self._counters)

    async def _read(self, data: bytes) -> tuple[Takeover, Snapshot]:
        # A large file keeps a processor busy for seconds.
        snapshot = self._owner.snapshot
        return await asyncio.to_thread(_read, data, snapshot), snapshot


def _read(data: bytes, snapshot: Snapshot) -> Takeover:
    with _uncollected():
        return read_configuration(data, snapshot)


def _write(snapshot: Snapshot, counters: Counters) -> bytes:
    with _uncollected():
        return write_configuration(snapshot, counters.get)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles while trees without any grow by a million objects: that took half the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
