"""kill -9 at random instants during a stream of 1,000 changes: what was acknowledged is there afterwards."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from etherloom.model.credential import PasswordSecret
from etherloom.state import keys
from tests.support.state import HASH, opened_owner, opened_store, report

CHANGES = 1_000


def _environment(repository: Path) -> Mapping[str, str]:
    return dict(os.environ, PYTHONPATH=f"{repository / 'src'}{os.pathsep}{repository}")


def _run_until(path: Path, first: int, kill_after: int, repository: Path) -> int:
    """Write from `first` on; kill the writer once `kill_after` is acknowledged. Return the last one."""
    argv = [sys.executable, "-m", "tests.support.state_program", "write", str(path), str(first)]
    acknowledged = first - 1
    with subprocess.Popen(
        [*argv, str(CHANGES - first)], stdout=subprocess.PIPE, text=True, env=_environment(repository)
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            acknowledged = int(line)
            if acknowledged == kill_after:
                writer.send_signal(signal.SIGKILL)
    assert writer.returncode == (0 if acknowledged == CHANGES - 1 else -signal.SIGKILL)
    return acknowledged


async def _check(path: Path, acknowledged: int) -> int:
    """Check that all up to `acknowledged` is there, and at most one more. Return the number of users."""
    async with opened_store(path) as store:
        assert [logged.revision for logged in await store.history(0, CHANGES + 1)] == list(
            range(1, (await store.load()).revision + 1)
        )
    async with opened_owner(path) as owner:
        snapshot = owner.snapshot
    count = snapshot.user_count("LAB")
    assert acknowledged + 1 <= count <= acknowledged + 2
    assert snapshot.revision == count + 1
    for number in range(count):
        assert snapshot.user("LAB", f"User{number}") is not None
        assert snapshot.get(keys.password_key("LAB", f"User{number}")) == PasswordSecret(HASH)
    return count


async def _kill_at(points: list[int], path: Path, repository: Path) -> None:
    count, done = 0, 0
    for point in [*points, CHANGES]:
        acknowledged = _run_until(path, count, max(point, count), repository)
        count = await _check(path, acknowledged)
        done += 1
        if count == CHANGES:
            break
    report(f"killed {done - 1} times before {count} changes were made; none that was acknowledged is missing")
    assert count == CHANGES


async def test_every_acknowledged_change_survives_a_kill(tmp_path: Path, repository: Path) -> None:
    points = sorted(random.sample(range(CHANGES - 100), 5))
    report(f"killing after {points}")
    await _kill_at(points, tmp_path / "state", repository)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_acknowledged_change_survives_many_kills(tmp_path: Path, repository: Path) -> None:
    points = sorted(random.sample(range(CHANGES - 100), 80))
    await _kill_at(points, tmp_path / "state", repository)
