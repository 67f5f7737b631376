"""The TCP connections of the server, logged in or not: who is at the other end, since when, for what.

Frames and log-ins are others' business; here connections are only known, and ended when asked to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from etherloom.engine.facade import Connection
from etherloom.handshake.client_facts import ClientFacts
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold
from etherloom.services.sessions import RunningSession, Sessions


class ConnectionKind(IntEnum):
    """What a connection is for: wire numbers."""

    BEGINNING = 1
    LOGIN = 2
    ADDITIONAL = 3
    ADMINISTRATION = 5
    HUB_LIST = 6
    PASSWORD_CHANGE = 7
    OTHER = 0xFFFF_FFFF


@dataclass(slots=True, eq=False)
class Presence:
    """One connection. `since` is Unix ms; `hang_up` ends it.

    `session`: whose link it has become; `stays`: it lasts longer than the reception's care.
    """

    name: str
    peer: tuple[str, int]
    since: int
    identifier: int
    hang_up: Callable[[], None]
    kind: ConnectionKind = ConnectionKind.BEGINNING
    client: ClientFacts = field(default_factory=ClientFacts)
    session: RunningSession | None = None
    stays: bool = False


class Connections:
    """All connections that were accepted and are still there."""

    def __init__(self, sessions: Sessions, clock: Callable[[], int]) -> None:
        """`clock` gives Unix milliseconds."""
        self._clock: Final = clock
        self._present: Final[dict[str, Presence]] = {}
        self._links: Final[dict[RunningSession, list[Presence]]] = {}
        sessions.on_ended(self._forget_session)

    def arrive(self, name: str, connection: Connection, peer: tuple[str, int]) -> Presence:
        """A connection was accepted."""
        presence = Presence(name, peer, self._clock(), connection.identifier, connection.hang_up)
        self._present[fold(name)] = presence
        return presence

    def join(self, presence: Presence, session: RunningSession) -> None:
        """It is a link of a session from now on, and lasts as long as that has it."""
        presence.session = session
        presence.hang_up = lambda: session.engine.close_link(presence.identifier)
        # A client that renews its connections for months leaves none of the old ones behind.
        running = _links_of(session)
        for old in self._links.get(session, ()):
            if old.identifier not in running:
                self._present.pop(fold(old.name), None)
        left = [old for old in self._links.get(session, ()) if old.identifier in running]
        self._links[session] = [*left, presence]

    def stay(self, presence: Presence) -> Callable[[], None]:
        """Others than the reception talk to the peer from now on; returns what they call in the end."""
        presence.kind = ConnectionKind.OTHER
        presence.stays = True

        def end() -> None:
            self._present.pop(fold(presence.name), None)

        return end

    def leave(self, presence: Presence) -> None:
        """The reception is done with the peer; a session's link stays, and whom others serve."""
        if presence.session is None and not presence.stays:
            self._present.pop(fold(presence.name), None)

    def count(self) -> int:
        """How many are remembered: those that are there, and at most a few that have just gone."""
        return len(self._present)

    def all(self) -> Sequence[Presence]:
        """What is there now, in the order of arrival."""
        links = {session: _links_of(session) for session in self._links}
        return [
            one
            for one in self._present.values()
            if one.session is None or one.identifier in links.get(one.session, ())
        ]

    def get(self, name: str) -> Presence:
        """Raises Refusal (OBJECT_NOT_FOUND)."""
        presence = self._present.get(fold(name))
        if presence is None or (presence.session and presence.identifier not in _links_of(presence.session)):
            raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"there is no connection {name!r}; list them first")
        return presence

    def disconnect(self, name: str) -> None:
        """End a connection. A session lives on by those that it has besides. Raises Refusal."""
        self.get(name).hang_up()

    def _forget_session(self, session: RunningSession) -> None:
        for presence in self._links.pop(session, ()):
            self._present.pop(fold(presence.name), None)


def _links_of(session: RunningSession) -> frozenset[int]:
    return frozenset(link["connection"] for link in session.engine.snapshot()["links"])
