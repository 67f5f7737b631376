"""Back-ups: complete, consistent, made while it runs, closed to others; a restore is all or nothing."""

import asyncio
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from etherloom.state.owner import open_owner
from etherloom.state.snapshot import Snapshot
from etherloom.store.backup import backup, restore
from etherloom.store.counters import open_counters
from etherloom.store.database import STATE_FILE
from etherloom.store.directory import StateDirectory
from etherloom.store.log import StoreError
from etherloom.store.seal import KEY_FILE
from etherloom.store.sqlite import open_store
from tests.support.state import NOW, apply, opened_owner, opened_store, put_hub, put_user, put_users


async def _make(path: Path, users: int = 20) -> Snapshot:
    async with opened_store(path) as store:
        owner, counters = await open_owner(store, lambda: NOW), await open_counters(store)
        await apply(owner, put_hub(), *put_users(0, users))
        counters.record_login("hub/lab", NOW)
        await counters.flush()
        return owner.snapshot


def _back_up(path: Path, file: Path) -> int:
    with StateDirectory.look(path) as directory:
        return backup(directory, file, {})


async def _read(path: Path) -> Snapshot:
    async with opened_owner(path) as owner:
        return owner.snapshot


def _files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir() if file.name != "lock"}


async def test_a_backup_brings_everything_to_another_machine(tmp_path: Path) -> None:
    snapshot = await _make(tmp_path / "state")
    assert _back_up(tmp_path / "state", tmp_path / "file") == 1
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    restored = restore(tmp_path / "other", tmp_path / "file", {})
    assert (restored.revision, restored.former) == (1, None)
    assert await _read(tmp_path / "other") == snapshot
    async with opened_store(tmp_path / "other") as store:
        assert (await open_counters(store)).get("hub/lab").logins == 1
        assert [logged.revision for logged in await store.history()] == [1]


async def test_a_backup_while_changes_are_made_is_one_of_the_states(tmp_path: Path) -> None:
    path = tmp_path / "state"
    async with opened_owner(path) as owner:
        await apply(owner, put_hub())
        states = {owner.snapshot.revision: owner.snapshot}
        revisions = []
        async with asyncio.TaskGroup() as group:
            task = group.create_task(asyncio.to_thread(_back_up, path, tmp_path / "file"))
            for number in range(200):
                new = await apply(owner, *put_users(number, 1))
                states[new.revision] = new
            revisions.append(await task)
    restore(tmp_path / "other", tmp_path / "file", {})
    assert await _read(tmp_path / "other") == states[revisions[0]]


async def test_a_restore_keeps_the_former_state_beside_the_new(tmp_path: Path) -> None:
    path = tmp_path / "state"
    old = await _make(path)
    _back_up(path, tmp_path / "file")
    async with opened_owner(path) as owner:
        newer = await apply(owner, put_user("later"))
    for number in (1, 2):
        restored = restore(path, tmp_path / "file", {})
        assert restored.former == path / f"{STATE_FILE}.before-restore-{number}"
        assert await _read(path) == old
    former = tmp_path / "former"
    former.mkdir(0o700)
    shutil.copy2(path / f"{STATE_FILE}.before-restore-1", former / STATE_FILE)
    shutil.copy2(path / KEY_FILE, former / KEY_FILE)
    assert await _read(former) == newer
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}


async def test_secrets_are_sealed_anew_with_the_key_of_the_place(tmp_path: Path) -> None:
    snapshot = await _make(tmp_path / "state")
    _back_up(tmp_path / "state", tmp_path / "file")
    await _make(tmp_path / "other", 1)
    key = (tmp_path / "other" / KEY_FILE).read_bytes()
    restore(tmp_path / "other", tmp_path / "file", {})
    assert (tmp_path / "other" / KEY_FILE).read_bytes() == key
    assert await _read(tmp_path / "other") == snapshot
    theirs = bytes.fromhex((tmp_path / "state" / KEY_FILE).read_text())
    assert theirs in (tmp_path / "file").read_bytes()
    assert all(theirs not in content for content in _files(tmp_path / "other").values())


