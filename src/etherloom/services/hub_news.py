"""What hubs tell people becomes lines of the log, with sessions by name, as far as the options want it."""

from collections.abc import Mapping, Sequence
from typing import Final

from etherloom.engine.snapshots import HubEventRow
from etherloom.observe.logs import get_log
from etherloom.services.options import read_options
from etherloom.services.sessions import Sessions
from etherloom.services.switches import Switches
from etherloom.state.owner import Owner

_log = get_log("hub")
_HEAD: Final = ("event", "session", "other")
# Where a line of its own is not worth a warning.
_USUAL: Final = frozenset({"new_mac", "allotted"})


class HubNews:
    """Follows the hubs that are on line."""

    def __init__(self, owner: Owner, switches: Switches, sessions: Sessions) -> None:
        self._owner: Final = owner
        self._sessions: Final = sessions
        switches.on_news(self._tell)

    def _tell(self, hub: str, events: Sequence[HubEventRow], lost: int) -> None:
        if self._owner.snapshot.hub(hub) is None:
            return
        options = read_options(self._owner.snapshot, hub)
        names = {session.engine.identifier: session.name for session in self._sessions.list(hub)}
        for event in events:
            if is_wanted(event, options):
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


def is_wanted(event: HubEventRow, options: Mapping[str, int]) -> bool:
    """Tell whether the options of a hub let people hear of this (reference: virtual hub, section 5.4)."""
    if options["DoNotSaveHeavySecurityLogs"]:
        return event["event"] == "loop"
    if event["event"] == "new_mac":
        return event.get("moved", False) or not options["NoMacAddressLog"]
    if event["event"] == "allotted":
        return event["session"] != event["other"] or not options["NoDhcpPacketLogOutsideHub"]
    return True


def _text(value: object) -> object:
    return value.hex(":") if isinstance(value, bytes) else value
