"""A configuration for tests of the server: the real owner on a store in a folder of the test's own."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from etherloom.model.credential import ANONYMOUS, PasswordCredential, PasswordSecret
from etherloom.model.hub import AdministratorSecret, Hub
from etherloom.model.policy import Policy
from etherloom.model.user import User
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner, open_owner
from etherloom.store.directory import StateDirectory
from etherloom.store.sqlite import open_store
from etherloom.wire.digest import hash_administrator_password, hash_password

TEST = Origin("test")


@contextlib.asynccontextmanager
async def open_configuration(path: Path, now: int = 1_000) -> AsyncIterator[Owner]:
    """An empty configuration; its clock stands still."""
    with StateDirectory.open(path) as directory:
        store = await open_store(directory)
        try:
            yield await open_owner(store, lambda: now)
        finally:
            await store.close()


async def put(owner: Owner, *operations: Operation | Sequence[Operation]) -> None:
    """Make all operations one change."""
    flat = [o for item in operations for o in (item if isinstance(item, Sequence) else [item])]
    await owner.apply(lambda _: flat, TEST)


def hub(
    name: str, *, maximum: int = 0, online: bool = True, encrypt: bool = False, hidden: bool = False
) -> Put:
    record = Hub(name, online=online, maximum_sessions=maximum, require_encryption=encrypt, hidden=hidden)
    return Put(keys.hub_key(name), record)


def user(
    hub: str, name: str, password: str | None = None, *, policy: Policy | None = None, expires: int = 0
) -> list[Operation]:
    """A user with this password, or an anonymous one."""
    if password is None:
        return [Put(keys.user_key(hub, name), User(name, ANONYMOUS, policy=policy, expires=expires))]
    record = User(name, PasswordCredential(), policy=policy, expires=expires)
    secret = PasswordSecret(hash_password(password, name))
    return [Put(keys.user_key(hub, name), record), Put(keys.password_key(hub, name), secret)]


def administrator(hub: str | None, password: str) -> Put:
    as_user = hash_password(password, "administrator") if hub else b""
    secret = AdministratorSecret(hash_administrator_password(password), as_user)
    return Put(keys.administrator_key(hub), secret)