async def test_a_credential_is_the_key_of_the_place(tmp_path: Path) -> None:
    snapshot = await _make(tmp_path / "state")
    _back_up(tmp_path / "state", tmp_path / "file")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / KEY_FILE).write_bytes(bytes(range(32)))
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    restore(tmp_path / "other", tmp_path / "file", environ)
    assert not (tmp_path / "other" / KEY_FILE).exists()
    with StateDirectory.open(tmp_path / "other") as directory:
        store = await open_store(directory, environ=environ)
        assert (await open_owner(store, lambda: NOW)).snapshot == snapshot
        await store.close()
    (tmp_path / "credentials" / KEY_FILE).write_bytes(b"spoilt")
    with pytest.raises(StoreError, match="holds no key"):
        restore(tmp_path / "other", tmp_path / "file", environ)


@pytest.mark.parametrize("lost", ["key", "spoilt key", "state", "spoilt state", "spoilt state and key"])
async def test_a_restore_mends_what_was_lost(tmp_path: Path, lost: str) -> None:
    path = tmp_path / "state"
    snapshot = await _make(path)
    _back_up(path, tmp_path / "file")
    if "state" in lost:
        (path / STATE_FILE).write_bytes(b"garbage")
    if lost == "state":
        (path / STATE_FILE).unlink()
    if lost == "spoilt key" or "and key" in lost:
        (path / KEY_FILE).write_bytes(b"garbage")
    if lost == "key":
        (path / KEY_FILE).unlink()
    restore(path, tmp_path / "file", {})
    assert await _read(path) == snapshot


async def test_a_running_servers_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    await _make(path)
    _back_up(path, tmp_path / "file")
    async with opened_owner(path) as owner:
        before = owner.snapshot
        with pytest.raises(StoreError, match="another server"):
            restore(path, tmp_path / "file", {})
        await apply(owner, put_user("later"))
    assert (await _read(path)).revision == before.revision + 1


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _tear(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xa5" * 4096)


def _sql(statement: str) -> Callable[[Path], None]:
    def run(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(statement)

    return run


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_cut, "damaged"),
        (_tear, "damaged"),
        (lambda file: file.write_bytes(b"garbage" * 1_000), "no backup of Etherloom"),
        (lambda file: file.write_bytes(b""), "no backup of Etherloom"),
        (lambda file: file.unlink(), "can't read"),
        (_sql("DROP TABLE backup"), "no backup of Etherloom"),
        (_sql("UPDATE backup SET key = 'short'"), "no backup of Etherloom"),
        (_sql("UPDATE backup SET key = zeroblob(32)"), "another state.key"),
        (_sql("PRAGMA user_version=99"), "newer release"),
        (_sql("PRAGMA application_id=1"), "no backup of Etherloom"),
        (_sql("UPDATE secrets SET sealed = zeroblob(60)"), "can't be opened"),
        (_sql("DROP TABLE documents"), "table documents is missing"),
    ],
)
async def test_a_file_that_is_no_good_changes_nothing(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "state"
    await _make(path)
    _back_up(path, tmp_path / "file")
    spoil(tmp_path / "file")
    before = _files(path)
    with pytest.raises(StoreError, match=words):
        restore(path, tmp_path / "file", {})
    assert _files(path) == before


async def test_a_backup_replaces_no_file_and_leaves_no_part(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with StateDirectory.open(path) as directory, pytest.raises(StoreError, match="no state yet"):
        backup(directory, tmp_path / "file", {})
    await _make(path)
    (tmp_path / "file").write_bytes(b"precious")
    with pytest.raises(StoreError, match="exists already"):
        _back_up(path, tmp_path / "file")
    with pytest.raises(StoreError, match="nothing was changed"):
        _back_up(path, tmp_path / "none" / "file")
    assert (tmp_path / "file").read_bytes() == b"precious"
    (path / KEY_FILE).unlink()
    with pytest.raises(StoreError, match="missing"):
        _back_up(path, tmp_path / "file2")
    assert sorted(os.listdir(tmp_path)) == ["file", "state"]
