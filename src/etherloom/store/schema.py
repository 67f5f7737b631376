"""The SQLite file's layout: how it is opened, recognised, created and migrated.

A newer file is refused; an older one is migrated step by step, each step one transaction.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from etherloom.store.log import StoreError

APPLICATION: Final = 0x4574_684C  # "EthL", so that a foreign SQLite file is told apart
VERSION: Final = 1
_TABLES: Final = frozenset({"meta", "documents", "secrets", "log", "counters"})
_CREATE: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('revision', 0)",
    "CREATE TABLE documents (key TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE secrets (key TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE log (revision INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL,"
    " origin TEXT NOT NULL, operations BLOB NOT NULL)",
    "CREATE TABLE counters (key TEXT PRIMARY KEY, last_login INTEGER, logins INTEGER, last_seen INTEGER,"
    " received_broadcast_bytes INTEGER, received_broadcast_frames INTEGER,"
    " received_unicast_bytes INTEGER, received_unicast_frames INTEGER,"
    " sent_broadcast_bytes INTEGER, sent_broadcast_frames INTEGER,"
    " sent_unicast_bytes INTEGER, sent_unicast_frames INTEGER) WITHOUT ROWID",
)

# From this version to the next. Release 0.1.0 wrote version 1.
MIGRATIONS: Final[Mapping[int, Callable[[sqlite3.Connection], None]]] = {}

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def connect(path: Path) -> sqlite3.Connection:
    """Open the existing file for this thread. Every commit is on the disk before it is acknowledged.

    A write-ahead log with synchronous=FULL syncs once a commit, and a power cut can't bring an
    acknowledged transaction's rollback journal back, as it can with the default journal.
    """
    with translated(path):
        connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA fullfsync=ON")
            connection.execute("PRAGMA journal_size_limit=16777216")
        except sqlite3.Error:
            connection.close()
            raise
    return connection


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check whose file it is and whether it is sound; create the tables of a new one, migrate an old one."""
    with translated(path):
        if is_empty(connection):
            _create(connection)
        check(connection, path)
        for version in range(read_version(connection), VERSION):
            with transaction(connection):
                MIGRATIONS[version](connection)
                connection.execute(f"PRAGMA user_version={version + 1}")
        found = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if missing := _TABLES - found:
            raise damaged(path, f"the table {min(missing)} is missing")


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError if the file is foreign, newer than this release, or damaged."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise StoreError(f"{path} is no state file of Etherloom: move it away or name another directory")
    version = read_version(connection)
    if version > VERSION:
        raise StoreError(
            f"{path} was written by a newer release (schema {version}, this one knows up to {VERSION}): "
            "run that release, or restore a backup made by this one"
        )
    faults = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
    if faults != ["ok"]:
        raise damaged(path, faults[0])


def is_empty(connection: sqlite3.Connection) -> bool:
    """Return whether nothing was ever written to the file."""
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return tables == 0 and read_version(connection) == 0


def read_version(connection: sqlite3.Connection) -> int:
    """Return the file's schema version."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Run the block as one transaction that nobody else writes beside; roll back if it raises."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors (a full disk, for one).
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into sentences that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error


def damaged(path: Path, reason: str) -> StoreError:
    """Return the error for a file that can't be read any more."""
    return StoreError(f"{path} is damaged ({reason}): restore a backup with `etherloom restore FILE`")


def _create(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for statement in _CREATE:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION}")
        connection.execute(f"PRAGMA user_version={VERSION}")


def _explained(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreError(f"the disk is full: {path}; nothing was changed, free space and repeat")
    if code == sqlite3.SQLITE_IOERR:
        return StoreError(
            f"the disk doesn't take the change ({error}): {path}; nothing was changed, "
            "look at the disk and its quota and repeat"
        )
    if code in _DAMAGED:
        return damaged(path, str(error))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(f"{path} is in use by another process; nothing was changed, repeat")
    return StoreError(f"can't use {path} ({error}); nothing was changed")
