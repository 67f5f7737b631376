"""What the reference hub remembers: stations, addresses, floods, tokens. Nothing clever.

Where it knowingly differs from the original: what is too old counts for nothing; times are noted once a
second; where there is no room for an address the port's own oldest goes; of a storm every n-th frame passes.
"""

from dataclasses import dataclass, field

from tests.support.reference_frame import Address

NOTED_MS = 1000
EXCLUSIVE_MS = 14_000
SWEEP_MS = 1000


@dataclass
class Entry:
    """Where somebody is."""

    port: int
    created: int
    updated: int
    mac: bytes = b""
    by_dhcp: bool = False


@dataclass
class Stations:
    """Key: address and VLAN."""

    known: dict[tuple[bytes, int], Entry] = field(default_factory=dict)
    swept: int | None = None

    def alive(self, key: tuple[bytes, int], age: int, now: int) -> Entry | None:
        entry = self.known.get(key)
        return entry if entry and now - entry.updated < age else None

    def count(self, port: int) -> int:
        return sum(entry.port == port for entry in self.known.values())

    def sweep(self, age: int, now: int) -> None:
        if self.swept is None or now - self.swept > SWEEP_MS:
            self.swept = now
            self.known = {key: entry for key, entry in self.known.items() if now - entry.updated < age}


@dataclass
class Addresses:
    """Key: version, address, VLAN."""

    known: dict[tuple[Address, int], Entry] = field(default_factory=dict)
    swept: int | None = None

    def count(self, port: int, version: int) -> int:
        return sum(key[0].version == version and it.port == port for key, it in self.known.items())

    def sweep(self, ages: tuple[int, int], now: int) -> None:
        if self.swept is None or now - self.swept > SWEEP_MS:
            self.swept = now
            self.known = {
                key: entry for key, entry in self.known.items() if now - entry.updated < ages[entry.by_dhcp]
            }

    def make_room(self, key: tuple[Address, int], port: int, most: int) -> None:
        if key in self.known or len(self.known) < most:
            return
        own = [other for other, entry in self.known.items() if entry.port == port]
        victims = own or list(self.known)
        if victims:
            oldest = min(victims, key=lambda it: (self.known[it].updated, it[0].version, it[0], it[1]))
            del self.known[oldest]


@dataclass
class Storm:
    """One flood of one port."""

    count: int = 0
    start: int | None = None
    discard: int = 0
    turn: int = 0

    def judge(self, threshold: int, now: int) -> tuple[bool, int | None]:
        """Whether the frame passes, and the rate where a storm was seen."""
        self.count += 1
        elapsed = None if self.start is None else now - self.start
        if elapsed is None or elapsed > 500:
            rate, self.count, self.start = self.count * 2, 0, now
            if rate >= threshold:
                self.discard = max(self.discard, 1) * 2 if self.discard < 1024 else self.discard
                return False, rate
            self.discard //= max((elapsed or 0) // 500, 2)
        if self.discard < 3:
            return True, None
        if self.discard >= 128:
            return False, None
        self.turn += 1
        if self.turn < self.discard:
            return False, None
        self.turn = 0
        return True, None


@dataclass
class Tokens:
    """A rate limit, in thousandths of a bit. A frame passes while there are any, and may cost more."""

    level: int | None = None
    filled: int = 0

    def take(self, size: int, rate: int, now: int) -> bool:
        depth = max(rate // 1000 * 100, 2 * 1514 * 8) * 1000
        level = depth if self.level is None else self.level + rate * min(now - self.filled, 10_000)
        self.level, self.filled = min(level, depth), now
        if self.level <= 0:
            return False
        self.level -= size * 8 * 1000
        return True
