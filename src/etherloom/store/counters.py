"""Counters: log-ins and traffic of hubs and users. They are no changes.

They are kept in memory and written in batches into the state file, under the documents' keys: a kill may
cost what came since the last flush.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from typing import Final

from etherloom.model.traffic import Traffic
from etherloom.store.database import Database
from etherloom.store.log import StoreError
from etherloom.store.schema import transaction, translated
from etherloom.store.sqlite import SqliteStore

_HIGHEST: Final = (1 << 63) - 1
_NO_TRAFFIC: Final = Traffic()
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Counter:
    """What is counted of one hub or user. Times are Unix milliseconds, 0 means never."""

    last_login: int = 0
    logins: int = 0
    last_seen: int = 0
    traffic: Traffic = _NO_TRAFFIC


_NOTHING: Final = Counter()


class Counters:
    """The counters of one store. Made by `open_counters`; used on the store's event loop."""

    def __init__(self, store: SqliteStore, counters: dict[str, Counter]) -> None:
        self._store: Final = store
        self._counters: Final = counters
        self._changed: set[str] = set()
        self._forgotten: list[str] = []
        self._writing: Final = asyncio.Lock()

    def get(self, key: str) -> Counter:
        """Return what was counted under `key` so far."""
        return self._counters.get(key, _NOTHING)

    def record_login(self, key: str, at_ms: int) -> None:
        """Count a log-in."""
        old = self.get(key)
        self._set(key, replace(old, last_login=at_ms, last_seen=at_ms, logins=old.logins + 1))

    def add_traffic(self, key: str, traffic: Traffic, at_ms: int) -> None:
        """Add what was carried since the last time."""
        old = self.get(key)
        self._set(key, replace(old, last_seen=max(at_ms, old.last_seen), traffic=old.traffic + traffic))

    def replace(self, key: str, counter: Counter) -> None:
        """Count on from there."""
        self._set(key, counter)

    def forget(self, key: str) -> None:
        """Drop the counters of `key`: what bears its name later starts from nothing."""
        self._changed.discard(key)
        if self._counters.pop(key, None) is not None:
            self._forgotten.append(key)

    def forget_beneath(self, prefix: str) -> None:
        """Drop the counters of `prefix` and of all beneath it; costs a look at every counter."""
        beneath = prefix.removesuffix("/") + "/"
        for key in [key for key in self._counters if key == prefix or key.startswith(beneath)]:
            self.forget(key)

    async def flush(self) -> None:
        """Write what changed since the last flush. Raises StoreError; then it is kept for the next one."""
        async with self._writing:
            forgotten, self._forgotten = self._forgotten, []
            changed, self._changed = self._changed, set()
            rows = {key: self._counters[key] for key in changed}
            if not rows and not forgotten:
                return
            try:
                await self._store.run(lambda database: _write(database, forgotten, rows))
            except BaseException:
                self._forgotten[:0] = forgotten
                self._changed |= changed & self._counters.keys()
                raise

    async def keep_flushing(self, interval: float) -> None:
        """Flush every `interval` seconds until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(interval)
                await self._try_flush()
        finally:
            await self._try_flush()

    def _set(self, key: str, counter: Counter) -> None:
        self._counters[key] = counter
        self._changed.add(key)

    async def _try_flush(self) -> None:
        try:
            await self.flush()
        except StoreError as error:
            _log.warning("Counters could not be written and are kept for the next time: %s", error)


async def open_counters(store: SqliteStore) -> Counters:
    """Return the counters kept in `store`."""
    return Counters(store, await store.run(_read))


def _read(database: Database) -> dict[str, Counter]:
    with translated(database.path):
        rows = database.connection.execute("SELECT * FROM counters").fetchall()
    return {row[0]: Counter(row[1], row[2], row[3], Traffic(*row[4:])) for row in rows}


def _write(database: Database, forgotten: Iterable[str], rows: Mapping[str, Counter]) -> None:
    with translated(database.path), transaction(database.connection):
        execute = database.connection.executemany
        execute("DELETE FROM counters WHERE key = ?", ((key,) for key in forgotten))
        execute(
            "INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_row(key, counter) for key, counter in rows.items()),
        )


def _row(key: str, counter: Counter) -> tuple[str | int, ...]:
    numbers = (counter.last_login, counter.logins, counter.last_seen, *astuple(counter.traffic))
    return (key, *(min(number, _HIGHEST) for number in numbers))
