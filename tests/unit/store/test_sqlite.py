"""The log on SQLite: compare and append, all or nothing, history, following, compaction."""

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest

from etherloom.store.database import STATE_FILE, LogLimits
from etherloom.store.directory import StateDirectory
from etherloom.store.log import (
    Conflict,
    Delete,
    DeletePrefix,
    Entry,
    Logged,
    Origin,
    PutDocument,
    SecretChanged,
    StoredOperation,
    StoreError,
)
from etherloom.store.sqlite import SqliteStore, open_store
from tests.support.state import ADMIN, NOW, execute, opened_store

DAY = 86_400_000


def entry(*operations: StoredOperation, at_ms: int = NOW) -> Entry:
    return Entry(operations, ADMIN, at_ms)


def put(key: str, text: str = "x", *, secret: bool = False) -> PutDocument:
    return PutDocument(key, text.encode(), secret)


async def _fill(store: SqliteStore, count: int, text: str = "x", at_ms: int = NOW) -> None:
    revision = (await store.load()).revision
    for number in range(revision, revision + count):
        await store.append(entry(put("key", f"{number}{text}"), at_ms=at_ms), number)


async def test_commits_are_durable_before_they_are_acknowledged(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        for pragma, value in (("synchronous", 2), ("journal_mode", "wal")):
            assert await execute(store, f"PRAGMA {pragma}") == [(value,)]


async def test_what_was_appended_is_loaded(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        assert (
            await store.append(entry(put("a"), put("b"), put("b", "y"), put("s", "z", secret=True)), 0) == 1
        )
        assert await store.append(entry(Delete("a"), put("c")), 1) == 2
    async with opened_store(tmp_path / "state") as store:
        loaded = await store.load()
    assert dict(loaded.documents) == {"b": b"y", "s": b"z", "c": b"x"}
    assert loaded.revision == 2


async def test_a_stale_revision_is_a_conflict_and_changes_nothing(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        await store.append(entry(put("a")), 0)
        for expected in (0, 2):
            with pytest.raises(Conflict) as caught:
                await store.append(entry(put("b")), expected)
            assert caught.value.actual == 1
        assert dict((await store.load()).documents) == {"a": b"x"}


async def test_two_stores_on_one_file_see_each_other(tmp_path: Path) -> None:
    async with (
        opened_store(tmp_path / "state") as one,
        opened_store(tmp_path / "state", lock=False) as other,
    ):
        await one.append(entry(put("a")), 0)
        with pytest.raises(Conflict):
            await other.append(entry(put("b")), 0)
        assert await other.append(entry(put("b")), 1) == 2
        assert set((await one.load()).documents) == {"a", "b"}


async def test_a_prefix_is_made_of_whole_segments(tmp_path: Path) -> None:
    names = ["hub/lab", "hub/lab/user/a", "hub/lab0", "hub/lab-", "hub/la", "hub/lab/"]
    async with opened_store(tmp_path / "state") as store:
        await store.append(
            entry(
                *map(put, names), put("hub/lab/user/a/password", secret=True), put("hub/lab2/s", secret=True)
            ),
            0,
        )
        await store.append(entry(DeletePrefix("hub/lab/user/")), 1)
        assert set((await store.load()).documents) == {*names, "hub/lab2/s"} - {"hub/lab/user/a"}
        await store.append(entry(DeletePrefix("hub/lab")), 2)
        left = {"hub/lab0", "hub/lab-", "hub/la", "hub/lab2/s"}
        assert set((await store.load()).documents) - {"hub/lab/"} == left


async def test_the_history_says_who_did_what_when_and_no_secret(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        origin = Origin("böse\udcff", "192.0.2.7")
        await store.append(Entry((put("a"), put("s", "hunter2", secret=True)), origin, NOW), 0)
        await store.append(entry(Delete("a"), DeletePrefix("s/")), 1)
        history = await store.history()
    assert history == [
        Logged(1, (put("a"), SecretChanged("s")), Origin("böse\\udcff", "192.0.2.7"), NOW),
        Logged(2, (Delete("a"), DeletePrefix("s/")), ADMIN, NOW),
    ]
    assert "hunter2" not in repr(history)


async def test_secrets_are_nowhere_in_the_files(tmp_path: Path) -> None:
    path = tmp_path / "state"
    async with opened_store(path) as store:
        await store.append(entry(put("s", "hunter2-hunter2", secret=True)), 0)
        for file in path.iterdir():
            assert b"hunter2" not in file.read_bytes()
    for file in path.iterdir():
        assert b"hunter2" not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_files_are_closed_to_others_while_it_runs(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        await store.append(entry(put("a")), 0)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "state").iterdir()}
    assert set(modes) >= {STATE_FILE, f"{STATE_FILE}-wal", "state.key", "lock"}
    assert set(modes.values()) == {0o600}


async def test_a_follower_gets_what_was_and_what_comes(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        await _fill(store, 600)
        seen: list[int] = []

        async def follow() -> None:
            async for logged in store.follow(10):
                seen.append(logged.revision)
                if logged.revision == 650:
                    return

        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            group.create_task(follow())
            await _fill(store, 50)
        assert seen == list(range(11, 651))


async def test_following_ends_with_the_store(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        waiting = asyncio.Event()

        async def follow() -> list[int]:
            seen = []
            async for logged in store.follow(0):
                seen.append(logged.revision)
                waiting.set()
            return seen

        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            task = group.create_task(follow())
            await store.append(entry(put("a")), 0)
            await waiting.wait()
            await store.close()
    assert task.result() == [1]


async def test_old_entries_are_dropped_by_size_and_documents_stay(tmp_path: Path) -> None:
    with StateDirectory.open(tmp_path / "state") as directory:
        store = await open_store(directory, LogLimits(bytes=10_000, at_least=3), {})
        await store.append(entry(put("first")), 0)
        await _fill(store, 100, "x" * 500)
        history = await store.history()
        assert history[-1].revision == 101
        assert 12 <= len(history) <= 20  # entries of about 530 bytes, cut to three quarters of the limit
        assert [logged.revision for logged in history] == list(range(history[0].revision, 102))
        assert set((await store.load()).documents) == {"first", "key"}
        with pytest.raises(StoreError, match=f"begins at revision {history[0].revision}"):
            await store.history(0)
        # One entry above the limit is still logged: the newest always is.
        await store.append(entry(put("big", "x" * 20_000)), 101)
        assert [logged.revision for logged in await store.history()] == [102]
        await store.close()


async def test_old_entries_are_dropped_by_age_but_not_the_newest(tmp_path: Path) -> None:
    with StateDirectory.open(tmp_path / "state") as directory:
        store = await open_store(directory, LogLimits(age_ms=10 * DAY, at_least=5), {})
        await _fill(store, 20, at_ms=NOW)
        await _fill(store, 1, at_ms=NOW + 10 * DAY)
        assert len(await store.history()) == 21
        # The clock jumps by years: what happened last is still kept.
        await _fill(store, 1, at_ms=NOW + 4_000 * DAY)
        assert [logged.revision for logged in await store.history()] == [18, 19, 20, 21, 22]
        await store.close()


async def test_entries_with_strange_operations_are_called_damage(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        await store.append(entry(put("a")), 0)
        await execute(store, "UPDATE log SET operations = '[[\"jump\"]]'")
        with pytest.raises(StoreError, match="damaged"):
            await store.history()


async def test_a_locked_file_is_a_clear_error(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        await execute(store, "PRAGMA busy_timeout=5")
        other = sqlite3.connect(tmp_path / "state" / STATE_FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"in use by another process; nothing was changed, repeat"):
            await store.append(entry(put("a")), 0)
        other.execute("ROLLBACK")
        other.close()
        assert await store.append(entry(put("a")), 0) == 1


async def test_closing_twice_is_no_error(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        await store.close()
        await store.close()
    assert not list((tmp_path / "state").glob("*-wal"))
