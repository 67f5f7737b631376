"""What a process holds, sampled over time, and whether it grows. Must not start or load anything."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.process import resident_bytes

# Memory that is taken once counts as warming up, not as growth.
_WARM_UP = 0.4
# Buffers that are kept for use again fill up in the first minutes, under a load that never rests.
MEMORY_LIMIT_BYTES = 24 << 20
"""What the memory of a process may grow by from the end of the warm-up to the end."""


@dataclass(frozen=True)
class Sample:
    """One look."""

    seconds: float
    memory_bytes: int
    descriptors: int
    threads: int


@dataclass
class Watch:
    """All looks at one process."""

    name: str
    pid: int
    samples: list[Sample] = field(default_factory=list)

    def look(self, seconds: float) -> None:
        descriptors, threads = (len(os.listdir(f"/proc/{self.pid}/{kind}")) for kind in ("fd", "task"))
        self.samples.append(Sample(seconds, resident_bytes(self.pid), descriptors, threads))

    @property
    def settled(self) -> Sequence[Sample]:
        """The looks after the warm-up."""
        start = self.samples[-1].seconds * _WARM_UP
        return [sample for sample in self.samples if sample.seconds >= start]

    @property
    def memory_growth(self) -> float:
        """Bytes, along the line of least squares."""
        looks = self.settled
        return slope([(one.seconds, one.memory_bytes) for one in looks]) * (
            looks[-1].seconds - looks[0].seconds
        )

    def faults(self) -> list[str]:
        """Return what grows, in words."""
        found = []
        if self.memory_growth > MEMORY_LIMIT_BYTES:
            found.append(f"{self.name}: memory grew by {self.memory_growth / (1 << 20):.1f} MiB")
        looks = self.settled
        half = len(looks) // 2
        for what in ("descriptors", "threads"):
            # Sessions come and go, so single looks differ; what they come back to must not rise.
            early, late = (min(getattr(one, what) for one in part) for part in (looks[:half], looks[half:]))
            if late > early + _tolerance(early):
                found.append(f"{self.name}: from {early} to {late} {what}")
        return found


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the line of least squares."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def _tolerance(count: int) -> int:
    return 3 + count // 10
