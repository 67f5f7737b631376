"""Round-trip times by the system's own ping, beside whatever the test's process is busy with."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.support.packages import Programs
from tests.support.process import Process
from tests.support.traffic import Station
from tests.support.waiting import wait_until

_ROUND_TRIP = re.compile(r"time=([\d.]+) ms")
_SENT = re.compile(r"(\d+) packets transmitted, (\d+) received")
INTERVAL_SECONDS = 0.01


@dataclass(frozen=True)
class Latency:
    """Milliseconds, and the share of echoes that never came."""

    p50: float
    p99: float
    loss: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.2f} p99 {self.p99:.2f} ms, {self.loss:.0%} lost"


class Pinger:
    """Pings from one station until the block ends."""

    def __init__(self, programs: Programs, station: Station, address: str, folder: Path) -> None:
        self._programs, self._station, self._address = programs, station, address
        self._log = folder / f"ping-{len(list(folder.glob('ping-*')))}.log"
        self._process: Process | None = None

    def __enter__(self) -> "Pinger":
        self._process = self._start()
        wait_until(lambda: "time=" in self._log.read_text(), 10, "no echo comes back")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        # ping sums up on SIGINT.
        self._process.signal(signal.SIGINT)
        self._process.wait(10)

    def finish(self, count: int) -> Latency:
        """Send so many and return what came of them."""
        self._start("-c", str(count)).wait(count * INTERVAL_SECONDS + 10)
        return self.latency()

    def latency(self) -> Latency:
        """Return what came of all echoes of the run that is over."""
        text = self._log.read_text()
        times = sorted(float(found) for found in _ROUND_TRIP.findall(text))
        assert times, f"no echo came back: {text}"
        counts = _SENT.search(text)
        assert counts, text
        # The last echo may have been under way when ping was stopped.
        lost = max(int(counts[1]) - int(counts[2]) - 1, 0)
        loss = lost / int(counts[1])
        return Latency(times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)], loss)

    def _start(self, *options: str) -> Process:
        return self._station.namespace.start(
            str(self._programs.tool("ping")),
            *("-n", "-i", str(INTERVAL_SECONDS), "-W", "2", *options, self._address),
            log=self._log,
            environment=self._programs.environment(),
        )
