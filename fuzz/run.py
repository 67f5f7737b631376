"""Run the fuzz targets for a bounded time: python fuzz/run.py --seconds N [target ...]

Uses atheris where it is installed, else the mutator beside this file. Inputs that break a target go to
build/fuzz/findings and make the exit status 1; what atheris learns stays in build/fuzz/corpus.
"""

import argparse
import hashlib
import importlib.util
import re
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from fuzz import mutator, targets  # noqa: E402

BUILD = ROOT / "build" / "fuzz"
MAXIMUM_INPUT = 70_000
MEMORY_MB = 1_024


def main() -> int:
    options = _parse()
    if options.inside:
        return _run_inside(options.targets[0], options.seconds)
    engine = _run_atheris if _has_atheris() and not options.no_atheris else _run_mutator
    broken = [name for name in options.targets if not engine(name, options.seconds)]
    for name in broken:
        print(f"{name}: broken; the input is in {BUILD / 'findings'}", file=sys.stderr)
    return 1 if broken else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="time for each target (30)")
    parser.add_argument("--no-atheris", action="store_true", help="use the mutator even if atheris is there")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*", help=f"any of {', '.join(targets.NAMES)}; all if none is given")
    options = parser.parse_args()
    unknown = set(options.targets) - set(targets.NAMES)
    if unknown:
        parser.error(
            f"there is no target {', '.join(sorted(unknown))}; choose from {', '.join(targets.NAMES)}"
        )
    options.targets = options.targets or list(targets.NAMES)
    return options


def _has_atheris() -> bool:
    return importlib.util.find_spec("atheris") is not None


def _run_mutator(name: str, seconds: int) -> bool:
    seed = secrets.randbits(32)
    runs, broken = mutator.search(targets.load(name), targets.corpus(name), seconds, seed)
    print(f"{name}: {runs} inputs in {seconds} s, seed {seed}")
    if broken is None:
        return True
    folder = BUILD / "findings"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-{hashlib.sha256(broken).hexdigest()[:16]}").write_bytes(broken)
    return False


def _run_atheris(name: str, seconds: int) -> bool:
    """In a process of its own: the fuzzer ends its process when the time is over."""
    command = [sys.executable, __file__, "--inside", "--seconds", str(seconds), name]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    figures = re.findall(r"stat::(\w+):\s+(\d+)", done.stdout)
    print(f"{name}: {', '.join(f'{key} {value}' for key, value in figures)}")
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
    return done.returncode == 0


def _run_inside(name: str, seconds: int) -> int:
    import atheris

    learnt, findings = BUILD / "corpus" / name, BUILD / "findings"
    learnt.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["etherloom"]):
        fuzz_one = targets.load(name)
    arguments = [
        f"-max_total_time={seconds}",
        f"-max_len={MAXIMUM_INPUT}",
        f"-rss_limit_mb={MEMORY_MB}",
        "-timeout=5",
        "-verbosity=0",
        "-print_final_stats=1",
        f"-artifact_prefix={findings}/{name}-",
        str(learnt),
        str(targets.CORPUS / name),
    ]
    atheris.Setup([sys.argv[0], *arguments], fuzz_one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
