"""What hubs tell people becomes lines of the log, with sessions by name. Decides nothing."""

from collections.abc import Sequence
from typing import Final

from etherloom.engine.snapshots import HubEventRow
from etherloom.observe.logs import get_log
from etherloom.services.sessions import Sessions
from etherloom.services.switches import Switches

_log = get_log("hub")
_HEAD: Final = ("event", "session", "other")
# Where a line of its own is not worth a warning.
_USUAL: Final = frozenset({"new_mac", "allotted"})


class HubNews:
    """Follows the hubs that are on line."""

    def __init__(self, switches: Switches, sessions: Sessions) -> None:
        self._sessions: Final = sessions
        switches.on_news(self._tell)

    def _tell(self, hub: str, events: Sequence[HubEventRow], lost: int) -> None:
        names = {session.engine.identifier: session.name for session in self._sessions.list(hub)}
        for event in events:
            self._write(hub, event, names)
        if lost:
            _log.warning("a hub had more to tell than anybody could read", hub=hub, lost=lost)

    def _write(self, hub: str, event: HubEventRow, names: dict[int, str]) -> None:
        facts = {key: _text(value) for key, value in event.items() if key not in _HEAD}
        session, other = (names.get(number or 0) for number in (event["session"], event["other"]))
        if other is not None:
            facts["other"] = other
        write = _log.info if event["event"] in _USUAL else _log.warning
        write(event["event"].replace("_", " "), hub=hub, session=session, **facts)


def _text(value: object) -> object:
    return value.hex(":") if isinstance(value, bytes) else value
