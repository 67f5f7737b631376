"""Access lists on their way to the packet path: each change of rules, options or lists of users gets there.

Writes no configuration and judges no frame.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Final

from etherloom.engine.access_records import list_name, pack_rules
from etherloom.engine.facade import Facade
from etherloom.model.access_list import AccessRule
from etherloom.model.names import fold
from etherloom.observe.logs import get_log
from etherloom.services.options import read_options
from etherloom.services.switches import Switches
from etherloom.services.user_lists import UserLists
from etherloom.state import keys
from etherloom.state.changes import Change, DeletePrefix
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

# As many are packed and compiled within a few milliseconds: more of them in a thread.
_AT_ONCE: Final = 500
_USUAL_SECONDS: Final = 30
_LONGEST_SECONDS: Final = 3_600
_log = get_log("access-list")


class AccessRules:
    """The access lists of all hubs that are on line, as the engine has them."""

    def __init__(self, owner: Owner, engine: Facade, switches: Switches, lists: UserLists) -> None:
        self._owner: Final = owner
        self._engine: Final = engine
        self._switches: Final = switches
        self._lists: Final = lists
        # Files that the rules of a hub name, and hubs whose rules wait for the thread.
        self._files: dict[str, Collection[str]] = {}
        self._waiting: dict[str, None] = {}
        self._busy: set[str] = set()
        self._wake: Final = asyncio.Event()
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Follow hubs and changes. To be called before the first hub is opened."""
        self._switches.on_opened = self._open
        self._unsubscribe = self._owner.subscribe(self._changed)

    def stop(self) -> None:
        self._unsubscribe()

    async def run(self) -> None:
        """Bring long lists to the engine, and look whether files have changed, until cancelled."""
        while True:
            await self._wait()
            while self._waiting:
                hub = next(iter(self._waiting))
                del self._waiting[hub]
                await self._apply_aside(hub)
            for hub in await self._find_stale():
                await self._apply_aside(hub)

    def _open(self, hub: str) -> None:
        """No frame may pass before the rules are there, however many they are."""
        self._apply_now(hub, self._owner.snapshot.access_list(hub))

    def _changed(self, old: Snapshot, new: Snapshot, change: Change) -> None:
        for hub in self._switches.names():
            if not _concerns(change, keys.access_prefix(hub)):
                continue
            rules = new.access_list(hub)
            if len(rules) <= _AT_ONCE and hub not in self._waiting and hub not in self._busy:
                self._apply_now(hub, rules)
            else:
                self._waiting[hub] = None
                self._wake.set()

    def _apply_now(self, hub: str, rules: Sequence[AccessRule]) -> None:
        self._files[fold(hub)] = _files(rules)
        self._wake.set()
        self._apply(self._switches.identifier(hub), rules)

    def _apply(self, identifier: int, rules: Sequence[AccessRule]) -> None:
        self._engine.set_access_list(identifier, pack_rules(rules, self._lists.read))

    async def _apply_aside(self, hub: str) -> None:
        """Apply the rules of a hub without making anybody wait. Changes meanwhile come behind it."""
        identifier = self._switches.find(hub)
        if identifier is None:
            return
        self._busy.add(hub)
        try:
            rules = self._owner.snapshot.access_list(hub)
            self._files[hub] = _files(rules)
            await asyncio.to_thread(self._apply, identifier, rules)
        except KeyError:
            _log.debug("the hub went off line before its rules came", hub=hub)
        finally:
            self._busy.discard(hub)

    async def _wait(self) -> None:
        """Wait until a list waits, or it is time to look at the files."""
        try:
            async with asyncio.timeout(self._seconds()):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _seconds(self) -> float | None:
        """Return how often files are looked at; None if there are none."""
        snapshot = self._owner.snapshot
        hubs = [hub for hub in self._switches.names() if self._files.get(hub) and snapshot.hub(hub)]
        options = (read_options(snapshot, hub)["AccessListIncludeFileCacheLifetime"] for hub in hubs)
        return min((min(seconds or _USUAL_SECONDS, _LONGEST_SECONDS) for seconds in options), default=None)

    async def _find_stale(self) -> Sequence[str]:
        open_now = self._switches.names()
        self._files = {hub: files for hub, files in self._files.items() if hub in open_now}
        names = {name for files in self._files.values() for name in files}
        changed = await asyncio.to_thread(self._lists.refresh, names) if names else ()
        return [hub for hub, files in list(self._files.items()) if any(name in changed for name in files)]


def _files(rules: Sequence[AccessRule]) -> Collection[str]:
    users = (user for rule in rules for user in (rule.source_user, rule.target_user) if user)
    return frozenset(name for user in users if (name := list_name(user)))


def _concerns(change: Change, prefix: str) -> bool:
    """A rule was put or deleted, or all of them, be it with the hub."""
    for operation in change.operations:
        if isinstance(operation, DeletePrefix):
            if operation.prefix.startswith(prefix) or prefix.startswith(operation.prefix):
                return True
        elif operation.key.startswith(prefix):
            return True
    return False
