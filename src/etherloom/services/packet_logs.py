"""Which frames are written down follows the configuration: each new snapshot becomes settings of the engine.

No frame, and no line of a file, passes through here; only lines that are sent by syslog do.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from etherloom.engine.facade import Facade, PacketLine
from etherloom.engine.snapshots import PacketLogArguments
from etherloom.model.hub import Hub
from etherloom.model.log import HubLog, Syslog, SyslogLevel
from etherloom.observe.logs import get_log
from etherloom.services.options import read_options
from etherloom.services.switches import Switches
from etherloom.state import keys
from etherloom.state.changes import Change, DeletePrefix, Operation
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

_KINDS: Final = 8
_FOLDER: Final = "packet_log"
_log = get_log("packet-log")


class PacketLogs:
    """The packet logs of the hubs that are on line.

    Made after whatever opens the hubs, so that it hears of changes later. `send` gets lines for the syslog
    server; without it they go to files, whatever is wanted. `json`: a file of JSON lines beside each file.
    """

    def __init__(
        self,
        owner: Owner,
        engine: Facade,
        switches: Switches,
        folder: Path,
        *,
        send: Callable[[Sequence[PacketLine]], None] | None = None,
        json: bool = False,
    ) -> None:
        self._engine: Final = engine
        self._switches: Final = switches
        self._folder: Final = folder / _FOLDER
        self._send: Final = send
        self._json: Final = json
        self._shown: dict[int, PacketLogArguments | None] = {}
        engine.on_packet_lines(self._take_lines)
        self._apply(owner.snapshot)
        self.close: Final = owner.subscribe(self._changed)

    def _changed(self, _old: Snapshot, new: Snapshot, change: Change) -> None:
        # Users are many, and nothing here is about them.
        if any("/user/" not in _place(operation) for operation in change.operations):
            self._apply(new)

    def _apply(self, snapshot: Snapshot) -> None:
        syslog = snapshot.find(keys.SYSLOG, Syslog)
        sends = self._send is not None and syslog is not None and syslog.level >= SyslogLevel.PACKETS
        shown: dict[int, PacketLogArguments | None] = {}
        for hub in snapshot.hubs():
            identifier = self._switches.find(hub.name)
            if identifier is not None:
                shown[identifier] = self._settings(snapshot, hub, sends=sends)
        for identifier, settings in shown.items():
            if settings != self._shown.get(identifier):
                self._engine.set_packet_log(identifier, settings)
        self._shown = shown

    def _settings(self, snapshot: Snapshot, hub: Hub, *, sends: bool) -> PacketLogArguments | None:
        log = snapshot.find(keys.hub_log_key(hub.name), HubLog) or HubLog()
        levels = log.packet_levels[:_KINDS]
        if not log.save_packets or not any(levels):
            return None
        options: Mapping[str, int] = read_options(snapshot, hub.name)
        return {
            "hub": hub.name,
            "levels": levels,
            "no_ipv4": bool(options["NoIPv4PacketLog"]),
            "no_ipv6": bool(options["NoIPv6PacketLog"]),
            "no_http": bool(options["DisableHttpParsing"]),
            "folder": None if sends else str(self._folder / hub.name),
            "switch": int(log.packet_switch),
            "file_bytes": 0,
            "json": self._json,
            "lines": sends,
            "no_addresses": bool(options["NoPhysicalIPOnPacketLog"]),
            "per_minute": options["MaxLoggedPacketsPerMinute"],
        }

    def _take_lines(self, lines: Sequence[PacketLine], lost: int) -> None:
        if lost:
            _log.warning("lines for the syslog server were lost", lost=lost)
        if self._send is not None:
            self._send(lines)


def _place(operation: Operation) -> str:
    return operation.prefix if isinstance(operation, DeletePrefix) else operation.key
