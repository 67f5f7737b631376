"""What the tests of the store do in processes of their own.

`python -m tests.support.state_program WHAT DIRECTORY [ARGUMENT...]`
"""

import asyncio
import os
import resource
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from etherloom.state import keys
from etherloom.state.changes import Operation, Put
from etherloom.state.owner import Owner, open_owner
from etherloom.state.snapshot import Snapshot
from etherloom.store.backup import backup
from etherloom.store.directory import StateDirectory
from etherloom.store.log import StoreError
from tests.support.state import ADMIN, NOW, apply, opened_owner, opened_store, put_hub, put_users, report


def say(line: str) -> None:
    """Tell the test at once."""
    report(line)
    sys.stdout.flush()


async def write(path: Path, first: str, count: str) -> None:
    """Put users one by one, each acknowledged by its number on a line."""
    async with opened_owner(path) as owner:
        await apply(owner, put_hub())
        for number in range(int(first), int(first) + int(count)):
            await apply(owner, *put_users(number, 1))
            say(str(number))


async def count(path: Path, times: str) -> None:
    """Raise a number in the configuration this many times, beside other processes that do the same."""

    def derive(snapshot: Snapshot) -> Sequence[Operation]:
        hub = snapshot.hub("LAB")
        assert hub is not None
        return [Put(keys.hub_key("LAB"), replace(hub, maximum_sessions=hub.maximum_sessions + 1))]

    async with opened_store(path, lock=False) as store:
        owner = await open_owner(store, lambda: NOW)
        for _ in range(int(times)):
            await owner.apply(derive, ADMIN)
    say("done")


async def serve(path: Path) -> None:
    """Hold the state directory as a server does, until the standard input ends."""
    try:
        with StateDirectory.open(path):
            say("open")
            await asyncio.to_thread(sys.stdin.read)
    except StoreError as error:
        say(str(error))


async def fill_limited(path: Path) -> None:
    """Meet a limit of the file size, and go on when it is gone."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def lift() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    async with opened_owner(path) as owner:
        await apply(owner, put_hub())
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, limits[1]))
        await _fill(owner, lift)
    await _check(path, owner.snapshot)


async def fill_disk(path: Path) -> None:
    """Fill the disk that `path` is on, meet that, and go on when there is space again."""
    ballast = path.with_name("ballast")
    ballast.write_bytes(bytes(200_000))
    async with opened_owner(path) as owner:
        await apply(owner, put_hub())
        await _fill(owner, ballast.unlink)
    await _check(path, owner.snapshot)


async def back_up_to_full_disk(path: Path) -> None:
    """Back up to a disk that is too small; nothing may be left there."""
    state, target = path.with_name("state"), path / "file"
    async with opened_owner(state) as owner:
        await apply(owner, put_hub(), *put_users(0, 5_000))
    with StateDirectory.look(state) as directory:
        try:
            backup(directory, target, {})
        except StoreError as error:
            say(str(error))
    say(f"left: {os.listdir(path)}")


async def _fill(owner: Owner, make_room: Callable[[], None]) -> None:
    """Change until the store refuses, several times, then make room and go on."""
    for attempt in range(3):
        say(await _fill_until_refused(owner, attempt * 100_000))
    make_room()
    before = owner.snapshot
    after = await apply(owner, *put_users(900_000, 20))
    assert after.revision == before.revision + 1
    say("went on")


async def _fill_until_refused(owner: Owner, first: int) -> str:
    for number in range(first, first + 50_000, 10):
        before = owner.snapshot
        try:
            await apply(owner, *put_users(number, 10))
        except StoreError as error:
            assert owner.snapshot is before
            return str(error)
    return "never refused"


async def _check(path: Path, expected: Snapshot) -> None:
    async with opened_owner(path) as reopened:
        assert reopened.snapshot == expected
    say("same after restart")


PROGRAMS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    program.__name__: program
    for program in (write, count, serve, fill_limited, fill_disk, back_up_to_full_disk)
}

if __name__ == "__main__":
    asyncio.run(PROGRAMS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:]))
