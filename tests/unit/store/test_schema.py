"""Which files are opened: our own, of this release or an older one, undamaged, with the right key."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from etherloom.store import schema
from etherloom.store.database import STATE_FILE
from etherloom.store.directory import StateDirectory
from etherloom.store.log import StoreError
from etherloom.store.seal import KEY_FILE
from etherloom.store.sqlite import open_store
from tests.support.state import (
    HASH,
    apply,
    opened_owner,
    opened_store,
    put_hub,
    put_password,
    put_user,
    put_users,
)


async def _make(path: Path) -> Path:
    async with opened_owner(path) as owner:
        await apply(owner, put_hub(), *put_users(0, 300))
    return path / STATE_FILE


async def _open_error(path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        async with opened_owner(path):
            pass
    return str(caught.value)


async def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    file = await _make(tmp_path / "state")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    before = file.read_bytes()
    message = await _open_error(tmp_path / "state")
    assert f"newer release (schema {schema.VERSION + 1}, this one knows up to {schema.VERSION})" in message
    assert file.read_bytes() == before


async def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    with StateDirectory.open(tmp_path / "state") as directory:
        directory.create_file(STATE_FILE)
        with closing(sqlite3.connect(directory.path / STATE_FILE)) as connection:
            connection.execute("CREATE TABLE theirs (x)")
    assert "no state file of Etherloom" in await _open_error(tmp_path / "state")


def _garbage(content: bytes) -> bytes:
    return b"garbage " * (len(content) // 8)


def _torn_page(content: bytes) -> bytes:
    return content[:8192] + b"\xa5" * 4096 + content[12288:]


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize("spoil", [_garbage, _torn_page, _cut])
async def test_a_damaged_file_is_called_so(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    file = await _make(tmp_path / "state")
    file.write_bytes(spoil(file.read_bytes()))
    message = await _open_error(tmp_path / "state")
    assert "damaged" in message
    assert "etherloom restore" in message


async def test_every_flipped_page_is_noticed_or_harmless(tmp_path: Path) -> None:
    """A page overwritten anywhere gives an error or the same state, never another one."""
    file = await _make(tmp_path / "state")
    content = file.read_bytes()
    async with opened_owner(tmp_path / "state") as owner:
        original = owner.snapshot
    noticed = 0
    for start in range(0, len(content), 4096):
        file.write_bytes(content[:start] + bytes(4096) + content[start + 4096 :])
        try:
            async with opened_owner(tmp_path / "state") as owner:
                assert owner.snapshot == original
        except StoreError:
            noticed += 1
    assert noticed > len(content) // 4096 // 2


async def test_an_empty_file_is_a_new_state(tmp_path: Path) -> None:
    with StateDirectory.open(tmp_path / "state") as directory:
        directory.create_file(STATE_FILE)
    async with opened_store(tmp_path / "state") as store:
        assert (await store.load()).revision == 0


async def test_a_missing_key_is_named(tmp_path: Path) -> None:
    await _make(tmp_path / "state")
    (tmp_path / "state" / KEY_FILE).unlink()
    message = await _open_error(tmp_path / "state")
    assert "state.key is missing" in message
    assert not (tmp_path / "state" / KEY_FILE).exists()


@pytest.mark.parametrize(
    ("key", "words"), [(b"ab" * 32, "another state.key"), (b"short", "no key"), (b"zz" * 32, "no key")]
)
async def test_a_wrong_key_is_named(tmp_path: Path, key: bytes, words: str) -> None:
    await _make(tmp_path / "state")
    (tmp_path / "state" / KEY_FILE).write_bytes(key)
    assert words in await _open_error(tmp_path / "state")


async def test_a_key_open_to_others_is_refused(tmp_path: Path) -> None:
    await _make(tmp_path / "state")
    (tmp_path / "state" / KEY_FILE).chmod(0o644)
    assert "chmod 600" in await _open_error(tmp_path / "state")


@pytest.mark.parametrize("content", [bytes(range(32)), bytes(range(32)).hex().encode() + b"\n"])
async def test_the_key_may_come_as_a_systemd_credential(tmp_path: Path, content: bytes) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / KEY_FILE).write_bytes(content)
    environ = {"CREDENTIALS_DIRECTORY": str(credentials)}
    with StateDirectory.open(tmp_path / "state") as directory:
        await (await open_store(directory, environ=environ)).close()
        assert not directory.check_file(KEY_FILE)
        await (await open_store(directory, environ=environ)).close()
        with pytest.raises(StoreError, match="missing"):
            await open_store(directory, environ={})


async def test_a_secret_moved_to_another_place_is_refused(tmp_path: Path) -> None:
    file = await _make(tmp_path / "state")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE key LIKE '%user1/password')"
            " WHERE key LIKE '%user2/password'"
        )
    assert "hub/lab/user/user2/password can't be opened" in await _open_error(tmp_path / "state")


KEPT = sorted((Path(__file__).resolve().parents[2] / "vectors" / "state").glob("*/"))


def test_the_file_of_each_release_is_kept() -> None:
    assert "0.1.0" in [path.name for path in KEPT]


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.name)
async def test_the_file_of_each_release_is_still_read(tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "state"
    path.mkdir(0o700)
    for name in (STATE_FILE, KEY_FILE):
        shutil.copyfile(kept / name, path / name)
        (path / name).chmod(0o600)
    async with opened_owner(path) as owner:
        snapshot = owner.snapshot
        assert snapshot.revision == 3
        assert [hub.name for hub in snapshot.hubs()] == ["LAB", "Zoo"]
        assert [user.name for user in snapshot.users("lab")] == [
            "Alice",
            "bob",
            "carl",
            "dora",
            "emil",
            "fritz",
        ]
        password = snapshot.password("LAB", "ALICE")
        assert password is not None
        assert password.hashed_key == HASH
        assert snapshot.identity is not None
        assert len(list(snapshot.documents())) == 16
        await apply(owner, put_user("new"), put_password("new"))


async def test_an_older_file_is_migrated_in_one_step_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await _make(tmp_path / "state")

    def add_column(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE log ADD COLUMN node TEXT NOT NULL DEFAULT ''")

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE documents")
        raise StoreError("the migration failed")

    def version() -> int:
        with closing(sqlite3.connect(file)) as connection:
            return schema.read_version(connection)

    current = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", current + 1)
    monkeypatch.setattr(schema, "MIGRATIONS", {**schema.MIGRATIONS, current: fail})
    assert "the migration failed" in await _open_error(tmp_path / "state")
    assert version() == current
    monkeypatch.setattr(schema, "MIGRATIONS", {**schema.MIGRATIONS, current: add_column})
    async with opened_store(tmp_path / "state") as store:
        assert len((await store.load()).documents) == 601
        columns = await store.run(
            lambda database: [row[1] for row in database.connection.execute("PRAGMA table_info(log)")]
        )
    assert "node" in columns
    assert version() == current + 1
