"""The interfaces behind which stock programs and ours look alike to a test."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.netns import Namespace


class Kind(enum.Enum):
    """Whose program it is."""

    STOCK = "stock"
    OURS = "ours"


@dataclass(frozen=True)
class Account:
    """How a client connects."""

    server: str
    hub: str
    user: str
    password: str | None = "secret"
    port: int = 443
    connections: int = 1
    compress: bool = False
    half_duplex: bool = False
    encrypt: bool = True
    retry_seconds: int = 5
    udp_acceleration: bool = False
    super_frames: bool = True
    lifetime: int = 0
    """Seconds after which each connection is replaced; 0 for never."""

    @property
    def destination(self) -> str:
        host = f"[{self.server}]" if ":" in self.server else self.server
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class SessionFacts:
    """What a server tells of a running session."""

    name: str
    user: str


@dataclass(frozen=True)
class LinkFacts:
    """What a client tells of its session."""

    connections: int
    compressed: bool
    half_duplex: bool
    encrypted: bool


class Server(Protocol):
    """A VPN server in a namespace."""

    kind: Kind
    namespace: Namespace

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def set_admin_password(self, password: str) -> None: ...
    def create_hub(self, hub: str, max_sessions: int = 0) -> None: ...
    def allow_plaintext(self, hub: str) -> None: ...
    def delete_hub(self, hub: str) -> None: ...
    def set_hub_online(self, hub: str, *, online: bool) -> None: ...
    def create_user(self, hub: str, user: str, password: str | None = "secret") -> None: ...
    def expire_user(self, hub: str, user: str) -> None: ...
    def set_timeout(self, hub: str, user: str, seconds: int) -> None: ...
    def set_policy(self, hub: str, user: str, **items: int) -> None:
        """Change some items of a user's policy, by their names."""

    def set_options(self, hub: str, **options: int) -> None:
        """Change some options of a hub, by their names."""

    def sessions(self, hub: str) -> list[SessionFacts]: ...
    def disconnect(self, hub: str, session: str) -> None: ...
    def uses_udp(self, hub: str, session: str) -> bool:
        """Tell whether it says that the session's frames go by UDP."""

    def bridge(self, hub: str, tap: str) -> str: ...
    def pids(self) -> list[int]: ...
    def logs(self) -> Mapping[str, Path]: ...


class Client(Protocol):
    """A VPN client in a namespace."""

    kind: Kind
    namespace: Namespace

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def connect(self, account: Account) -> None:
        """Begin to connect; returns before the session stands."""

    def disconnect(self) -> None: ...
    def established(self) -> bool: ...
    def link(self) -> LinkFacts: ...
    def uses_udp(self) -> bool:
        """Tell whether it says that its frames go by UDP."""

    def failures(self) -> list[int]:
        """Return the codes of the failed attempts since `connect`."""

    @property
    def interface(self) -> str: ...
    def pids(self) -> list[int]: ...
    def logs(self) -> Mapping[str, Path]: ...
