"""Log-ins and traffic of hubs and users go into the counters as sessions begin and end.

What running sessions have carried is no concern of the counters: it is read from the engine (see status).
"""

from collections.abc import Callable
from typing import Final

from etherloom.model.traffic import Traffic
from etherloom.services.sessions import RunningSession, SessionKind, Sessions
from etherloom.services.status import forget_deleted, session_traffic
from etherloom.state import keys
from etherloom.state.owner import Owner
from etherloom.store.counters import Counters


class Accounting:
    """Feeds the counters."""

    def __init__(
        self, counters: Counters, sessions: Sessions, owner: Owner, clock: Callable[[], int]
    ) -> None:
        self._counters: Final = counters
        self._sessions: Final = sessions
        self._clock: Final = clock
        sessions.on_started(self._started)
        sessions.on_ended(self._count)
        owner.subscribe(lambda _old, _new, change: forget_deleted(counters, change))

    def close(self) -> None:
        """Count what sessions carried that end with the server."""
        for session in self._sessions.all():
            self._count(session)

    def _started(self, session: RunningSession) -> None:
        for key in _keys(session):
            self._counters.record_login(key, session.connected_at)

    def _count(self, session: RunningSession) -> None:
        traffic = session_traffic(session)
        if traffic == Traffic():
            return
        for key in _keys(session):
            self._counters.add_traffic(key, traffic, self._clock())


def _keys(session: RunningSession) -> tuple[str, ...]:
    """A device and the administrator are nobody's users."""
    hub = keys.hub_key(session.hub)
    if session.administrator or session.kind is not SessionKind.CLIENT:
        return (hub,)
    return (hub, keys.user_key(session.hub, session.user))
