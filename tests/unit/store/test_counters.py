"""Counters: kept in memory, written in batches, kept when the disk refuses, dropped with what they count."""

import asyncio
from pathlib import Path

import pytest

from etherloom.model.traffic import Traffic
from etherloom.state import keys
from etherloom.state.changes import Delete, DeletePrefix
from etherloom.state.counting import forget_deleted
from etherloom.state.owner import open_owner
from etherloom.store.counters import Counter, Counters, open_counters
from etherloom.store.log import StoreError
from etherloom.store.sqlite import SqliteStore
from tests.support.state import NOW, apply, execute, opened_store, put_hub, put_user
from tests.support.waiting import wait_until

ALICE = keys.user_key("LAB", "Alice")
HUB = keys.hub_key("LAB")
TRAFFIC = Traffic(1, 2, 3, 4, 5, 6, 7, 8)
TWICE = Traffic(2, 4, 6, 8, 10, 12, 14, 16)


async def _until_kept(store: SqliteStore, key: str) -> None:
    """Wait until the file knows of `key`."""
    while (await open_counters(store)).get(key) == Counter():
        pass


async def test_they_count_and_last(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        counters = await open_counters(store)
        assert counters.get(ALICE) == Counter()
        counters.record_login(ALICE, NOW)
        counters.record_login(ALICE, NOW + 5)
        counters.add_traffic(ALICE, TRAFFIC, NOW + 9)
        counters.add_traffic(ALICE, TRAFFIC, NOW + 8)
        counters.add_traffic(HUB, Traffic(1 << 80), NOW)
        await counters.flush()
        await counters.flush()
    async with opened_store(tmp_path / "state") as store:
        counters = await open_counters(store)
        assert counters.get(ALICE) == Counter(NOW + 5, 2, NOW + 9, TWICE)
        assert counters.get(HUB).traffic.received_broadcast_bytes == (1 << 63) - 1
        assert (await store.load()).revision == 0
        assert await store.history() == []


async def test_a_refused_flush_is_made_good_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened_store(tmp_path / "state") as store:
        counters = await open_counters(store)
        counters.record_login(HUB, NOW)
        await counters.flush()
        counters.forget(HUB)
        counters.record_login(ALICE, NOW)
        await execute(store, "PRAGMA query_only=ON")
        with pytest.raises(StoreError):
            await counters.flush()
        counters.record_login(ALICE, NOW + 1)
        await execute(store, "PRAGMA query_only=OFF")
        await counters.flush()
        again = await open_counters(store)
        assert again.get(ALICE).logins == 2
        assert again.get(HUB) == Counter()


async def test_flushing_goes_on_by_itself_and_once_more_at_the_end(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        counters = await open_counters(store)
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            task = group.create_task(counters.keep_flushing(0.001))
            counters.record_login(ALICE, NOW)
            await _until_kept(store, ALICE)
            task.cancel()
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            task = group.create_task(counters.keep_flushing(3_600))
            await asyncio.sleep(0)
            counters.record_login(HUB, NOW)
            task.cancel()
        await _until_kept(store, HUB)


async def test_a_failed_flush_does_not_end_the_flushing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened_store(tmp_path / "state") as store:
        counters = await open_counters(store)
        counters.record_login(ALICE, NOW)
        await execute(store, "PRAGMA query_only=ON")
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            task = group.create_task(counters.keep_flushing(0.001))
            await asyncio.to_thread(wait_until, lambda: "kept for the next" in caplog.text, 20, "warning")
            await execute(store, "PRAGMA query_only=OFF")
            task.cancel()
        assert (await open_counters(store)).get(ALICE).logins == 1


async def test_what_is_deleted_is_no_longer_counted(tmp_path: Path) -> None:
    def count(counters: Counters) -> None:
        for key in (HUB, ALICE, keys.user_key("LAB", "bob"), keys.hub_key("LAB2")):
            counters.record_login(key, NOW)

    async with opened_store(tmp_path / "state") as store:
        owner, counters = await open_owner(store, lambda: NOW), await open_counters(store)
        owner.subscribe(forget_deleted(counters))
        await apply(owner, put_hub(), put_hub("LAB2"), put_user("Alice"), put_user("bob"))
        count(counters)
        await counters.flush()
        await apply(owner, DeletePrefix(ALICE))
        await apply(owner, Delete(keys.user_key("LAB", "bob")))
        assert [counters.get(key).logins for key in (HUB, ALICE, keys.user_key("LAB", "bob"))] == [1, 0, 0]
        await apply(owner, put_user("Alice"))
        counters.record_login(ALICE, NOW)
        await counters.flush()
        assert (await open_counters(store)).get(ALICE).logins == 1
        await apply(owner, DeletePrefix(HUB))
        await counters.flush()
        again = await open_counters(store)
        assert [again.get(key).logins for key in (HUB, ALICE, keys.hub_key("LAB2"))] == [0, 0, 1]
