"""Run the courses in turns, so that a busy minute of the machine hurts all alike, and report."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.support import netns
from tests.support.packages import programs
from tests.support.peers import Account

from bench.course import BASE, COURSES, Course, lane
from bench.measure import QUICK, Plan, Tools, measure
from bench.summary import picture, summarise, table

_ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Measure and report."""
    options = _options()
    if missing := _missing(options.pace):
        sys.stderr.write(f"bench: {missing}\n")
        return 1
    netns.sweep()
    plan = QUICK if options.quick else Plan()
    account = Account("", "", "", connections=options.connections, udp_acceleration=options.stock_udp)
    courses = [course for course in COURSES if not options.only or course.name in options.only]
    results: dict[str, list[dict[str, float]]] = {course.name: [] for course in courses}
    for number in range(1, (1 if options.quick else options.rounds) + 1):
        for course in courses:
            results[course.name].append(_run(course, options.pace, plan, account, number))
    _write(results, options.results, vars(options))
    return 0


def _run(course: Course, pace: Path, plan: Plan, account: Account, number: int) -> dict[str, float]:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="etherloom-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tools = Tools(programs(), pace, folder)
        with lane(course, folder, programs(), account) as up:
            figures = measure(up, tools, plan)
    print(
        f"round {number} {course.name:12} up {figures['tcp_up_gbit']:6.2f}"
        f" down {figures['tcp_down_gbit']:6.2f} Gbit/s, {figures['udp64_kpps']:4.0f} kpps"
        f", ping {figures['ping_idle_p50_ms']:.2f} ms ({time.monotonic() - started:.0f} s)",
        flush=True,
    )
    return figures


def _write(results: dict[str, list[dict[str, float]]], folder: Path, options: dict[str, object]) -> None:
    summary = summarise(results)
    text = table(summary, BASE)
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / time.strftime("bench-%Y%m%d-%H%M%S")
    report = {
        "machine": _machine(),
        "options": {name: str(value) for name, value in options.items()},
        "rounds": results,
        "summary": {
            course: {key: asdict(values) for key, values in found.items()}
            for course, found in summary.items()
        },
    }
    stem.with_suffix(".json").write_text(json.dumps(report, indent=1))
    stem.with_suffix(".svg").write_text(picture(summary))
    stem.with_suffix(".txt").write_text(text + "\n")
    print(f"\nmedian [quartiles] and ratio to {BASE}\n{text}\n\n{os.path.relpath(stem)}.json .svg .txt")


def _machine() -> dict[str, object]:
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    return {
        "kernel": platform.release(),
        "processors": os.cpu_count(),
        "model": models[0].partition(":")[2].strip() if models else platform.machine(),
        "tcp_congestion_control": congestion,
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument(
        "--only", nargs="*", choices=[course.name for course in COURSES], help="these courses"
    )
    parser.add_argument("--connections", type=int, default=1, help="TCP connections of each session")
    parser.add_argument("--stock-udp", action="store_true", help="let stock programs use UDP acceleration")
    parser.add_argument("--pace", type=Path, default=_ROOT / "target/release/etherloom-pace")
    parser.add_argument("--results", type=Path, default=_ROOT / "bench/results")
    return parser.parse_args()


def _missing(pace: Path) -> str:
    if why := netns.available():
        return f"network namespaces can't be used: {why}"
    if not programs().ready:
        return "no stock programs: run python -m tests.support.stock --prepare"
    if not pace.exists():
        return f"{pace} is missing: run cargo build --release -p etherloom-testkit"
    return ""


if __name__ == "__main__":
    raise SystemExit(main())
