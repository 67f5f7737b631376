"""Measurements of a server alone, with a crowd: fan-out through a hub, memory of idle sessions."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.netns import Namespace
from tests.support.packages import Programs
from tests.support.peers import Kind
from tests.support.traffic import Station
from tests.support.waiting import wait_until

from bench.cable import Cable, cable
from bench.course import HUB, new_server
from bench.tools import Figures, Plan, Tools, printed

_CROWD = "crowd"
_CROWDS = (2, 20, 200)
# Frames that a session may have under way. What suits one server overruns another: the better one counts.
_WINDOWS = (16, 62)
_FRAME_BYTES = 512


@dataclass(frozen=True)
class Hall:
    """A server with a hub and a user that needs no password."""

    cable: Cable
    pids: tuple[int, ...]

    @property
    def station(self) -> Station:
        """Return where the crowd stands."""
        address = self.cable.addresses[0]
        return Station(self.cable.near, "lan0", address.v4, address.v6)

    def crowd(self, sessions: int) -> list[str]:
        """Return how a crowd is told to come here."""
        return [
            *("--to", f"{self.cable.addresses[1].v4}:443", "--hub", HUB, "--user", _CROWD),
            *("--sessions", str(sessions), "--cpu-of", ",".join(map(str, self.pids))),
        ]


@contextlib.contextmanager
def hall(kind: Kind, folder: Path, stock: Programs) -> Iterator[Hall]:
    """Run a fresh server."""
    with contextlib.ExitStack() as stack:
        below = stack.enter_context(cable(None, folder))
        server = new_server(kind, below.far, folder / "server", stock)
        stack.callback(server.stop)
        server.start()
        server.create_hub(HUB)
        server.create_user(HUB, _CROWD, None)
        _widen_ports(below.near)
        yield Hall(below, tuple(server.pids()))


def fan_out(place: Hall, tools: Tools, plan: Plan) -> Figures:
    """Frames that pairs of sessions get through one hub, for each second of the server's processor time."""
    figures: Figures = {}
    for sessions in _CROWDS:
        runs = [_flood(place, tools, plan, sessions, window) for window in _WINDOWS]
        best = max(runs, key=lambda run: run["frames"] / max(run["flood_cpu_seconds"], 0.01))
        figures[f"fanout{sessions}_kframes_per_cpu_s"] = best["frames"] / best["flood_cpu_seconds"] / 1e3
        figures[f"fanout{sessions}_kframes_per_s"] = best["frames_a_second"] / 1e3
    return figures


def _flood(place: Hall, tools: Tools, plan: Plan, sessions: int, window: int) -> Figures:
    how = ("--flood", str(plan.flood_seconds), "--size", str(_FRAME_BYTES), "--window", str(window))
    _, flood = tools.call(place.station, "etherloom-crowd", *place.crowd(sessions), *how, timeout=120)
    assert flood["still_inside"] == sessions, f"sessions were lost under load: {flood}"
    return dict(flood)


def memory(place: Hall, tools: Tools, plan: Plan) -> Figures:
    """What each idle session adds to the server's memory, and how many sessions there are then."""
    before = _memory(place.pids)
    crowd = tools.start(
        place.station,
        "etherloom-crowd",
        *(*place.crowd(plan.idle_sessions), "--hold", "120", "--concurrency", "64"),
    )
    try:
        wait_until(lambda: printed(crowd) or not crowd.alive, 600, "the crowd does not get in")
        sessions = printed(crowd)[0]["logged_in"]
        after = _settled(place)
    finally:
        crowd.kill()
    rss, pss = ((late - early) / sessions for early, late in zip(before, after, strict=True))
    return {"idle_sessions": sessions, "memory_rss_kib": rss, "memory_pss_kib": pss}


def aftermath(place: Hall, tools: Tools, plan: Plan) -> Figures:
    """What each session still adds to the server's memory after it has had much to do."""
    sessions = _CROWDS[-1]
    before = _memory(place.pids)
    flood = ("--flood", str(plan.flood_seconds), "--size", str(_FRAME_BYTES), "--hold", "60")
    crowd = tools.start(place.station, "etherloom-crowd", *place.crowd(sessions), *flood)
    try:
        wait_until(lambda: len(printed(crowd)) > 1 or not crowd.alive, 60, "the flood does not end")
        after = _settled(place)
    finally:
        crowd.kill()
    return {"memory_after_flood_kib": (after[0] - before[0]) / sessions}


def _settled(place: Hall) -> tuple[float, float]:
    """Return the memory once it has stopped to change."""
    seen = [_memory(place.pids)]

    def rests() -> bool:
        seen.append(_memory(place.pids))
        return abs(seen[-1][0] - seen[-2][0]) <= seen[-1][0] / 200

    wait_until(rests, 60, "the server's memory keeps changing", interval=1.0)
    return seen[-1]


def _memory(pids: tuple[int, ...]) -> tuple[float, float]:
    """Return resident and proportional KiB of all processes."""
    sums = [0.0, 0.0]
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        for number, name in enumerate(("Rss", "Pss")):
            found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
            sums[number] += float(found[1]) if found else 0.0
    return sums[0], sums[1]


def _widen_ports(namespace: Namespace) -> None:
    namespace.sysctl({"net/ipv4/ip_local_port_range": "1024 65535"})
