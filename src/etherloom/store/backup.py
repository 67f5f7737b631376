"""Back-up of a state directory into one file, and back again.

The file is a consistent copy of the state with the key that opens its secrets: whoever has it has
everything, so it is made 0600. A restore checks the whole file before anything is replaced.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from etherloom.store.database import STATE_FILE, check_key, read_revision, reseal
from etherloom.store.directory import StateDirectory
from etherloom.store.log import StoreError
from etherloom.store.schema import APPLICATION, check, connect, prepare, transaction, translated
from etherloom.store.seal import KEY_BYTES, KEY_FILE, Seal, read_key, write_key

_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_APPLICATION_AT: Final = slice(68, 72)
_WRITE_AHEAD: Final = (f"{STATE_FILE}-wal", f"{STATE_FILE}-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the revision that is now in force, and where the former state was put."""

    revision: int
    former: Path | None


def backup(directory: StateDirectory, file: Path, environ: Mapping[str, str] = os.environ) -> int:
    """Write a consistent copy of the state, secrets and key included, to the new file `file` (0600).

    A server may be running meanwhile. Returns the copy's revision; raises StoreError.
    """
    if not directory.check_file(STATE_FILE):
        raise StoreError(f"{directory.path} holds no state yet: start the server once")
    key = read_key(directory, environ)
    if key is None:
        raise StoreError(f"{directory.path / KEY_FILE} is missing: put it back, the secrets need it")
    if file.exists():
        raise StoreError(f"{file} exists already: choose another name or remove it")
    with _new_file(file) as part:
        return _copy_state(directory.path / STATE_FILE, part, key)


def restore(path: Path, file: Path, environ: Mapping[str, str] = os.environ) -> Restored:
    """Put the backup `file` in place of the state in the directory `path`, where no server may run.

    The former state is kept beside it. Raises StoreError; then nothing has changed.
    """
    _check_header(file)
    with StateDirectory.open(path) as directory:
        fresh = directory.path / f".{STATE_FILE}.restore"
        try:
            key = _usable_key(directory, environ)
            revision, own_key = _unpack(file, fresh, key)
            former = _put_aside(directory, with_key=key is None)
            if key is None:
                write_key(directory, own_key)
            fresh.rename(directory.path / STATE_FILE)
            directory.sync()
        except OSError as error:
            raise _explained(error, file) from error
        finally:
            fresh.unlink(missing_ok=True)
    return Restored(revision, former)


@contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    """Make `file` from the part file that the block fills, durably, or not at all."""
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        yield part
        _sync(part)
        part.rename(file)
        _sync(file.parent)
    except OSError as error:
        raise _explained(error, file) from error
    finally:
        part.unlink(missing_ok=True)


def _copy_state(state: Path, part: Path, key: bytes) -> int:
    with closing(connect(state)) as source, closing(sqlite3.connect(part, isolation_level=None)) as target:
        with translated(state):
            check_key(source, key)
        with translated(part):
            target.execute("PRAGMA journal_mode=MEMORY")
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
            with transaction(target):
                target.execute("CREATE TABLE backup (key BLOB NOT NULL)")
                target.execute("INSERT INTO backup VALUES (?)", (key,))
            check(target, part)
            return read_revision(target)


def _check_header(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            header = stream.read(_HEADER_BYTES)
    except OSError as error:
        raise StoreError(
            f"can't read {file} ({error.strerror}): name a file made by `etherloom backup`"
        ) from error
    if not header.startswith(_MAGIC) or header[_APPLICATION_AT] != APPLICATION.to_bytes(4, "big"):
        raise _foreign(file)


def _usable_key(directory: StateDirectory, environ: Mapping[str, str]) -> bytes | None:
    try:
        return read_key(directory, environ)
    except StoreError:
        # A spoilt key opens nothing; a spoilt credential would not survive the next start either.
        if environ.get("CREDENTIALS_DIRECTORY"):
            raise
        return None


def _unpack(file: Path, fresh: Path, key: bytes | None) -> tuple[int, bytes]:
    """Make `fresh` a state file out of the backup, its secrets sealed with `key` (or the backup's own)."""
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with file.open("rb") as source, os.fdopen(descriptor, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    with translated(file), closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")
        connection.execute("PRAGMA secure_delete=ON")
        prepare(connection, file)
        own_key = _read_own_key(connection, file)
        with transaction(connection):
            reseal(connection, check_key(connection, own_key), Seal(key or own_key))
            connection.execute("DROP TABLE backup")
        revision = read_revision(connection)
    _sync(fresh)
    return revision, own_key


def _read_own_key(connection: sqlite3.Connection, file: Path) -> bytes:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'backup'").fetchone():
        raise _foreign(file)
    row = connection.execute("SELECT key FROM backup").fetchone()
    if row is None or not isinstance(row[0], bytes) or len(row[0]) != KEY_BYTES:
        raise _foreign(file)
    return row[0]


def _put_aside(directory: StateDirectory, *, with_key: bool) -> Path | None:
    """Keep the former state beside the new one, under the first free number."""
    state = directory.path / STATE_FILE
    _fold_write_ahead(state)
    number = 1
    while any(directory.path.glob(f"*.before-restore-{number}")):
        number += 1
    ending = f".before-restore-{number}"
    for name in (*_WRITE_AHEAD, *((KEY_FILE,) if with_key else ())):
        if (directory.path / name).exists():
            (directory.path / name).rename(directory.path / (name + ending))
    if not state.exists():
        return None
    former = directory.path / (STATE_FILE + ending)
    os.link(state, former)
    return former


def _fold_write_ahead(state: Path) -> None:
    """Let SQLite finish with the former file, if it still can: its log must not meet the new one."""
    if not state.exists():
        return
    try:
        connect(state).close()
    except StoreError:
        return


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _foreign(file: Path) -> StoreError:
    return StoreError(f"{file} is no backup of Etherloom: name a file made by `etherloom backup`")


def _explained(error: OSError, file: Path) -> StoreError:
    if isinstance(error, StoreError):
        return error
    return StoreError(f"{file}: {error.strerror or error}; nothing was changed")
