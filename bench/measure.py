"""Single measurements on a lane. Figures come back in the units that their names say."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.packages import Programs
from tests.support.process import Process, cpu_seconds
from tests.support.traffic import Station
from tests.support.waiting import wait_until

from bench.course import Lane

_IPERF_PORT = 5201
_PACE_PORT = 5300
_LOSS_LIMIT = 0.01
_ROUND_TRIP = re.compile(r"time=([\d.]+) ms")


@dataclass(frozen=True)
class Tools:
    """Where the measuring programs are, and where their output may go."""

    stock: Programs
    pace: Path
    folder: Path


@dataclass(frozen=True)
class Plan:
    """How long each measurement takes."""

    stream_seconds: int = 3
    pings: int = 200
    pace_seconds: float = 1.0
    bisections: int = 4


QUICK = Plan(stream_seconds=1, pings=50, pace_seconds=0.5, bisections=2)


def measure(lane: Lane, tools: Tools, plan: Plan) -> dict[str, float]:
    """Return all figures of one lane."""
    figures = idle_ping(lane, tools, plan)
    for direction in ("up", "down"):
        figures |= stream(lane, tools, plan, direction)
    figures["udp64_kpps"] = packet_rate(lane, tools, plan) / 1e3
    return figures


def idle_ping(lane: Lane, tools: Tools, plan: Plan) -> dict[str, float]:
    """Round-trip time on an otherwise unused lane."""
    ping = _start_ping(lane, tools, plan.pings, 0.01)
    ping.wait(30)
    return _quantiles("ping_idle", ping)


def stream(lane: Lane, tools: Tools, plan: Plan, direction: str) -> dict[str, float]:
    """One TCP stream, with pings beside it, and the CPU time of both ends for each GB."""
    server = _iperf(lane.server, tools, "--server", "--one-off", "--bind", lane.server.v4)
    try:
        wait_until(lambda: _listens(lane.server, _IPERF_PORT), 10, "iperf3 does not listen")
        before = [cpu_seconds(pids) for pids in (lane.client_pids, lane.server_pids)]
        arguments = ["--client", lane.server.v4, "--time", str(plan.stream_seconds), "--json"]
        client = _iperf(lane.client, tools, *arguments, *(["--reverse"] if direction == "down" else []))
        ping = _start_ping(lane, tools, plan.stream_seconds * 40, 0.02)
        client.wait(plan.stream_seconds + 30)
        after = [cpu_seconds(pids) for pids in (lane.client_pids, lane.server_pids)]
        ping.wait(30)
    finally:
        server.kill()
    summary = json.loads(client.output())["end"]["sum_received"]
    gigabytes = summary["bytes"] / 1e9
    spent = [(late - early) / gigabytes for early, late in zip(before, after, strict=True)]
    return {
        f"tcp_{direction}_gbit": summary["bits_per_second"] / 1e9,
        f"cpu_client_{direction}_s_per_gb": spent[0],
        f"cpu_server_{direction}_s_per_gb": spent[1],
        **_quantiles(f"ping_{direction}load", ping),
    }


def packet_rate(lane: Lane, tools: Tools, plan: Plan) -> float:
    """Return the highest paced rate of 64-byte datagrams, in packets a second, that loses less than 1 %."""
    best, rate = 0.0, 16_000.0
    while _passes(lane, tools, plan, rate):
        best, rate = rate, rate * 2
    ceiling = rate
    for _ in range(plan.bisections):
        middle = (max(best, ceiling / 16) * ceiling) ** 0.5
        if _passes(lane, tools, plan, middle):
            best = middle
        else:
            ceiling = middle
    return best


def _passes(lane: Lane, tools: Tools, plan: Plan, rate: float) -> bool:
    """Try twice: one hiccup of the machine is no limit of the lane."""
    return any(_loss(lane, tools, plan, rate) < _LOSS_LIMIT for _ in range(2))


def _loss(lane: Lane, tools: Tools, plan: Plan, rate: float) -> float:
    """Return the share lost; a sender that can't keep the pace proves nothing, so that counts as loss."""
    log = _log(tools, "pace-receive")
    receiver = lane.server.namespace.start(
        *(str(tools.pace), "receive", "--listen", f"{lane.server.v4}:{_PACE_PORT}"),
        *("--seconds", str(plan.pace_seconds + 5), "--idle", "300", "--json"),
        log=log,
    )
    try:
        wait_until(lambda: "ready" in receiver.output(), 5, "etherloom-pace does not listen")
        sent = _send(lane, tools, plan, rate)
        receiver.wait(plan.pace_seconds + 10)
    finally:
        receiver.kill()
    found = json.loads(receiver.output().replace("ready", "", 1))
    wanted = max(sent, rate * plan.pace_seconds * 0.99)
    return 1 - float(found["received"]) / wanted


def _send(lane: Lane, tools: Tools, plan: Plan, rate: float) -> float:
    done = lane.client.namespace.run(
        *(str(tools.pace), "send", "--to", f"{lane.server.v4}:{_PACE_PORT}", "--rate", str(int(rate))),
        *("--seconds", str(plan.pace_seconds), "--size", "64", "--json"),
    )
    return float(json.loads(done.stdout)["sent"])


def _iperf(station: Station, tools: Tools, *arguments: str) -> Process:
    return station.namespace.start(
        str(tools.stock.tool("iperf3")),
        *("--port", str(_IPERF_PORT), *arguments),
        log=_log(tools, "iperf3"),
        environment=tools.stock.environment(),
    )


def _start_ping(lane: Lane, tools: Tools, count: int, interval: float) -> Process:
    return lane.client.namespace.start(
        str(tools.stock.tool("ping")),
        *("-n", "-c", str(count), "-i", str(interval), "-W", "2", lane.server.v4),
        log=_log(tools, "ping"),
        environment=tools.stock.environment(),
    )


def _quantiles(name: str, ping: Process) -> dict[str, float]:
    times = sorted(float(text) for text in _ROUND_TRIP.findall(ping.output()))
    assert times, f"no echo came back: {ping.output()}"
    return {
        f"{name}_p50_ms": times[len(times) // 2],
        f"{name}_p99_ms": times[min(len(times) - 1, len(times) * 99 // 100)],
    }


def _listens(station: Station, port: int) -> bool:
    with station.namespace.entered(), open("/proc/thread-self/net/tcp") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table)


def _log(tools: Tools, name: str) -> Path:
    return tools.folder / f"{name}-{len(list(tools.folder.glob('*.log')))}.log"
