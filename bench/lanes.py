"""Measurements on a lane: ping, streams, paced datagrams, requests, on a cable good or bad."""

import json
import time
from dataclasses import dataclass

from tests.support.bad_path import Impairment
from tests.support.process import cpu_seconds

from bench.course import HUB, Lane
from bench.tools import Figures, Plan, Tools, lost_percent, median, p99, printed, quantiles, round_trips

_LOSS_LIMIT = 0.01
_PING_SECONDS = 0.02
# A path of 30 ms round-trip time that loses one frame in a hundred each way.
IMPAIRED = Impairment(loss_percent=1.0, delay_ms=15.0)
_CROWD = "crowd"
_PASSWORD = "administrator of the bench"
_ADMINISTRATION_RATE = 100


def idle_ping(lane: Lane, tools: Tools, plan: Plan) -> Figures:
    """Round-trip time on an otherwise unused lane."""
    ping = tools.ping(lane.client, lane.server.v4, plan.pings, 0.01)
    ping.wait(30)
    return quantiles("ping_idle", ping)


def single_stream(lane: Lane, tools: Tools, plan: Plan) -> Figures:
    """One TCP stream each way, pings beside it, and the processor time of both ends."""
    figures: Figures = {}
    for direction in ("up", "down"):
        run = _stream(lane, tools, plan.stream_seconds, direction)
        figures[f"tcp_{direction}_gbit"] = run.gbit
        figures |= _costs(run, direction)
        figures |= {f"ping_{direction}load_p50_ms": median(run.round_trips)}
        figures |= {f"ping_{direction}load_p99_ms": p99(run.round_trips)}
    return figures


def eight_streams(lane: Lane, tools: Tools, plan: Plan) -> Figures:
    """Eight TCP streams each way."""
    return {
        f"tcp8_{direction}_gbit": _stream(lane, tools, plan.stream_seconds, direction, 8).gbit
        for direction in ("up", "down")
    }


def datagrams(lane: Lane, tools: Tools, plan: Plan, size: int) -> Figures:
    """The highest paced rate of datagrams, in thousands a second, that loses less than 1 %."""
    best, rate = 0.0, 16_000.0
    while _passes(lane, tools, plan, rate, size):
        best, rate = rate, rate * 2
    ceiling = rate
    for _ in range(plan.bisections):
        middle = (max(best, ceiling / 16) * ceiling) ** 0.5
        if _passes(lane, tools, plan, middle, size):
            best = middle
        else:
            ceiling = middle
    return {f"udp{size}_kpps": best / 1e3}


def requests(lane: Lane, tools: Tools, plan: Plan) -> Figures:
    """One byte there and one back, one after the other: how many a second."""
    figures: Figures = {}
    for protocol in ("tcp", "udp"):
        server, place = tools.receiver(lane.server, "etherloom-rr", "answer", "--protocol", protocol)
        try:
            how = ("--to", place, "--protocol", protocol, "--seconds", str(plan.stream_seconds))
            (found,) = tools.call(lane.client, "etherloom-rr", "ask", *how)
        finally:
            server.kill()
        figures[f"rr_{protocol}_per_s"] = found["rate"]
        figures[f"rr_{protocol}_p99_us"] = found["latency_p99_us"]
    return figures


