"""Traces that run: who looks at which frames, into which file. What is seen never passes through here.

A trace that nobody asks about for a while ends: whoever started it may have been killed.
"""

import asyncio
import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from etherloom.engine.facade import Facade
from etherloom.engine.snapshots import TraceArguments, TraceLine, TraceSnapshot
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold
from etherloom.observe.logs import get_log
from etherloom.services.sessions import Sessions
from etherloom.services.switches import Switches

_MAXIMUM: Final = 8
# One hub's administrator must not take them all.
_MAXIMUM_OF_HUB: Final = 4
_PATIENCE_SECONDS: Final = 15.0
_LINES: Final = 1_000
_WRITE: Final = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
_log = get_log("trace")
Seen = tuple[TraceSnapshot, Sequence[TraceLine]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see. `path` is absolute, or empty for lines; see the engine's TraceArguments."""

    hub: str
    session: str
    drops: bool
    filter: str
    snap: int
    count: int
    path: str


@dataclass(frozen=True, slots=True)
class _Running:
    hub: str
    identifier: int
    timer: asyncio.TimerHandle


class Traces:
    """All traces of this server."""

    def __init__(
        self,
        engine: Facade,
        switches: Switches,
        sessions: Sessions,
        tasks: asyncio.TaskGroup,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._engine: Final = engine
        self._switches: Final = switches
        self._sessions: Final = sessions
        self._tasks: Final = tasks
        self._patience_seconds: Final = patience_seconds
        self._running: dict[int, _Running] = {}

    def start(self, wish: Wish, who: str, where: str) -> int:
        """Start a trace and return its number. Raises Refusal."""
        if len(self._running) >= _MAXIMUM:
            raise _refuse_more(f"{_MAXIMUM} traces run")
        if sum(fold(one.hub) == fold(wish.hub) for one in self._running.values()) >= _MAXIMUM_OF_HUB:
            raise _refuse_more(f"{_MAXIMUM_OF_HUB} traces of hub {wish.hub} run")
        arguments = self._arguments(wish)
        try:
            identifier = self._open(arguments, wish.path)
        except OSError as error:
            raise Refusal(ErrorCode.INVALID_PARAMETER, _explain(error, wish.path)) from None
        self._watch(wish.hub, identifier)
        _log.warning(
            "trace started: it sees the traffic of others",
            who=who,
            where=where,
            trace=identifier,
            hub=wish.hub,
            session=wish.session or None,
            drops_only=wish.drops,
            filter=wish.filter or None,
            file=wish.path or None,
        )
        return identifier

    def look(self, hub: str, identifier: int) -> Seen:
        """How a trace is, and the next of its lines. Raises Refusal."""
        running = self._find(hub, identifier)
        running.timer.cancel()
        self._watch(running.hub, identifier)
        # Asked first: a trace that is finished has no lines but those that are taken now, or the next time.
        snapshot = self._engine.core.trace_snapshot(identifier)
        lines = self._engine.core.take_trace_lines(identifier, _LINES)
        if len(lines) == _LINES:
            snapshot["finished"] = False
        return snapshot, lines

    async def stop(self, hub: str, identifier: int) -> Seen:
        """End a trace: all that was seen is written then, or in the lines. Raises Refusal."""
        running = self._take(self._find(hub, identifier).identifier)
        return await self._close(running, "stopped")

    def _arguments(self, wish: Wish) -> TraceArguments:
        session = self._sessions.get(wish.hub, wish.session).engine.identifier if wish.session else None
        try:
            self._engine.core.check_filter(wish.filter)
        except ValueError as error:
            raise Refusal(ErrorCode.INVALID_PARAMETER, str(error)) from None
        return {
            "hub": self._switches.identifier(wish.hub),
            "session": session,
            "drops": wish.drops,
            "filter": wish.filter,
            "snap": wish.snap,
            "count": wish.count,
            "about": f"hub {wish.hub}" + (f", filter: {wish.filter}" if wish.filter else ""),
            "descriptor": None,
        }

    def _open(self, arguments: TraceArguments, path: str) -> int:
        if not path:
            return self._engine.core.open_trace(arguments)
        descriptor = open_target(path)
        try:
            return self._engine.core.open_trace({**arguments, "descriptor": descriptor})
        finally:
            # The engine has one of its own.
            os.close(descriptor)

    def _watch(self, hub: str, identifier: int) -> None:
        timer = self._engine.loop.call_later(self._patience_seconds, self._abandon, identifier)
        self._running[identifier] = _Running(hub, identifier, timer)

    def _find(self, hub: str, identifier: int) -> _Running:
        running = self._running.get(identifier)
        if running is None or fold(running.hub) != fold(hub):
            raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {hub} has no trace {identifier}")
        return running

    def _abandon(self, identifier: int) -> None:
        if identifier in self._running:
            running = self._take(identifier)
            self._tasks.create_task(self._close(running, "nobody asked about it any more"))

    def _take(self, identifier: int) -> _Running:
        running = self._running.pop(identifier)
        running.timer.cancel()
        return running

    async def _close(self, running: _Running, reason: str) -> Seen:
        snapshot, lines = await asyncio.to_thread(self._engine.core.close_trace, running.identifier)
        _log.info(
            "trace ended",
            trace=running.identifier,
            hub=running.hub,
            reason=snapshot["error"] or reason,
            records=snapshot["records"],
            lost=snapshot["lost"],
        )
        return snapshot, lines


def _refuse_more(fact: str) -> Refusal:
    return Refusal(ErrorCode.TOO_MANY_CONNECTION, f"{fact} already; end one of them first")


def open_target(path: str) -> int:
    """Open a new file that is closed to others, or a pipe that somebody reads. Raises OSError."""
    try:
        return os.open(path, _WRITE | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if not stat.S_ISFIFO(os.lstat(path).st_mode):
            raise
    descriptor = os.open(path, _WRITE)
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        # It was replaced meanwhile.
        os.close(descriptor)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    return descriptor


def _explain(error: OSError, path: str) -> str:
    if isinstance(error, FileExistsError):
        return f"{path} exists already; name a new file"
    if error.errno == errno.ENXIO:
        return f"nobody reads the pipe {path}; start its reader first"
    return f"can't write {path}: {error.strerror}"
