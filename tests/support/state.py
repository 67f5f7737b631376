"""A state directory of a test's own with its store and owner, and the records that tests put into it."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from etherloom.model.credential import PasswordCredential, PasswordSecret
from etherloom.model.hub import Hub
from etherloom.model.user import User
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner, open_owner
from etherloom.state.snapshot import Snapshot
from etherloom.store.directory import StateDirectory
from etherloom.store.sqlite import SqliteStore, open_store

ADMIN = Origin("admin", "192.0.2.1")
NOW = 1_700_000_000_000
HASH = bytes(range(20))


@asynccontextmanager
async def opened_store(path: Path, *, lock: bool = True) -> AsyncIterator[SqliteStore]:
    """The store of the state directory `path`, closed at the end."""
    with StateDirectory.open(path, lock=lock) as directory:
        store = await open_store(directory, environ={})
        try:
            yield store
        finally:
            await store.close()


@asynccontextmanager
async def opened_owner(path: Path, *, lock: bool = True) -> AsyncIterator[Owner]:
    """The owner of the state in `path`; its clock stands still."""
    async with opened_store(path, lock=lock) as store:
        yield await open_owner(store, lambda: NOW)


async def apply(owner: Owner, *operations: Operation) -> Snapshot:
    """Apply these operations, whatever there is."""
    return await owner.apply(lambda _: operations, ADMIN)


async def execute(store: SqliteStore, statement: str) -> list[Any]:
    """Run one statement on the store's own connection."""
    return await store.run(lambda database: database.connection.execute(statement).fetchall())


def report(line: str) -> None:
    """Print a measurement for whoever runs the test with -s."""
    sys.stdout.write(line + "\n")


def put_hub(name: str = "LAB") -> Put:
    return Put(keys.hub_key(name), Hub(name))


def put_user(name: str, hub: str = "LAB", note: str = "") -> Put:
    return Put(keys.user_key(hub, name), User(name, PasswordCredential(), note=note))


def put_password(name: str, hub: str = "LAB", hashed: bytes = HASH) -> Put:
    return Put(keys.password_key(hub, name), PasswordSecret(hashed))


def put_users(first: int, count: int, hub: str = "LAB") -> Sequence[Put]:
    """Return `count` users with passwords."""
    names = [f"User{number}" for number in range(first, first + count)]
    return [put for name in names for put in (put_user(name, hub), put_password(name, hub))]
