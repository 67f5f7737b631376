"""Log-ins and traffic of hubs and users, counted while sessions run. Counters are no configuration."""

import asyncio
from collections.abc import Callable
from typing import Final

from etherloom.engine.snapshots import SessionSnapshot
from etherloom.model.traffic import Traffic
from etherloom.services.sessions import RunningSession, SessionKind, Sessions
from etherloom.state import keys
from etherloom.state.changes import Change, Delete, DeletePrefix
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot
from etherloom.store.counters import Counters

SAMPLE_SECONDS: Final = 30.0


class Accounting:
    """Feeds the counters from the sessions. `run` must be running for long sessions to be counted."""

    def __init__(
        self, counters: Counters, sessions: Sessions, owner: Owner, clock: Callable[[], int]
    ) -> None:
        self._counters: Final = counters
        self._sessions: Final = sessions
        self._clock: Final = clock
        self._counted: dict[RunningSession, Traffic] = {}
        sessions.on_started(self._started)
        sessions.on_ended(self._ended)
        owner.subscribe(self._changed)

    async def run(self) -> None:
        """Count what running sessions carried, every now and then, for ever."""
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            self.sample()

    def sample(self) -> None:
        """Count what running sessions carried since the last time."""
        for session in self._sessions.all():
            self._count(session, read_traffic(session.engine.snapshot()))

    def _started(self, session: RunningSession) -> None:
        self._counters.record_login(keys.hub_key(session.hub), session.connected_at)
        if not session.administrator:
            self._counters.record_login(keys.user_key(session.hub, session.user), session.connected_at)

    def _ended(self, session: RunningSession, counters: SessionSnapshot) -> None:
        self._count(session, read_traffic(counters))
        self._counted.pop(session, None)

    def _count(self, session: RunningSession, total: Traffic) -> None:
        new = _difference(total, self._counted.get(session, Traffic()))
        self._counted[session] = total
        if new == Traffic():
            return
        now = self._clock()
        self._counters.add_traffic(keys.hub_key(session.hub), new, now)
        if session.kind is SessionKind.CLIENT and not session.administrator:
            self._counters.add_traffic(keys.user_key(session.hub, session.user), new, now)

    def _changed(self, _old: Snapshot, _new: Snapshot, change: Change) -> None:
        """What bears the name of something deleted later starts from nothing."""
        for operation in change.operations:
            match operation:
                case DeletePrefix(prefix) if "/user/" in prefix.rstrip("/"):
                    self._counters.forget(prefix.rstrip("/"))
                case DeletePrefix(prefix):
                    self._counters.forget_beneath(prefix)
                case Delete(key):
                    self._counters.forget(key)


def read_traffic(counters: SessionSnapshot) -> Traffic:
    """The engine counts all frames and those to many; the rest went to one."""
    return Traffic(
        received_broadcast_bytes=counters["broadcast_bytes_received"],
        received_broadcast_frames=counters["broadcast_frames_received"],
        received_unicast_bytes=counters["bytes_received"] - counters["broadcast_bytes_received"],
        received_unicast_frames=counters["frames_received"] - counters["broadcast_frames_received"],
        sent_broadcast_bytes=counters["broadcast_bytes_sent"],
        sent_broadcast_frames=counters["broadcast_frames_sent"],
        sent_unicast_bytes=counters["bytes_sent"] - counters["broadcast_bytes_sent"],
        sent_unicast_frames=counters["frames_sent"] - counters["broadcast_frames_sent"],
    )


def _difference(total: Traffic, counted: Traffic) -> Traffic:
    names = Traffic.__slots__
    return Traffic(**{name: getattr(total, name) - getattr(counted, name) for name in names})
