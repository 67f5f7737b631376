"""Two pinned workers against one, in one process, with ports of memory: what locks and messages cost."""

import json
import subprocess
from pathlib import Path

from bench.tools import Figures, Plan

_PROGRAM = Path(__file__).resolve().parents[1] / "target/release/examples/two_workers"


def two_workers(plan: Plan) -> Figures:
    """Frames a second of two workers for each of one; half of the frames cross, or none (`apart`)."""
    if not _PROGRAM.exists():
        raise LookupError(
            f"{_PROGRAM.name} is missing:"
            " cargo build --release -p etherloom-engine --features testkit --example two_workers"
        )
    command = [str(_PROGRAM), str(plan.flood_seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise LookupError(f"{_PROGRAM.name} failed: {done.stderr[-500:]}")
    found = json.loads(done.stdout)
    return {
        "cores_one_mframes_per_s": found["one"] / 1e6,
        "cores_ratio": found["mixed"] / found["one"],
        "cores_apart_ratio": found["apart"] / found["one"],
        "cores_locks_a_frame": found["locks_a_frame"],
        "cores_crossings_a_frame": found["crossings_a_frame"],
    }
