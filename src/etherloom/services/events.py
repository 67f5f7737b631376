"""Events of log-ins and sessions, for whoever asked: hooks, and callables in this process.

Does nothing about them, and keeps none.
"""

from collections.abc import Callable
from typing import Final

from etherloom.handshake.messages import LoginRequest
from etherloom.model.hook import Event, EventKind
from etherloom.observe.logs import get_log
from etherloom.services.admission import Granted, Refused
from etherloom.services.sessions import RunningSession, SessionKind, Sessions

Subscriber = Callable[[Event], None]
_log = get_log("event")


class Events:
    """Where events come together."""

    def __init__(self, sessions: Sessions, clock: Callable[[], int]) -> None:
        self._sessions: Final = sessions
        self._clock: Final = clock
        self._subscribers: Final[dict[object, Subscriber]] = {}
        # One that never came up doesn't go down either.
        self._up: Final[set[RunningSession]] = set()
        sessions.on_started(self._started)
        sessions.on_ended(self._ended)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have `subscriber` called at once for each event; it must not wait. Returns the way to end that."""
        token = object()
        self._subscribers[token] = subscriber

        def unsubscribe() -> None:
            self._subscribers.pop(token, None)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Tell everybody. One who fails costs the others nothing."""
        for subscriber in tuple(self._subscribers.values()):
            try:
                subscriber(event)
            except Exception:
                _log.exception("a subscriber to events failed", kind=event.kind)

    def judged(
        self, request: LoginRequest, verdict: Granted | Refused, connection: str, peer: tuple[str, int]
    ) -> None:
        """A log-in was granted or refused."""
        granted = isinstance(verdict, Granted)
        self.publish(
            Event(
                EventKind.LOGIN_GRANTED if granted else EventKind.LOGIN_REFUSED,
                self._clock(),
                hub=verdict.hub if isinstance(verdict, Granted) else request.hub,
                user=verdict.user if isinstance(verdict, Granted) else request.user,
                connection=connection,
                address=peer[0],
                port=peer[1],
                host=request.client.hostname,
                client=request.client.product,
                code=0 if isinstance(verdict, Granted) else int(verdict.code),
                reason="" if isinstance(verdict, Granted) else verdict.reason,
            )
        )

    def _started(self, session: RunningSession) -> None:
        if session.kind is SessionKind.CLIENT:
            self._up.add(session)
            self.publish(self._about(EventKind.SESSION_UP, session))

    def _ended(self, session: RunningSession) -> None:
        if session not in self._up:
            return
        self._up.discard(session)
        self.publish(self._about(EventKind.SESSION_DOWN, session))

    def _about(self, kind: EventKind, session: RunningSession) -> Event:
        ended = kind is EventKind.SESSION_DOWN
        counters = session.engine.snapshot()
        now = self._clock()
        return Event(
            kind,
            now,
            hub=session.hub,
            user=session.user,
            session=session.name,
            connection=session.connection_name,
            address=session.peer[0],
            port=session.peer[1],
            host=session.client.hostname,
            client=session.client.product,
            reason=self._sessions.reason_of(session) if ended else "",
            duration_ms=max(0, now - session.connected_at) if ended else 0,
            bytes_received=counters["bytes_received"] if ended else 0,
            bytes_sent=counters["bytes_sent"] if ended else 0,
        )
