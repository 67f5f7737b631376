"""Run the courses in turns, so that a busy minute of the machine hurts all alike, and report."""

import argparse
import contextlib
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support import netns
from tests.support.packages import Unpackable, prepare_rivals, programs
from tests.support.tools import compiled

from bench import report
from bench.course import COURSES, Course, Rival, lane
from bench.halls import hall
from bench.lanes import IMPAIRED
from bench.registry import MEASURES, Measure, Place
from bench.tools import QUICK, Figures, Plan, Tools

_ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Measure and report."""
    options = _options()
    courses = [course for course in COURSES if not options.only or course.name in options.only]
    if missing := _missing(courses):
        sys.stderr.write(f"bench: {missing}\n")
        return 1
    netns.sweep()
    _allow_many_files()
    names = options.measure or list(MEASURES)
    results: dict[str, list[Figures]] = {course.name: [] for course in courses}
    failures: list[str] = []
    for number in range(1, options.rounds + 1):
        for course in courses:
            wanted = [MEASURES[name] for name in names if MEASURES[name].suits(course)]
            wanted = [measure for measure in wanted if number == 1 or not measure.once]
            figures, faults = _run(course, wanted, options)
            results[course.name].append(figures)
            failures += [f"round {number} {course.name}: {fault}" for fault in faults]
    report.write(results, options.results, vars(options), failures)
    sys.stdout.write("".join(f"FAILED {failure}\n" for failure in failures))
    return 1 if failures else 0


def _run(course: Course, wanted: Sequence[Measure], options: argparse.Namespace) -> tuple[Figures, list[str]]:
    """Return what one course gave in one round, and what went wrong; the other courses go on."""
    started = time.monotonic()
    plan = QUICK if options.quick else Plan()
    figures: Figures = {}
    faults: list[str] = []
    for place in Place:
        here = [measure for measure in wanted if measure.place is place]
        if not here:
            continue
        try:
            for found in _measure(course, place, here, plan, options.connections):
                figures |= found
        except (AssertionError, OSError, LookupError, ValueError) as error:
            faults.append(f"{place.value}: {type(error).__name__}: {str(error).strip()[:2000]}")
    shown = ", ".join(f"{name} {value:.3g}" for name, value in list(figures.items())[:6])
    print(f"{course.name:16} {time.monotonic() - started:4.0f} s  {shown}", flush=True)
    return figures, faults


def _measure(
    course: Course, place: Place, wanted: Sequence[Measure], plan: Plan, connections: int
) -> Iterator[Figures]:
    """Build what is needed and yield the figures of each measurement there."""
    with tempfile.TemporaryDirectory(prefix="etherloom-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tools = Tools(programs(), folder)
        with contextlib.ExitStack() as stack:
            if place in (Place.LANE, Place.IMPAIRED_LANE):
                impairment = IMPAIRED if place is Place.IMPAIRED_LANE else None
                up = stack.enter_context(lane(course, folder, programs(), connections, impairment))
                yield from (measure.on_lane(up, tools, plan) for measure in wanted if measure.on_lane)
            for measure in wanted:
                if measure.in_hall and course.represents:
                    # Each in a fresh server: memory that one took would flatter the next.
                    inside = hall(course.represents, folder / f"hall{id(measure)}", programs())
                    with inside as server:
                        yield measure.in_hall(server, tools, plan)
                if measure.alone:
                    yield measure.alone(plan)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="short measurements, one round unless --rounds")
    parser.add_argument(
        "--only", nargs="*", choices=[course.name for course in COURSES], help="these courses"
    )
    parser.add_argument("--measure", type=_names, help="these measurements, separated by commas")
    parser.add_argument("--connections", type=int, default=1, help="TCP connections of each session")
    parser.add_argument("--results", type=Path, default=_ROOT / "bench/results")
    options = parser.parse_args()
    if options.quick and "--rounds" not in sys.argv:
        options.rounds = 1
    return options


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in MEASURES]:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(MEASURES)}")
    return names


def _missing(courses: Sequence[Course]) -> str:
    if why := netns.available():
        return f"network namespaces can't be used: {why}"
    if not programs().ready:
        return "no stock programs: run python -m tests.support.stock --prepare"
    try:
        for tool in ("etherloom-pace", "etherloom-crowd", "etherloom-rr", "etherloom-impair"):
            compiled(tool)
        if any(course.rival is not Rival.NONE for course in courses):
            prepare_rivals()
    except Unpackable as error:
        return str(error)
    return ""


def _allow_many_files() -> None:
    """Let what is started from here have as many files as it may: a session each."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    raise SystemExit(main())
