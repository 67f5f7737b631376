"""How the server and its machine are: times, counts, the system under it. Changes nothing."""

import platform
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from etherloom.model.names import fold
from etherloom.model.traffic import Traffic
from etherloom.services.sessions import RunningSession, Sessions
from etherloom.state import keys
from etherloom.state.changes import Change, Delete, DeletePrefix
from etherloom.state.documents import encode_record, find_kind
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot
from etherloom.store.counters import Counter, Counters

_MEMORY: Final = Path("/proc/meminfo")
_LINUX: Final = 3100
Usages = Callable[[str], Counter]


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
    """Times and counts of the running server.

    Log-ins and traffic of former sessions come from the counters, traffic of running ones from the engine.
    """

    def __init__(
        self,
        owner: Owner,
        sessions: Sessions,
        counters: Counters,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        """`clock`: Unix milliseconds; `monotonic`: seconds that never jump."""
        self._owner: Final = owner
        self._sessions: Final = sessions
        self._counters: Final = counters
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

    def traffic(self) -> Traffic:
        """What all hubs have carried."""
        hubs = self._owner.snapshot.hubs()
        return sum((self.hub_usage(hub.name).traffic for hub in hubs), Traffic())

    def hub_usage(self, hub: str) -> Counter:
        """Log-ins and traffic of a hub."""
        return self._usage(keys.hub_key(hub), self._sessions.list(hub))

    def user_usages(self, hub: str) -> Usages:
        """Log-ins and traffic of the users of a hub, by name."""
        running: dict[str, list[RunningSession]] = {}
        for session in self._sessions.list(hub):
            running.setdefault(fold(session.user), []).append(session)
        return lambda user: self._usage(keys.user_key(hub, user), running.get(fold(user), []))

    def _usage(self, key: str, running: Iterable[RunningSession]) -> Counter:
        """Former sessions and running ones together."""
        counter = self._counters.get(key)
        for session in running:
            counter = replace(
                counter,
                traffic=counter.traffic + session_traffic(session),
                last_seen=max(counter.last_seen, self._clock() - session.engine.snapshot()["idle_ms"]),
            )
        return counter


def forget_deleted(counters: Counters, change: Change) -> None:
    """Drop the counters of what a change deleted: what bears its name later starts from nothing."""
    for operation in change.operations:
        match operation:
            case DeletePrefix(prefix) if "/user/" in prefix:
                # Nothing is counted beneath a user; looking for it would cost a look at every counter.
                counters.forget(prefix)
            case DeletePrefix(prefix):
                counters.forget_beneath(prefix)
            case Delete(key):
                counters.forget(key)
            case _:
                continue


def measure_configuration(snapshot: Snapshot) -> int:
    """How many bytes all documents have. Takes a while where there are many."""
    kinds = ((find_kind(key), record) for key, record in snapshot.documents())
    return sum(len(encode_record(kind, record)) for kind, record in kinds if kind is not None)


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