def shaped(lane: Lane, tools: Tools, plan: Plan) -> Figures:
    """Bulk and ping on a cable of 20 Mbit/s: how far the ping's p99 is above the idle median."""
    figures: Figures = {}
    seconds = plan.stream_seconds * 2
    with lane.cable.shaped():
        ping = tools.ping(lane.client, lane.server.v4, plan.pings // 2, _PING_SECONDS)
        ping.wait(60)
        idle = median(round_trips(ping))
        for direction in ("up", "down"):
            run = _stream(lane, tools, seconds, direction)
            figures[f"shaped_{direction}_mbit"] = run.gbit * 1e3
            figures[f"shaped_{direction}_above_ms"] = p99(run.round_trips) - idle
    return figures


def impaired(lane: Lane, tools: Tools, plan: Plan) -> Figures:
    """Ping on a path that delays and loses; what never came back is told apart."""
    ping = tools.ping(lane.client, lane.server.v4, plan.pings * 3, _PING_SECONDS)
    ping.wait(120)
    run = _stream(lane, tools, plan.stream_seconds, "up")
    return {
        **quantiles("impaired_ping", ping),
        "impaired_ping_lost_percent": lost_percent(ping),
        "impaired_tcp_up_mbit": run.gbit * 1e3,
    }


def storm(lane: Lane, tools: Tools, plan: Plan) -> Figures:
    """A crowd logs in beside the lane's session: how fast, at what cost, and what the session's ping says."""
    assert lane.program is not None
    lane.program.create_user(HUB, _CROWD, None)
    ping = tools.ping(lane.client, lane.server.v4, plan.pings, 0.01)
    ping.wait(30)
    before = p99(round_trips(ping))
    login, beside = _storm(lane, tools, plan.storm_logins, "--concurrency", "32")
    paced, beside_paced = _storm(lane, tools, plan.storm_logins // 3, "--rate", "200")
    return {
        "logins_per_s": login["logins_a_second"],
        "logins_per_cpu_s": login["logged_in"] / max(login["login_cpu_seconds"], 0.01),
        "login_p99_ms": login["login_p99_ms"],
        "storm_ping_above_ms": beside - before,
        "logins_at_200_per_s": paced["logins_a_second"],
        "storm200_ping_above_ms": beside_paced - before,
    }


def administration(lane: Lane, tools: Tools, plan: Plan) -> Figures:
    """An administrator who calls without a pause; then 100 calls a second beside the session's pings."""
    assert lane.program is not None
    lane.program.set_admin_password(_PASSWORD)
    hurried = _administer(lane, tools, plan.stream_seconds, 0)
    before = tools.ping(lane.client, lane.server.v4, plan.administration_seconds * 100, 0.01)
    before.wait(plan.administration_seconds * 2 + 30)
    ping = tools.ping(lane.client, lane.server.v4, plan.administration_seconds * 100, 0.01)
    paced = _administer(lane, tools, plan.administration_seconds, _ADMINISTRATION_RATE)
    ping.wait(60)
    return {
        "admin_calls_per_s": hurried["rate"],
        "admin_p99_us": hurried["p99_us"],
        "admin_at_100_per_s": paced["rate"],
        "admin_at_100_p99_us": paced["p99_us"],
        "admin_ping_above_ms": p99(round_trips(ping)) - p99(round_trips(before)),
    }


def _administer(lane: Lane, tools: Tools, seconds: int, rate: int) -> Figures:
    process = tools.administrator(
        lane.client,
        *("--host", lane.cable.addresses[1].v4, "--password", _PASSWORD, "--hub", HUB),
        *("--rate", str(rate), "--seconds", str(seconds)),
    )
    process.wait(seconds + 60)
    found: Figures
    (found,) = printed(process)
    return found


def _storm(lane: Lane, tools: Tools, sessions: int, *how: str) -> tuple[Figures, float]:
    """Return the crowd's figures and the p99 of the pings meanwhile."""
    ping = tools.ping(lane.client, lane.server.v4, 100_000, 0.005)
    crowd = tools.start(
        lane.client,
        "etherloom-crowd",
        *("--to", f"{lane.cable.addresses[1].v4}:443", "--hub", HUB, "--user", _CROWD),
        *("--sessions", str(sessions), "--cpu-of", ",".join(map(str, lane.server_pids)), *how),
    )
    crowd.wait(180)
    ping.kill()
    (login,) = printed(crowd)
    assert login["failed"] == 0, f"{login} {crowd.output()}"
    return login, p99(round_trips(ping))


@dataclass(frozen=True)
class _Stream:
    """What one run of iperf3 came to."""

    gbit: float
    gigabytes: float
    seconds: float
    client_cpu_seconds: float
    server_cpu_seconds: float
    round_trips: list[float]


def _stream(lane: Lane, tools: Tools, seconds: int, direction: str, streams: int = 1) -> _Stream:
    server = tools.listen_iperf(lane.server)
    try:
        arguments = ["--client", lane.server.v4, "--time", str(seconds), "--parallel", str(streams)]
        arguments += ["--json", *(["--reverse"] if direction == "down" else [])]
        before, started = _spent(lane), time.monotonic()
        client = tools.iperf(lane.client, *arguments)
        ping = tools.ping(lane.client, lane.server.v4, int(seconds * 0.8 / _PING_SECONDS), _PING_SECONDS)
        client.wait(seconds + 60)
        elapsed = time.monotonic() - started
        after = _spent(lane)
        ping.wait(60)
    finally:
        server.kill()
    end = json.loads(client.output())["end"]
    return _Stream(
        end["sum_received"]["bits_per_second"] / 1e9,
        end["sum_received"]["bytes"] / 1e9,
        elapsed,
        after[0] - before[0],
        after[1] - before[1],
        round_trips(ping),
    )


def _spent(lane: Lane) -> tuple[float, float]:
    return cpu_seconds(lane.client_pids), cpu_seconds(lane.server_pids)


def _costs(run: _Stream, direction: str) -> Figures:
    """CPU seconds for each GB, and cores in use; nothing on the bare cable."""
    both = run.client_cpu_seconds + run.server_cpu_seconds
    if not both:
        return {}
    return {
        f"cpu_client_{direction}_s_per_gb": run.client_cpu_seconds / run.gigabytes,
        f"cpu_server_{direction}_s_per_gb": run.server_cpu_seconds / run.gigabytes,
        f"cpu_both_{direction}_s_per_gb": both / run.gigabytes,
        f"cpu_client_{direction}_cores": run.client_cpu_seconds / run.seconds,
        f"cpu_server_{direction}_cores": run.server_cpu_seconds / run.seconds,
    }


def _passes(lane: Lane, tools: Tools, plan: Plan, rate: float, size: int) -> bool:
    """Try twice: one hiccup of the machine is no limit of the lane."""
    return any(_loss(lane, tools, plan, rate, size) < _LOSS_LIMIT for _ in range(2))


def _loss(lane: Lane, tools: Tools, plan: Plan, rate: float, size: int) -> float:
    """Return the share lost; a sender that can't keep the pace proves nothing, so that counts as loss."""
    seconds = str(plan.pace_seconds)
    listening = ("receive", "--seconds", str(plan.pace_seconds + 5), "--idle", "300")
    receiver, place = tools.receiver(lane.server, "etherloom-pace", *listening)
    try:
        pace = ("send", "--to", place, "--rate", str(int(rate)), "--seconds", seconds, "--size", str(size))
        (sent,) = tools.call(lane.client, "etherloom-pace", *pace)
        receiver.wait(plan.pace_seconds + 10)
    finally:
        receiver.kill()
    (found,) = printed(receiver)
    wanted = max(float(sent["sent"]), rate * plan.pace_seconds * 0.99)
    return 1 - float(found["received"]) / wanted
