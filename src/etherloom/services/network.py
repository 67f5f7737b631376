"""Actual state follows desired state: each new snapshot becomes hubs, bridges, listeners and an identity.

Writes no configuration. What can't be done is a status that is tried again, never a failed change.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from etherloom.engine.commands import ListenerLimits
from etherloom.engine.facade import Connection, Facade
from etherloom.model.bridge import LocalBridge
from etherloom.model.listener import DEFAULT_PORTS, Listener
from etherloom.model.names import fold
from etherloom.model.server import ServerIdentity, ServerSettings
from etherloom.observe.logs import get_log
from etherloom.services.devices import Devices, DeviceState
from etherloom.services.frame_rules import hub_rules
from etherloom.services.listening import EVERYWHERE, Endpoint, EndpointState, Listening
from etherloom.services.renewal import Renewal
from etherloom.services.sessions import Sessions
from etherloom.services.switches import Switches
from etherloom.state.changes import Change, DeletePrefix, Operation
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

_log = get_log("network")


@dataclass(frozen=True, slots=True)
class MacRow:
    """One row of a hub's MAC table. Times are Unix milliseconds."""

    session: str
    address: bytes
    vlan: int
    created: int
    updated: int


@dataclass(frozen=True, slots=True)
class IpRow:
    """One row of a hub's table of IP addresses. Times are Unix milliseconds."""

    session: str
    address: IPv4Address | IPv6Address
    vlan: int
    from_dhcp: bool
    created: int
    updated: int


class Network:
    """Everything of this server that runs because the configuration says so."""

    def __init__(
        self,
        owner: Owner,
        engine: Facade,
        switches: Switches,
        sessions: Sessions,
        devices: Devices,
        listening: Listening,
        clock: Callable[[], int],
        instead_of_defaults: Sequence[Endpoint] = (),
    ) -> None:
        """`instead_of_defaults`: sockets to open in this run in place of the default ports."""
        self._owner: Final = owner
        self._engine: Final = engine
        self._switches: Final = switches
        self._sessions: Final = sessions
        self._devices: Final = devices
        self._listening: Final = listening
        self._clock: Final = clock
        self._extra: Final = tuple(instead_of_defaults)
        self._shown: tuple[ServerIdentity | None, tuple[str, ...], str] = (None, (), "")
        self._unsubscribe: Callable[[], None] = lambda: None
        self._renewal: Final = Renewal(engine, sessions)
        self._accept: Callable[[Connection], None] = Connection.close

    def start(self, accept: Callable[[Connection], None]) -> None:
        """Open all that is configured and follow the changes; `accept` gets each new connection."""
        self._accept = accept
        self._apply(self._owner.snapshot)
        self._unsubscribe = self._owner.subscribe(self._changed)

    def stop(self) -> None:
        """Stop following and accept nobody any more; what runs is ended with the engine."""
        self._unsubscribe()
        self._listening.reconcile((), self._accept)

    # -- questions

    def endpoints(self) -> Sequence[EndpointState]:
        """Every socket that is wanted, and how it is."""
        return self._listening.states()

    def listener_error(self, port: int) -> str:
        """Why nothing accepts on a port of the configuration; empty when something does."""
        error = self._listening.port_error(port)
        return "replaced for this run by --listen" if error is None else error

    def bridge_state(self, bridge: LocalBridge) -> DeviceState:
        return self._devices.state(bridge)

    def mac_table(self, hub: str) -> Sequence[MacRow]:
        now = self._clock()
        names = {s.engine.identifier: s.name for s in self._sessions.list(hub)}
        return [
            MacRow(
                names.get(row["session"], ""),
                row["address"],
                row["vlan"],
                now - row["created_ms_ago"],
                now - row["updated_ms_ago"],
            )
            for row in self._switches.mac_table(hub)
        ]

    def mac_count(self, hub: str) -> int:
        return self._switches.mac_count(hub)

    def delete_mac(self, hub: str, address: bytes, vlan: int = 0) -> bool:
        return self._switches.delete_mac(hub, address, vlan)

    def ip_table(self, hub: str) -> Sequence[IpRow]:
        now = self._clock()
        names = {s.engine.identifier: s.name for s in self._sessions.list(hub)}
        return [
            IpRow(
                names.get(row["session"], ""),
                ip_address(row["address"]),
                row["vlan"],
                row["by_dhcp"],
                now - row["created_ms_ago"],
                now - row["updated_ms_ago"],
            )
            for row in self._switches.ip_table(hub)
        ]

    def ip_count(self, hub: str) -> int:
        return self._switches.ip_count(hub)

    def delete_ip(self, hub: str, address: IPv4Address | IPv6Address, vlan: int) -> bool:
        return self._switches.delete_ip(hub, str(address), vlan)

    # -- following the configuration

    def _changed(self, _old: Snapshot, new: Snapshot, change: Change) -> None:
        if _concerns_network(change):
            self._apply(new)

    def _apply(self, snapshot: Snapshot) -> None:
        self._apply_identity(snapshot.identity, snapshot.server)
        self._open_hubs(snapshot)
        self._devices.reconcile(b for b in snapshot.bridges() if self._switches.find(b.hub) is not None)
        self._listening.reconcile(self._wanted_endpoints(snapshot.listeners()), self._accept)

    def _apply_identity(self, identity: ServerIdentity | None, settings: ServerSettings) -> None:
        wanted = (identity, settings.ciphers, settings.tls_minimum)
        if identity is not None and wanted != self._shown:
            if self._shown[0] not in (None, identity):
                self._renewal.begin()
            self._engine.core.set_identity(
                identity.chain, identity.private_key, settings.ciphers, settings.tls_minimum == "1.3"
            )
            self._shown = wanted

    def _open_hubs(self, snapshot: Snapshot) -> None:
        online = {fold(hub.name): hub for hub in snapshot.hubs() if hub.online}
        for name in self._switches.names() - online.keys():
            self._sessions.close_hub(name, "the hub is off line or deleted")
            self._switches.close(name)
            _log.info("hub is off line", hub=name)
        new = online.keys() - self._switches.names()
        machine = snapshot.identity.chain[0] if snapshot.identity else b""
        for name in online:
            self._switches.open(name, hub_rules(snapshot, name, machine))
        for name in new:
            _log.info("hub is on line", hub=online[name].name)

    def _wanted_endpoints(self, listeners: Iterable[Listener]) -> Sequence[Endpoint]:
        wanted = list(self._extra)
        for listener in listeners:
            replaced = self._extra and listener.port in DEFAULT_PORTS
            if listener.enabled and not replaced:
                limits = ListenerLimits(listener.unestablished_per_source, listener.unestablished_total)
                wanted += [Endpoint(address, listener.port, limits) for address in EVERYWHERE]
        return wanted


def _concerns_network(change: Change) -> bool:
    """False for changes of users, which are many and touch nothing that runs here."""
    return any("/user/" not in _place(operation) for operation in change.operations)


def _place(operation: Operation) -> str:
    return operation.prefix if isinstance(operation, DeletePrefix) else operation.key
