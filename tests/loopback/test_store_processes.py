"""Two processes on one state: a second server is kept out; two writers lose nothing."""

import os
import subprocess
import sys
from pathlib import Path

from etherloom.model.hub import Hub
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support.state import apply, opened_owner

TIMES = 100


def _start(repository: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.state_program", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ, PYTHONPATH=f"{repository / 'src'}{os.pathsep}{repository}"),
    )


def test_a_second_server_is_kept_out_as_long_as_the_first_runs(tmp_path: Path, repository: Path) -> None:
    path = str(tmp_path / "state")
    with _start(repository, "serve", path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        answer, _ = _start(repository, "serve", path).communicate(timeout=30)
        assert f"in use by another server (process {first.pid}): stop it" in answer
        # Not even a killed server leaves its lock behind.
        first.kill()
    assert _start(repository, "serve", path).communicate("", timeout=30)[0] == "open\n"


async def test_two_writers_lose_nothing(tmp_path: Path, repository: Path) -> None:
    path = tmp_path / "state"
    async with opened_owner(path) as owner:
        await apply(owner, Put(keys.hub_key("LAB"), Hub("LAB")))
    writers = [_start(repository, "count", str(path), str(TIMES)) for _ in range(2)]
    assert [writer.communicate(timeout=50)[0] for writer in writers] == ["done\n", "done\n"]
    async with opened_owner(path) as owner:
        hub = owner.snapshot.hub("LAB")
    assert hub is not None
    assert hub.maximum_sessions == 2 * TIMES
