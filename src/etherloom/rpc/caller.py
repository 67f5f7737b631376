"""Who makes a call: proven by a log-in or by the operating system before the first call."""

from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address

from etherloom.model.names import fold
from etherloom.state.changes import Origin

LOCAL_SOCKET = "local socket"


class Role(Enum):
    """What an administrator administers."""

    SERVER = "server administrator"
    HUB = "hub administrator"


@dataclass(frozen=True, slots=True)
class Caller:
    """An administrator. `where` is the address of a remote one; `own_calls`: may use calls of our own."""

    role: Role
    hub: str = ""
    where: str = LOCAL_SOCKET
    own_calls: bool = False

    @classmethod
    def local(cls) -> "Caller":
        """The server's administrator at the Unix socket."""
        return cls(Role.SERVER, own_calls=True)

    @property
    def name(self) -> str:
        return self.role.value if self.role is Role.SERVER else f"{self.role.value} of {self.hub}"

    @property
    def origin(self) -> Origin:
        return Origin(self.name, self.where)

    @property
    def is_server_administrator(self) -> bool:
        return self.role is Role.SERVER

    @property
    def is_on_this_machine(self) -> bool:
        """True for the Unix socket and for loopback addresses."""
        return self.where == LOCAL_SOCKET or ip_address(self.where.partition("%")[0]).is_loopback

    def administers(self, hub: str) -> bool:
        """True if this hub is the caller's to change."""
        return self.is_server_administrator or (bool(self.hub) and fold(hub) == fold(self.hub))
