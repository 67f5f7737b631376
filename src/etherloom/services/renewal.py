"""What happens to running sessions when the server's certificate is replaced.

A stock client ends its session when a connection that it adds shows another certificate than the first one.
So a source address that holds sessions begun under the old certificate is shown that one until the last of
its sessions has ended.
"""

from typing import Final

from etherloom.engine.facade import Facade
from etherloom.services.sessions import RunningSession, SessionKind, Sessions


class Renewal:
    """Remembers which sources were promised an older certificate."""

    def __init__(self, engine: Facade, sessions: Sessions) -> None:
        self._engine: Final = engine
        self._sessions: Final = sessions
        self._holders: Final[dict[str, set[RunningSession]]] = {}
        sessions.on_started(self._started)
        sessions.on_ended(self._ended)

    def begin(self) -> None:
        """Another certificate is about to be shown: whoever has a session keeps the present one."""
        for session in self._sessions.all():
            if session.kind is SessionKind.CLIENT:
                self._holders.setdefault(_source(session), set()).add(session)
        self._engine.core.retain_identity(tuple(self._holders))

    def _started(self, session: RunningSession) -> None:
        holders = self._holders.get(_source(session))
        if holders is not None:
            holders.add(session)

    def _ended(self, session: RunningSession) -> None:
        source = _source(session)
        holders = self._holders.get(source, set())
        holders.discard(session)
        if source in self._holders and not holders:
            del self._holders[source]
            self._engine.core.release_identity(source)


def _source(session: RunningSession) -> str:
    return session.peer[0].partition("%")[0]
