"""Whatever is done in whatever order: snapshot, replayed log and reopened store are the same."""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from etherloom.model.errors import Refusal
from etherloom.model.hub import Hub
from etherloom.model.user import User
from etherloom.state import keys, tree
from etherloom.state.changes import Delete, DeletePrefix, Operation, Put
from etherloom.state.documents import decode_document, find_kind
from etherloom.state.owner import open_owner
from etherloom.state.snapshot import Snapshot
from etherloom.store.log import Logged, PutDocument, SecretChanged
from tests.support.state import ADMIN, NOW, opened_owner, opened_store, put_password

HUBS = st.sampled_from(["LAB", "lab2", "a%"])
USERS = st.sampled_from(["Alice", "bob", "*", "x y"])
SECRETS = st.binary(min_size=20, max_size=20)


def _key(hub: str, user: str | None) -> str:
    return keys.hub_key(hub) if user is None else keys.user_key(hub, user)


KEY = st.builds(_key, HUBS, st.none() | USERS)
OPERATION: st.SearchStrategy[Operation] = st.one_of(
    st.builds(lambda hub, online: Put(keys.hub_key(hub), Hub(hub, online)), HUBS, st.booleans()),
    st.builds(
        lambda hub, user, note: Put(keys.user_key(hub, user), User(user, note=note)), HUBS, USERS, st.text()
    ),
    st.builds(put_password, USERS, HUBS, SECRETS),
    st.builds(Delete, KEY),
    st.builds(DeletePrefix, KEY),
    st.builds(lambda key: DeletePrefix(key + "/"), KEY),
)
CHANGES = st.lists(st.lists(OPERATION, min_size=1, max_size=6), max_size=12)


@settings(max_examples=60, deadline=None)
@given(CHANGES)
def test_snapshot_log_and_reopened_store_agree(changes: list[list[Operation]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_check(Path(folder) / "state", changes))


async def _check(path: Path, changes: list[list[Operation]]) -> None:
    async with opened_store(path) as store:
        owner = await open_owner(store, lambda: NOW)
        applied = 0
        for operations in changes:
            before = owner.snapshot
            try:
                after = await owner.apply(lambda _, wished=operations: wished, ADMIN)  # type: ignore[misc]
            except Refusal:
                assert owner.snapshot is before
                continue
            applied += after is not before
            assert after.revision == applied
        snapshot = owner.snapshot
        assert snapshot.root == _replay(await store.history(), snapshot)
        assert snapshot == (await open_owner(store, lambda: NOW)).snapshot
    async with opened_owner(path) as reopened:
        assert reopened.snapshot == snapshot


def _replay(entries: Iterable[Logged], snapshot: Snapshot) -> tree.Node:
    """Replay the history; secrets, which it doesn't hold, come from the snapshot if they are still there."""
    root = tree.EMPTY
    for entry in entries:
        for operation in entry.operations:
            match operation:
                case PutDocument(key, document):
                    kind = find_kind(key)
                    assert kind is not None
                    root = tree.put(root, key, decode_document(kind, document))
                case SecretChanged(key):
                    record = snapshot.get(key)
                    root = root if record is None else tree.put(root, key, record)
                case Delete(key):
                    root = tree.delete(root, key)
                case DeletePrefix(prefix):
                    root = tree.delete_prefix(root, prefix)
    return root
