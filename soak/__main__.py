"""`python -m soak [--seconds N]`: a table, JSON, and exit status 1 if anything grows or breaks."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.support import netns
from tests.support.packages import programs

from soak.course import Load, Outcome, run

_RESULTS = Path(__file__).parent / "results"
_MIB = 1 << 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m soak")
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SOAK_SECONDS", "3600")))
    seconds = parser.parse_args().seconds
    if missing := netns.available():
        print(f"soak needs root and network namespaces: {missing}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="etherloom-soak-") as folder:
        outcome = run(Path(folder), programs(), seconds, Load())
    _print(outcome)
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / "latest.json").write_text(json.dumps(outcome.as_json(), indent=1))
    print(f"written to {_RESULTS / 'latest.json'}")
    return 1 if outcome.all_faults() else 0


def _print(outcome: Outcome) -> None:
    print(f"{outcome.seconds:.0f} s, {outcome.frames:,} frames compared, {outcome.visits:,} visits")
    print(f"{outcome.datagrams:,} datagrams, {outcome.datagrams_lost:,} lost; {outcome.hubs} hubs made")
    print(f"{'process':24} {'MiB begin':>10} {'MiB end':>8} {'grown MiB':>10} {'fds':>9} {'threads':>9}")
    for watch in outcome.watches:
        first, last = watch.settled[0], watch.settled[-1]
        print(
            f"{watch.name:24} {first.memory_bytes / _MIB:10.1f} {last.memory_bytes / _MIB:8.1f}"
            f" {watch.memory_growth / _MIB:10.2f} {f'{first.descriptors}-{last.descriptors}':>9}"
            f" {f'{first.threads}-{last.threads}':>9}"
        )
    for fault in outcome.all_faults():
        print(f"FAULT: {fault}")


if __name__ == "__main__":
    raise SystemExit(main())
