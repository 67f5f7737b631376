"""The one owner of configuration: it alone changes it, step by step, and publishes what became of it.

Derive, validate, append, publish, tell: a change that isn't durable is never seen by anybody.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, TypeVar

from etherloom.state import tree
from etherloom.state.changes import Change, Delete, Operation, Origin, Put
from etherloom.state.documents import DocumentError, Record, decode_document, find_kind
from etherloom.state.preparation import Prepared, prepare
from etherloom.state.snapshot import Snapshot
from etherloom.store.log import Conflict, Entry, Loaded, Store, StoreError

Derive = Callable[[Snapshot], Sequence[Operation]]
Subscriber = Callable[[Snapshot, Snapshot, Change], None]

_ATTEMPTS: Final = 20
_MANY: Final = 500
_ELSEWHERE: Final = Origin("another process")
_Result = TypeVar("_Result")
_log: Final = logging.getLogger(__name__)


class Owner:
    """Holds the newest snapshot. Made by `open_owner`; used on one event loop."""

    def __init__(self, store: Store, clock: Callable[[], int], snapshot: Snapshot) -> None:
        self._store: Final = store
        self._clock: Final = clock
        self._snapshot = snapshot
        self._turn: Final = asyncio.Lock()
        self._subscribers: Final[dict[object, Subscriber]] = {}

    @property
    def snapshot(self) -> Snapshot:
        """The newest durable configuration."""
        return self._snapshot

    async def apply(self, derive: Derive, origin: Origin) -> Snapshot:
        """Make the operations that `derive` wants of the newest snapshot one durable step.

        `derive` may be called again if another process was faster; it raises Refusal to give up. Raises
        Refusal if the result is invalid, StoreError if it can't be stored; then nothing is changed.
        """
        async with self._turn:
            return await _finish(self._commit(derive, origin))

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call `callback(old, new, change)` after each change; returns the way to end that."""
        token = object()
        self._subscribers[token] = callback

        def unsubscribe() -> None:
            self._subscribers.pop(token, None)

        return unsubscribe

    async def _commit(self, derive: Derive, origin: Origin) -> Snapshot:
        for _ in range(_ATTEMPTS):
            old = self._snapshot
            prepared = await _prepare(old, derive(old))
            if not prepared.operations:
                return old
            change = Change(prepared.operations, origin, self._clock())
            try:
                await self._store.append(Entry(prepared.stored, origin, change.at_ms), old.revision)
            except Conflict:
                await self._catch_up()
                continue
            self._publish(prepared.snapshot, change)
            return prepared.snapshot
        raise StoreError("other processes keep changing the configuration; nothing was changed, repeat")

    async def _catch_up(self) -> None:
        """Publish what another process stored as one change."""
        new = read_snapshot(await self._store.load())
        operations: list[Operation] = [
            Delete(key) if record is None else Put(key, record)
            for key, record in tree.differences(self._snapshot.root, new.root)
        ]
        self._publish(new, Change(tuple(operations), _ELSEWHERE, self._clock()))

    def _publish(self, new: Snapshot, change: Change) -> None:
        old, self._snapshot = self._snapshot, new
        for subscriber in tuple(self._subscribers.values()):
            try:
                subscriber(old, new, change)
            except Exception:
                _log.exception("A subscriber failed over revision %d.", new.revision)


async def _prepare(old: Snapshot, wished: Sequence[Operation]) -> Prepared:
    """Prepare a change; a large one on another thread, since everybody's log-ins wait for this one.

    Nothing else can be published meanwhile: the owner is at one change at a time.
    """
    if len(wished) < _MANY:
        return prepare(old, wished)
    return await asyncio.to_thread(prepare, old, wished)


async def open_owner(store: Store, clock: Callable[[], int]) -> Owner:
    """Load the configuration; `clock` gives Unix milliseconds. Raises StoreError if it can't be read."""
    return Owner(store, clock, read_snapshot(await store.load()))


def read_snapshot(loaded: Loaded) -> Snapshot:
    """Return the snapshot of what was loaded. Raises StoreError naming a document that can't be read."""
    return Snapshot.build(loaded.revision, _read_records(loaded.documents))


def _read_records(documents: Mapping[str, bytes]) -> dict[str, Record]:
    records: dict[str, Record] = {}
    for key, document in documents.items():
        kind = find_kind(key)
        if kind is None:
            raise StoreError(f"this release doesn't know the document {key}: run the release that wrote it")
        try:
            records[key] = decode_document(kind, document)
        except DocumentError as error:
            raise StoreError(f"the document {key} can't be read ({error}): restore a backup") from error
    return records


async def _finish(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run `work` to its end even if the caller is cancelled, who learns of that afterwards.

    Otherwise a change could become durable without being published.
    """
    task = asyncio.get_running_loop().create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            cancelled = True
    if cancelled and task.exception() is None:
        raise asyncio.CancelledError
    return task.result()
