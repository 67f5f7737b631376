"""A disk that takes no more: a clear error, nothing changed, and on it goes when there is space again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def _program(repository: Path, *arguments: str, before: str = "") -> list[str]:
    """Run a state program, behind `before` in a mount namespace of its own; return what it said."""
    argv = [sys.executable, "-m", "tests.support.state_program", *arguments]
    if before:
        argv = [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-ec",
            f'{before}; exec "$@"',
            "sh",
            *argv,
        ]
    environment = dict(os.environ, PYTHONPATH=f"{repository / 'src'}{os.pathsep}{repository}")
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_file_size_limit_is_a_clear_error(tmp_path: Path, repository: Path) -> None:
    *refusals, went_on, same = _program(repository, "fill_limited", str(tmp_path / "state"))
    assert len(refusals) == 3
    for refusal in refusals:
        assert "the disk doesn't take the change" in refusal
        assert "nothing was changed" in refusal
    assert (went_on, same) == ("went on", "same after restart")


@pytest.mark.root
def test_a_full_disk_is_a_clear_error(tmp_path: Path, repository: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=1200k tmpfs '{disk}'"
    *refusals, went_on, same = _program(repository, "fill_disk", str(disk / "state"), before=mount)
    assert len(refusals) == 3
    for refusal in refusals:
        assert refusal.startswith("the disk is full: ")
        assert refusal.endswith("nothing was changed, free space and repeat")
    assert (went_on, same) == ("went on", "same after restart")
    assert not os.listdir(disk)


@pytest.mark.root
def test_a_backup_to_a_full_disk_leaves_nothing(tmp_path: Path, repository: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=100k tmpfs '{disk}'"
    refusal, left = _program(repository, "back_up_to_full_disk", str(disk), before=mount)
    assert "the disk is full" in refusal
    assert left == "left: []"
