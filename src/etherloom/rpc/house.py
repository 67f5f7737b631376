"""What the handlers of calls work with: the services, and the facts of what really runs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from etherloom.model.bridge import LocalBridge
from etherloom.services.access_lists import AccessLists
from etherloom.services.authorities import Authorities
from etherloom.services.bridges import Bridges
from etherloom.services.cascades import Cascades
from etherloom.services.certificates import Certificates
from etherloom.services.clusters import Clusters
from etherloom.services.configurations import Configurations
from etherloom.services.connections import Connections
from etherloom.services.devices import DeviceState
from etherloom.services.groups import Groups
from etherloom.services.handles import Handles
from etherloom.services.hooks import HookCounts, Hooks
from etherloom.services.hubs import Hubs
from etherloom.services.keep_alive import LineKeeper
from etherloom.services.l3switches import L3Switches
from etherloom.services.listeners import Listeners
from etherloom.services.listening import EndpointState
from etherloom.services.log_files import LogFiles
from etherloom.services.network import IpRow, MacRow
from etherloom.services.options import Options
from etherloom.services.programs import Programs
from etherloom.services.protocols import OtherProtocols
from etherloom.services.restarts import Restarts
from etherloom.services.securenats import SecureNats
from etherloom.services.sessions import Sessions
from etherloom.services.status import Status
from etherloom.services.syslogs import Syslogs
from etherloom.services.traces import Traces
from etherloom.services.users import Users
from etherloom.state.owner import Owner


class Actual(Protocol):
    """What really runs, as services.network knows it."""

    def endpoints(self) -> Sequence[EndpointState]: ...
    def listener_error(self, port: int) -> str: ...
    def bridge_state(self, bridge: LocalBridge) -> DeviceState: ...
    def mac_table(self, hub: str) -> Sequence[MacRow]: ...
    def mac_count(self, hub: str) -> int: ...
    def ip_table(self, hub: str) -> Sequence[IpRow]: ...
    def ip_count(self, hub: str) -> int: ...
    def delete_ip(self, hub: str, address: IPv4Address | IPv6Address, vlan: int) -> bool: ...
    def delete_mac(self, hub: str, address: bytes, vlan: int) -> bool: ...


class Deliveries(Protocol):
    """How hooks do, as services.hook_delivery knows it. That pulls in the HTTP library, which is large."""

    def state(self, name: str) -> HookCounts: ...
    async def test(self, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class House:
    """All that a call may touch. `backup` writes everything the server keeps to a new file."""

    owner: Owner
    hubs: Hubs
    users: Users
    groups: Groups
    hooks: Hooks
    deliveries: Deliveries
    access_lists: AccessLists
    authorities: Authorities
    options: Options
    cascades: Cascades
    securenats: SecureNats
    handles: Handles
    listeners: Listeners
    bridges: Bridges
    certificates: Certificates
    status: Status
    sessions: Sessions
    actual: Actual
    traces: Traces
    configurations: Configurations
    backup: Callable[[str], Awaitable[None]]
    clusters: Clusters
    connections: Connections
    l3switches: L3Switches
    line: LineKeeper
    log_files: LogFiles
    programs: Programs
    protocols: OtherProtocols
    restarts: Restarts
    syslogs: Syslogs
