"""Running sessions follow the configuration: what a user may do changes at once, not at the next log-in.

Decides nothing: which policy goes for whom stands in policies.
"""

from collections.abc import Callable, Iterable
from typing import Final

from etherloom.auth.password import ADMINISTRATOR
from etherloom.handshake.negotiation import session_policy
from etherloom.model.names import fold
from etherloom.services.policies import effective_policy
from etherloom.services.sessions import RunningSession, SessionKind, Sessions
from etherloom.state import keys
from etherloom.state.changes import Change, DeletePrefix, Operation
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot


class Rights:
    """Keeps the sessions' rights what the newest snapshot says."""

    def __init__(self, owner: Owner, sessions: Sessions) -> None:
        self._owner: Final = owner
        self._sessions: Final = sessions
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._unsubscribe = self._owner.subscribe(self._changed)

    def stop(self) -> None:
        self._unsubscribe()

    def _changed(self, _old: Snapshot, new: Snapshot, change: Change) -> None:
        for session in self._touched(change.operations):
            self._renew(new, session)

    def _touched(self, operations: Iterable[Operation]) -> list[RunningSession]:
        """Sessions whose user, group or hub was changed."""
        places = [op for op in operations if _may_concern(_place(op))]
        if not places:
            return []
        exact = {_place(op) for op in places if not isinstance(op, DeletePrefix)}
        prefixes = tuple(_place(op) for op in places if isinstance(op, DeletePrefix))
        own = (session for session in self._sessions.all() if session.kind is SessionKind.CLIENT)
        return [s for s in own if any(k in exact or k.startswith(prefixes) for k in _keys(s))]

    def _renew(self, snapshot: Snapshot, session: RunningSession) -> None:
        """A user who was deleted meanwhile keeps what they had, as on stock servers."""
        user = None if session.administrator else snapshot.user(session.hub, session.user)
        if user is None and fold(session.user) != ADMINISTRATOR:
            return
        policy = session_policy(effective_policy(snapshot, session.hub, user), session.manner)
        group = user.group if user else ""
        if (policy, group) != (session.policy, session.group):
            self._sessions.renew(session, policy, group)


def _keys(session: RunningSession) -> tuple[str, ...]:
    """Where what the session may do stands in the configuration."""
    hub = session.hub
    group = (keys.group_key(hub, session.group),) if session.group else ()
    return (keys.user_key(hub, session.user), keys.limits_key(hub), *group)


def _may_concern(place: str) -> bool:
    return place.startswith("hub/")


def _place(operation: Operation) -> str:
    return operation.prefix if isinstance(operation, DeletePrefix) else operation.key
