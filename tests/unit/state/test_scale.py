"""A change costs what it touches, not what there is: measured at 1,000 and at 100,000 users."""

import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from etherloom.state.changes import DeletePrefix
from etherloom.state.owner import Owner, open_owner
from etherloom.store.log import Entry, Loaded, Logged, Store
from tests.support.state import NOW, apply, opened_owner, opened_store, put_hub, put_user, put_users, report


class TimedStore:
    """A store that says how long its caller waited for the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.waited = 0.0

    async def load(self) -> Loaded:
        return await self._store.load()

    async def append(self, entry: Entry, expected: int) -> int:
        start = time.perf_counter()
        try:
            return await self._store.append(entry, expected)
        finally:
            self.waited += time.perf_counter() - start

    def follow(self, revision: int) -> AsyncIterator[Logged]:
        return self._store.follow(revision)

    async def close(self) -> None:
        await self._store.close()


async def _owner_times(owner: Owner, store: TimedStore, users: int) -> list[float]:
    times = []
    for number in range(200):
        name = f"User{number * 7 % users}"
        start, store.waited = time.perf_counter(), 0.0
        await apply(owner, put_user(name, note=f"note {number}"))
        times.append((time.perf_counter() - start - store.waited) * 1000)
    return times


async def _measure(path: Path, users: int) -> float:
    async with opened_store(path) as sqlite:
        store = TimedStore(sqlite)
        owner = await open_owner(store, lambda: NOW)
        await apply(owner, put_hub(), *put_users(0, users))
        times = await _owner_times(owner, store, users)
    report(f"{users} users: a change costs the owner {statistics.median(times):.3f} ms (median)")
    return statistics.median(times)


async def test_ten_thousand_users_are_created_in_one_apply(tmp_path: Path) -> None:
    async with opened_owner(tmp_path / "state") as owner:
        await apply(owner, put_hub())
        start = time.perf_counter()
        new = await apply(owner, *put_users(0, 10_000))
        seconds = time.perf_counter() - start
        report(f"10,000 users with passwords in one apply: {seconds:.2f} s")
        assert new.user_count("LAB") == 10_000
        assert seconds < 10
        start = time.perf_counter()
        new = await apply(owner, DeletePrefix("hub/lab"))
        report(f"their hub deleted: {time.perf_counter() - start:.3f} s")
        assert dict(new.documents()) == {}


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_user_change_costs_the_same_at_a_hundred_thousand_users(tmp_path: Path) -> None:
    few = await _measure(tmp_path / "few", 1_000)
    many = await _measure(tmp_path / "many", 100_000)
    assert many <= 2.0
    assert many / few < 5
    start = time.perf_counter()
    async with opened_owner(tmp_path / "many") as owner:
        report(f"100,000 users with passwords loaded at start: {time.perf_counter() - start:.2f} s")
        assert owner.snapshot.user_count("LAB") == 100_000
