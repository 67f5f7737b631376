"""How the server and its machine are: times, counts, the system under it. Changes nothing."""

import platform
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Self

from etherloom.engine.snapshots import SessionSnapshot
from etherloom.services.sessions import RunningSession, Sessions
from etherloom.state.owner import Owner

_MEMORY: Final = Path("/proc/meminfo")
_LINUX: Final = 3100


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine's name and operating system. `os_type` is the wire's number for it."""

    host: str
    os_type: int
    system: str
    product: str
    vendor: str
    version: str
    kernel: str
    kernel_version: str


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of the machine in bytes; zeros where the system doesn't say."""

    total: int = 0
    free: int = 0

    @property
    def used(self) -> int:
        return self.total - self.free


class Status:
    """Times and counts of the running server."""

    def __init__(
        self, owner: Owner, sessions: Sessions, clock: Callable[[], int], monotonic: Callable[[], float]
    ) -> None:
        """`clock`: Unix milliseconds; `monotonic`: seconds that never jump."""
        self._owner: Final = owner
        self._sessions: Final = sessions
        self._clock: Final = clock
        self._monotonic: Final = monotonic
        self.started: Final = clock()
        self.machine: Final = read_machine()

    def now(self) -> int:
        """Unix milliseconds."""
        return self._clock()

    def tick(self) -> int:
        """Milliseconds of a clock that never jumps."""
        return int(self._monotonic() * 1000)

    def user_count(self) -> int:
        """Users of all hubs."""
        snapshot = self._owner.snapshot
        return sum(snapshot.user_count(hub.name) for hub in snapshot.hubs())

    def connection_count(self) -> int:
        """Connections of all sessions."""
        return sum(session.connections for session in self._sessions.all())

    def traffic(self, hub: str | None = None) -> Traffic:
        """What the running sessions of a hub, or of the server, have carried."""
        running = self._sessions.all() if hub is None else self._sessions.list(hub)
        return sum((session_traffic(session) for session in running), Traffic())


def session_traffic(session: RunningSession) -> Traffic:
    """What one session has carried so far. The engine counts all frames and those to many."""
    counters = session.engine.snapshot()
    return Traffic(
        counters["broadcast_bytes_received"],
        counters["broadcast_frames_received"],
        counters["bytes_received"] - counters["broadcast_bytes_received"],
        counters["frames_received"] - counters["broadcast_frames_received"],
        counters["broadcast_bytes_sent"],
        counters["broadcast_frames_sent"],
        counters["bytes_sent"] - counters["broadcast_bytes_sent"],
        counters["frames_sent"] - counters["broadcast_frames_sent"],
    )


def read_machine() -> Machine:
    """Ask the operating system for its names."""
    release: dict[str, str] = {}
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        # Not a Linux distribution, or a very small one: the names stay empty.
        release = {}
    return Machine(
        host=socket.gethostname(),
        os_type=_LINUX,
        system=platform.system(),
        product=release.get("PRETTY_NAME", ""),
        vendor=release.get("NAME", ""),
        version=release.get("VERSION_ID", ""),
        kernel=f"{platform.system()} Kernel",
        kernel_version=platform.release(),
    )


def read_memory(path: Path = _MEMORY) -> Memory:
    """Ask the kernel for its memory."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return Memory()
    found = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    try:
        return Memory(int(found["MemTotal"][0]) * 1024, int(found["MemAvailable"][0]) * 1024)
    except (KeyError, IndexError, ValueError):
        return Memory()
