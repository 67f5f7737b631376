"""The log of changes on SQLite for asyncio: one thread of its own touches the file, callers wait.

The embedded default. It adds waiting and following to `Database`, nothing else.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from etherloom.store.database import USUAL_LIMITS, Database, LogLimits
from etherloom.store.directory import StateDirectory
from etherloom.store.log import Entry, Loaded, Logged

_PAGE: Final = 256
_Result = TypeVar("_Result")


class SqliteStore:
    """A Store in one SQLite file. Made by `open_store`."""

    def __init__(self, database: Database, thread: ThreadPoolExecutor) -> None:
        self._database: Final = database
        self._thread: Final = thread
        self._news: Final = asyncio.Condition()
        self._newest = 0
        self._closed = False

    async def load(self) -> Loaded:
        """Return all documents, secrets opened, and the revision."""
        return await self.run(lambda database: database.load())

    async def append(self, entry: Entry, expected: int) -> int:
        """Append `entry` behind revision `expected`, durably. Raises Conflict or StoreError.

        A caller that is cancelled does not learn whether the entry was appended.
        """
        revision = await self.run(lambda database: database.append(entry, expected))
        self._newest = revision
        await self._announce()
        return revision

    async def history(self, after: int | None = None, limit: int = _PAGE) -> Sequence[Logged]:
        """Return up to `limit` entries after revision `after` (None: from the oldest kept), oldest first."""
        return await self.run(lambda database: _read(database, after, limit))

    async def follow(self, revision: int) -> AsyncIterator[Logged]:
        """Yield the entries after `revision`, then what this process appends, until the store is closed."""
        while not self._closed:
            entries = await self.history(revision)
            for entry in entries:
                revision = entry.revision
                yield entry
            if not entries:
                await self._wait_beyond(revision)

    async def run(self, work: Callable[[Database], _Result]) -> _Result:
        """Do `work` on the store's own thread, after what was asked for before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._database)

    async def close(self) -> None:
        """Finish what was begun and let go of the file. Closing twice is no error."""
        if self._closed:
            return
        self._closed = True
        try:
            await self.run(lambda database: database.close())
        finally:
            self._thread.shutdown()
            await self._announce()

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _wait_beyond(self, revision: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self._closed or self._newest > revision)


async def open_store(
    directory: StateDirectory,
    limits: LogLimits = USUAL_LIMITS,
    environ: Mapping[str, str] = os.environ,
) -> SqliteStore:
    """Open or make the state file in `directory`, on a thread that touches nothing else.

    Raises StoreError if the file is foreign, newer than this release, damaged, or open to other users.
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="etherloom-store")
    loop = asyncio.get_running_loop()
    try:
        database = await loop.run_in_executor(thread, Database, directory, limits, environ)
    except BaseException:
        thread.shutdown()
        raise
    return SqliteStore(database, thread)


def _read(database: Database, after: int | None, limit: int) -> list[Logged]:
    return database.read_log(max(0, database.first_logged() - 1) if after is None else after, limit)
