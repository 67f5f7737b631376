"""A power cut leaves any part of what was not yet synced: what is opened then is a state that once was."""

import os
import random
import shutil
from pathlib import Path

import pytest

from etherloom.state.snapshot import Snapshot
from etherloom.store.database import STATE_FILE
from etherloom.store.seal import KEY_FILE
from tests.support.state import apply, opened_owner, put_hub, put_users

WAL = f"{STATE_FILE}-wal"
CHANGES = 40


async def _run_and_pull_the_plug(path: Path, after: Path) -> dict[int, Snapshot]:
    """Make changes and keep the files as they are in the middle of the run."""
    async with opened_owner(path) as owner:
        states = {0: owner.snapshot}
        await apply(owner, put_hub())
        for number in range(CHANGES):
            states[owner.snapshot.revision] = owner.snapshot
            await apply(owner, *put_users(number, 1))
        states[owner.snapshot.revision] = owner.snapshot
        shutil.copytree(path, after)
    return states


async def _open_with(after: Path, wal: bytes, path: Path) -> Snapshot:
    os.mkdir(path, 0o700)
    for name in (STATE_FILE, KEY_FILE):
        shutil.copy2(after / name, path / name)
    (path / WAL).write_bytes(wal)
    async with opened_owner(path) as owner:
        return owner.snapshot


@pytest.mark.parametrize("tail", [b"", bytes(20_000), b"\xa5" * 20_000], ids=["cut", "zeros", "garbage"])
async def test_a_torn_log_gives_a_state_that_was(tmp_path: Path, tail: bytes) -> None:
    states = await _run_and_pull_the_plug(tmp_path / "state", tmp_path / "after")
    wal = (tmp_path / "after" / WAL).read_bytes()
    assert await _open_with(tmp_path / "after", wal, tmp_path / "whole") == states[CHANGES + 1]
    # Nothing before the tables' creation: that was synced when the store opened.
    cuts = sorted(random.sample(range(len(wal) // 3, len(wal)), 25))
    last = 0
    for cut in cuts:
        snapshot = await _open_with(tmp_path / "after", wal[:cut] + tail, tmp_path / f"cut{cut}")
        assert snapshot == states[snapshot.revision]
        assert snapshot.revision >= last
        last = snapshot.revision
    assert last > 0
