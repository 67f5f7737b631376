"""What the handlers of calls work with: the services, and the facts of what really runs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from etherloom.model.bridge import LocalBridge
from etherloom.services.bridges import Bridges
from etherloom.services.certificates import Certificates
from etherloom.services.configurations import Configurations
from etherloom.services.devices import DeviceState
from etherloom.services.hubs import Hubs
from etherloom.services.listeners import Listeners
from etherloom.services.listening import EndpointState
from etherloom.services.network import MacRow
from etherloom.services.sessions import Sessions
from etherloom.services.status import Status
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


@dataclass(frozen=True, slots=True)
class House:
    """All that a call may touch. `backup` writes everything the server keeps to a new file."""

    owner: Owner
    hubs: Hubs
    users: Users
    listeners: Listeners
    bridges: Bridges
    certificates: Certificates
    status: Status
    sessions: Sessions
    actual: Actual
    traces: Traces
    configurations: Configurations
    backup: Callable[[str], Awaitable[None]]
