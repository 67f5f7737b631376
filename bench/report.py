"""Results as files: JSON, a table, a picture; `python -m bench.report` renders them into the documentation.

Figures of several runs are joined: each comes, for all courses, from the latest run that has it, since only
what was measured in the same minutes can be compared.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import bars
from bench.course import BASE, COURSES
from bench.picture import picture
from bench.summary import Rounds, summarise, table

_ROOT = Path(__file__).resolve().parents[1]
_BEGIN, _END = "<!-- begin figures -->", "<!-- end figures -->"


def write(
    results: Mapping[str, Rounds], folder: Path, options: Mapping[str, object], failures: Sequence[str]
) -> None:
    """Write what one run gave, and print it."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / time.strftime("bench-%Y%m%d-%H%M%S")
    summary = summarise(results)
    content = {
        "machine": machine(),
        "options": {name: str(value) for name, value in options.items()},
        "failures": list(failures),
        "rounds": results,
    }
    stem.with_suffix(".json").write_text(json.dumps(content, indent=1))
    stem.with_suffix(".svg").write_text(picture(summary))
    text = _text(results)
    stem.with_suffix(".txt").write_text(text + "\n")
    print(f"\n{text}\n\n{os.path.relpath(stem)}.json .svg .txt")


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    described = subprocess.run(
        ("git", "describe", "--always", "--dirty"), cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return {
        "kernel": platform.release(),
        "processors": os.cpu_count(),
        "model": models[0].partition(":")[2].strip() if models else platform.machine(),
        "tcp_congestion_control": congestion,
        "revision": described.stdout.strip(),
        "date": time.strftime("%Y-%m-%d"),
    }


def joined(files: Sequence[Path]) -> dict[str, list[dict[str, float]]]:
    """Return the rounds of several runs as those of one, in the order of the courses."""
    source: dict[str, Path] = {}
    rounds: dict[Path, dict[str, list[dict[str, float]]]] = {}
    for file in files:
        rounds[file] = json.loads(file.read_text())["rounds"]
        source |= {key: file for found in rounds[file].values() for figures in found for key in figures}
    joint: dict[str, list[dict[str, float]]] = {}
    for file, results in rounds.items():
        for course, found in results.items():
            known = joint.setdefault(course, [])
            known.extend({} for _ in range(len(found) - len(known)))
            for figures, more in zip(known, found, strict=False):
                figures |= {key: value for key, value in more.items() if source[key] == file}
    return {course.name: joint[course.name] for course in COURSES if any(joint.get(course.name, []))}


def render(files: Sequence[Path]) -> str:
    """Return what stands between the marks in the documentation."""
    newest = json.loads(files[-1].read_text())
    about = newest["machine"]
    rounds = max(len(found) for found in joined(files).values())
    return (
        f"{about['date']}, revision {about['revision']}, {about['model']} with {about['processors']} cores,"
        f" Linux {about['kernel']}, inner TCP {about['tcp_congestion_control']}; up to {rounds} interleaved"
        f" rounds.\n\n```\n{_text(joined(files))}\n```"
    )


def _text(results: Mapping[str, Rounds]) -> str:
    verdicts = bars.judge(results)
    parts = [f"median [quartiles] and ratio to {BASE}", table(summarise(results), BASE)]
    if verdicts:
        parts += ["", "bars of acceptance", bars.table(verdicts)]
    return "\n".join(parts)


def main() -> int:
    """Render result files into a page."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=main.__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="JSON of runs, the oldest first")
    parser.add_argument("--into", type=Path, help="a page with marks; without it, print")
    options = parser.parse_args()
    text = render(options.files)
    if options.into is None:
        print(text)
        return 0
    page = options.into.read_text()
    head, begin, rest = page.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not begin or not end:
        sys.stderr.write(f"{options.into} has no place for figures: {_BEGIN} and {_END}\n")
        return 1
    options.into.write_text(f"{head}{begin}\n{text}\n{end}{tail}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
