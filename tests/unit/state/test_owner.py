"""The owner: one change at a time, durable before it is seen, told to everybody, whoever fails."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import AdministratorSecret, Hub
from etherloom.model.listener import Listener
from etherloom.model.server import ServerIdentity, ServerSettings
from etherloom.model.user import User
from etherloom.state import keys, preparation
from etherloom.state import owner as owner_module
from etherloom.state.changes import Change, Delete, DeletePrefix, Operation, Put
from etherloom.state.owner import Owner, open_owner
from etherloom.state.snapshot import Snapshot
from etherloom.store.directory import StateDirectory
from etherloom.store.log import Entry, PutDocument, StoreError
from etherloom.store.sqlite import open_store
from tests.support.state import (
    ADMIN,
    HASH,
    NOW,
    apply,
    opened_owner,
    opened_store,
    put_hub,
    put_password,
    put_user,
)


async def test_an_empty_state_answers_every_question(tmp_path: Path) -> None:
    async with opened_owner(tmp_path / "state") as owner:
        snapshot = owner.snapshot
    assert snapshot.revision == 0
    assert snapshot.server == ServerSettings(b"")
    assert snapshot.identity is None
    assert snapshot.administrator(None) is None
    assert (list(snapshot.hubs()), list(snapshot.listeners()), list(snapshot.bridges())) == ([], [], [])
    assert (snapshot.hub("x"), snapshot.user("x", "y"), snapshot.user_count("x")) == (None, None, 0)


async def test_a_change_is_seen_at_once_and_after_a_restart(tmp_path: Path) -> None:
    identity = ServerIdentity((b"certificate",), b"key")
    secret = AdministratorSecret(HASH)
    async with opened_owner(tmp_path / "state") as owner:
        new = await apply(
            owner,
            *(put_hub("Zoo"), put_hub("LAB"), put_user("Bob"), put_user("alice"), put_password("Bob")),
            Put(keys.SERVER_IDENTITY, identity),
            Put(keys.administrator_key("lab"), secret),
            *(Put(keys.listener_key(port), Listener(port)) for port in (5555, 443)),
        )
        assert new is owner.snapshot
    async with opened_owner(tmp_path / "state") as owner:
        assert owner.snapshot == new
        assert owner.snapshot.revision == 1
    assert [hub.name for hub in new.hubs()] == ["LAB", "Zoo"]
    assert [user.name for user in new.users("lab")] == ["alice", "Bob"]
    assert [listener.port for listener in new.listeners()] == [443, 5555]
    assert new.user("LAB", "BOB") == new.get("hub/lab/user/bob")
    assert (new.user_count("LAB"), new.identity, new.administrator("LAB")) == (2, identity, secret)
    password = new.password("Lab", "bob")
    assert password is not None
    assert password.hashed_key == HASH


async def test_changes_are_serialised_on_the_newest_snapshot(tmp_path: Path) -> None:
    def raise_limit(snapshot: Snapshot) -> Sequence[Operation]:
        hub = snapshot.hub("LAB")
        assert hub is not None
        return [Put(keys.hub_key("LAB"), replace(hub, maximum_sessions=hub.maximum_sessions + 1))]

    async with opened_owner(tmp_path / "state") as owner:
        await apply(owner, put_hub())
        await asyncio.gather(*(owner.apply(raise_limit, ADMIN) for _ in range(50)))
        hub = owner.snapshot.hub("LAB")
        assert hub is not None
        assert (hub.maximum_sessions, owner.snapshot.revision) == (50, 51)


@pytest.mark.parametrize(("users", "elsewhere"), [(10, False), (1_000, True)])
async def test_a_large_change_is_prepared_beside_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, users: int, elsewhere: bool
) -> None:
    threads: list[int] = []

    def noticed(old: Snapshot, wished: Sequence[Operation]) -> preparation.Prepared:
        threads.append(threading.get_ident())
        return preparation.prepare(old, wished)

    monkeypatch.setattr(owner_module, "prepare", noticed)
    async with opened_owner(tmp_path / "state") as owner:
        changes = [put_hub("lab"), *(put_user(f"user{number}") for number in range(users))]
        both = await asyncio.gather(apply(owner, *changes), apply(owner, put_hub("other")))
        assert [snapshot.revision for snapshot in both] == [1, 2]
        assert owner.snapshot.user_count("lab") == users
    assert threads[0] != threads[1] if elsewhere else threads[0] == threads[1]


async def test_a_refusal_changes_nothing(tmp_path: Path) -> None:
    def refuse(_: Snapshot) -> Sequence[Operation]:
        raise Refusal(ErrorCode.HUB_ALREADY_EXISTS, "there is a hub LAB already")

    async with opened_store(tmp_path / "state") as store:
        owner = await open_owner(store, lambda: NOW)
        old = await apply(owner, put_hub())
        with pytest.raises(Refusal, match="LAB already"):
            await owner.apply(refuse, ADMIN)
        with pytest.raises(Refusal, match="no hub"):
            await apply(owner, put_user("x"), put_user("x", "NONE"))
        assert owner.snapshot is old
        assert (await store.load()).revision == 1


async def test_what_changes_nothing_is_no_revision(tmp_path: Path) -> None:
    async with opened_owner(tmp_path / "state") as owner:
        old = await apply(owner, put_hub())
        told: list[Change] = []
        owner.subscribe(lambda _old, _new, change: told.append(change))
        assert await apply(owner, put_hub(), Delete("hub/none")) is old
        assert told == []


async def test_subscribers_hear_of_every_change_in_order(tmp_path: Path) -> None:
    told: list[tuple[int, int, Change]] = []
    async with opened_owner(tmp_path / "state") as owner:
        stop = owner.subscribe(lambda old, new, change: told.append((old.revision, new.revision, change)))
        await apply(owner, put_hub())
        await apply(owner, DeletePrefix("hub/lab"))
        stop()
        stop()
        await apply(owner, put_hub())
    assert [(old, new) for old, new, _ in told] == [(0, 1), (1, 2)]
    assert told[0][2] == Change((put_hub(),), ADMIN, NOW)
    assert told[1][2].operations == (DeletePrefix("hub/lab"),)


async def test_a_failing_subscriber_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []

    def fail(_old: Snapshot, _new: Snapshot, _change: Change) -> None:
        raise RuntimeError("broken subscriber")

    async with opened_owner(tmp_path / "state") as owner:
        owner.subscribe(fail)
        owner.subscribe(lambda _old, new, _change: told.append(new.revision))
        with caplog.at_level(logging.ERROR):
            await apply(owner, put_hub())
            await apply(owner, put_user("x"))
    assert told == [1, 2]
    assert "broken subscriber" in caplog.text


async def test_a_cancelled_caller_leaves_no_half_change(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "state") as store:
        owner = await open_owner(store, lambda: NOW)
        await apply(owner, put_hub())
        for number in range(20):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(apply(owner, put_user(f"u{number}")))
                for _ in range(number):
                    await asyncio.sleep(0)
                task.cancel()
        loaded = await store.load()
        assert loaded.revision == owner.snapshot.revision
        assert set(loaded.documents) == {key for key, _ in owner.snapshot.documents()}
        await apply(owner, put_user("last"))


async def test_a_change_by_another_process_is_taken_up_and_derived_from(tmp_path: Path) -> None:
    told: list[Change] = []
    seen: list[bool] = []

    def derive(snapshot: Snapshot) -> Sequence[Operation]:
        seen.append(snapshot.user("LAB", "theirs") is not None)
        return [put_user("ours")]

    async with opened_owner(tmp_path / "state") as ours:
        await apply(ours, put_hub(), put_user("old"), put_password("old"))
        async with opened_owner(tmp_path / "state", lock=False) as theirs:
            await apply(theirs, put_user("theirs"), put_password("theirs"), DeletePrefix("hub/lab/user/old"))
        ours.subscribe(lambda _old, _new, change: told.append(change))
        new = await ours.apply(derive, ADMIN)
    assert seen == [False, True]
    assert [user.name for user in new.users("LAB")] == ["ours", "theirs"]
    assert new.password("LAB", "theirs") is not None
    assert new.revision == 3
    assert {operation.key for operation in told[0].operations if isinstance(operation, Delete)} == {
        "hub/lab/user/old",
        "hub/lab/user/old/password",
    }
    assert told[1].operations == (put_user("ours"),)


@pytest.mark.parametrize(
    ("key", "document", "words"),
    [
        ("hub/lab", b"nonsense", "document hub/lab can't be read"),
        ("hub/lab", b'["hub",9,{}]', "another release"),
        ("moon/base", b"[]", "doesn't know the document moon/base"),
    ],
)
async def test_a_document_that_cannot_be_read_is_named(
    tmp_path: Path, key: str, document: bytes, words: str
) -> None:
    async with opened_store(tmp_path / "state") as store:
        await store.append(Entry((PutDocument(key, document),), ADMIN, NOW), 0)
        with pytest.raises(StoreError, match=words):
            await open_owner(store, lambda: NOW)


async def test_secrets_show_in_no_repr(tmp_path: Path) -> None:
    async with opened_owner(tmp_path / "state") as owner:
        told: list[str] = []
        owner.subscribe(lambda old, new, change: told.append(repr((old, new, change))))
        await apply(owner, put_hub(), put_user("x"), put_password("x"))
    assert "hub/lab/user/x/password" in told[0]
    assert repr(HASH)[2:-1] not in told[0]
    assert "hashed_key" not in told[0]


async def test_records_are_kept_as_they_will_be_read(tmp_path: Path) -> None:
    with StateDirectory.open(tmp_path / "state") as directory:
        store = await open_store(directory, environ={})
        owner: Owner = await open_owner(store, lambda: NOW)
        await apply(owner, Put(keys.hub_key("A"), Hub("A")), Put(keys.user_key("A", "u"), User("u")))
        again = await open_owner(store, lambda: NOW)
        assert again.snapshot == owner.snapshot
        await store.close()
