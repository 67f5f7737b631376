"""The compiled tools of rust/testkit."""

from pathlib import Path

from tests.support.packages import Unpackable

_TARGET = Path(__file__).resolve().parents[2] / "target"


def compiled(name: str) -> Path:
    """Return the tool, the fast build before the one that `cargo test` makes."""
    for profile in ("release", "debug"):
        candidate = _TARGET / profile / name
        if candidate.exists():
            return candidate
    raise Unpackable(f"{name} is missing: run cargo build --release -p etherloom-testkit")
