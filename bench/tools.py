"""The measuring programs: where they are, how they are started, what they printed."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.etherloom import environment
from tests.support.packages import Programs
from tests.support.process import Process
from tests.support.tools import compiled
from tests.support.traffic import Station
from tests.support.waiting import wait_until

_IPERF_PORT = 5201
_PORT = 5300
_ROUND_TRIP = re.compile(r"time=([\d.]+) ms")
_COUNTS = re.compile(r"(\d+) packets transmitted, (\d+) received")

Figures = dict[str, float]


@dataclass(frozen=True)
class Plan:
    """How long each measurement takes."""

    stream_seconds: int = 3
    pings: int = 200
    pace_seconds: float = 1.0
    bisections: int = 4
    flood_seconds: float = 2.0
    storm_logins: int = 1500
    administration_seconds: int = 60
    idle_sessions: int = 10_000


QUICK = Plan(1, 50, 0.5, 2, 1.0, 200, 5, 500)


@dataclass(frozen=True)
class Tools:
    """Measuring programs with their output in a folder."""

    stock: Programs
    folder: Path

    def iperf(self, station: Station, *arguments: str) -> Process:
        """Start iperf3 in either role."""
        return station.namespace.start(
            str(self.stock.tool("iperf3")),
            *("--port", str(_IPERF_PORT), *arguments),
            log=self._log("iperf3"),
            environment=self.stock.environment(),
        )

    def listen_iperf(self, station: Station) -> Process:
        """Start a server for one run of iperf3 and wait until it listens."""
        server = self.iperf(station, "--server", "--one-off", "--bind", station.v4)
        wait_until(lambda: _listens(station, _IPERF_PORT), 10, "iperf3 does not listen")
        return server

    def ping(self, station: Station, address: str, count: int, interval: float) -> Process:
        """Start ping, which ends by itself."""
        return station.namespace.start(
            str(self.stock.tool("ping")),
            *("-n", "-c", str(count), "-i", str(interval), "-W", "2", address),
            log=self._log("ping"),
            environment=self.stock.environment(),
        )

    def administrator(self, station: Station, *arguments: str) -> Process:
        """Start a program that makes administration calls."""
        return station.namespace.start(
            *(sys.executable, "-m", "bench.administrator", *arguments),
            log=self._log("administrator"),
            environment=environment(),
        )

    def receiver(self, station: Station, tool: str, *arguments: str) -> tuple[Process, str]:
        """Start the listening side of one of our tools; return it with where it listens."""
        place = f"{station.v4}:{_PORT}"
        process = station.namespace.start(
            str(compiled(tool)), *arguments, "--listen", place, "--json", log=self._log(tool)
        )
        wait_until(lambda: "ready" in process.output(), 5, f"{tool} does not listen")
        return process, place

    def call(self, station: Station, tool: str, *arguments: str, timeout: float = 60.0) -> list[Any]:
        """Run one of our tools to its end and return what it printed, line by line."""
        done = station.namespace.run(str(compiled(tool)), *arguments, "--json", timeout=timeout)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def start(self, station: Station, tool: str, *arguments: str) -> Process:
        """Start one of our tools."""
        return station.namespace.start(str(compiled(tool)), *arguments, "--json", log=self._log(tool))

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}-{len(list(self.folder.glob('*.log')))}.log"


def printed(process: Process) -> list[Any]:
    """Return the figures of a tool that was started, as far as whole lines are there."""
    lines = process.output().rpartition("\n")[0].splitlines()
    return [json.loads(line) for line in lines if line[:1] == "{"]


def quantiles(name: str, ping: Process) -> Figures:
    """Return median and 99th percentile of the round-trip times."""
    times = round_trips(ping)
    return {f"{name}_p50_ms": median(times), f"{name}_p99_ms": p99(times)}


def round_trips(ping: Process) -> list[float]:
    """Return the times of all echoes that came back, in rising order."""
    times = sorted(float(text) for text in _ROUND_TRIP.findall(ping.output()))
    assert times, f"no echo came back: {ping.output()}"
    return times


def lost_percent(ping: Process) -> float:
    """Return how many echoes never came."""
    counts = _COUNTS.search(ping.output())
    assert counts, ping.output()
    return 100 * (1 - int(counts[2]) / int(counts[1]))


def median(ordered: Sequence[float]) -> float:
    """Return the middle one."""
    return ordered[len(ordered) // 2]


def p99(ordered: Sequence[float]) -> float:
    """Return what 99 of 100 do not exceed."""
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def _listens(station: Station, port: int) -> bool:
    with station.namespace.entered(), open("/proc/thread-self/net/tcp") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table)
