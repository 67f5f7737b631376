"""The log of changes in one SQLite file, synchronously, for one thread.

It keeps documents, sealed secrets, the history and counters, all of a change in one transaction.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from etherloom.store.directory import StateDirectory
from etherloom.store.encoding import decode_operations, encode_operations
from etherloom.store.log import (
    Conflict,
    Delete,
    DeletePrefix,
    Entry,
    Loaded,
    Logged,
    Origin,
    PutDocument,
    StoredOperation,
    StoreError,
)
from etherloom.store.schema import connect, damaged, prepare, transaction, translated
from etherloom.store.seal import KEY_FILE, Seal, make_key, read_key

STATE_FILE: Final = "state.sqlite"
_DAY_MS: Final = 86_400_000
_CHECK: Final = "key check"


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How much history is kept. The newest `at_least` entries outlive `age_ms`, whatever the clock says."""

    bytes: int = 64 << 20
    age_ms: int = 400 * _DAY_MS
    at_least: int = 1_000


USUAL_LIMITS: Final = LogLimits()


class Database:
    """One open state file. Made, used and closed by one thread."""

    def __init__(self, directory: StateDirectory, limits: LogLimits, environ: Mapping[str, str]) -> None:
        """Open or create the file. Raises StoreError if it is foreign, newer, damaged or unsafe."""
        self.path: Final = directory.path / STATE_FILE
        self._limits: Final = limits
        if not directory.check_file(STATE_FILE):
            directory.create_file(STATE_FILE)
        self.connection: Final = connect(self.path)
        try:
            prepare(self.connection, self.path)
            with translated(self.path):
                self._seal: Final = _open_seal(self.connection, directory, environ)
                self._log_bytes = self._measure_log()
        except BaseException:
            self.connection.close()
            raise

    def load(self) -> Loaded:
        """Return all documents, secrets opened, and the revision."""
        with translated(self.path), transaction(self.connection, "BEGIN"):
            documents = dict(self.connection.execute("SELECT key, document FROM documents"))
            for key, sealed in self.connection.execute("SELECT key, sealed FROM secrets"):
                documents[key] = self._seal.open(key, sealed)
            return Loaded(documents, self._revision())

    def append(self, entry: Entry, expected: int) -> int:
        """Append `entry` behind revision `expected`, durably. Raises Conflict or StoreError."""
        logged = encode_operations(entry.operations)
        log_bytes = self._log_bytes + len(logged)
        with translated(self.path), transaction(self.connection):
            actual = self._revision()
            if actual != expected:
                raise Conflict(expected, actual)
            for operation in entry.operations:
                self._apply(operation)
            self._log(actual + 1, entry, logged)
            if log_bytes > self._limits.bytes:
                log_bytes = self._drop_surplus(actual + 1)
        self._log_bytes = log_bytes
        return actual + 1

    def read_log(self, after: int, limit: int) -> list[Logged]:
        """Return up to `limit` entries after revision `after`, oldest first.

        Raises StoreError if some of them have been compacted away.
        """
        with translated(self.path):
            rows = self.connection.execute(
                "SELECT revision, at_ms, who, origin, operations FROM log WHERE revision > ?"
                " ORDER BY revision LIMIT ?",
                (after, limit),
            ).fetchall()
            newest = self._revision()
        first = rows[0][0] if rows else newest + 1
        if after < newest and first != after + 1:
            raise StoreError(f"the history begins at revision {first}: {after + 1} is no longer kept")
        try:
            return [Logged(row[0], decode_operations(row[4]), Origin(row[2], row[3]), row[1]) for row in rows]
        except ValueError as error:
            raise damaged(self.path, str(error)) from error

    def first_logged(self) -> int:
        """Return the oldest revision that the history still holds; 0 if it is empty."""
        with translated(self.path):
            first: int | None = self.connection.execute("SELECT min(revision) FROM log").fetchone()[0]
        return first or 0

    def close(self) -> None:
        """Close the file; SQLite folds its write-ahead log back in."""
        with translated(self.path):
            self.connection.close()

    def _revision(self) -> int:
        return read_revision(self.connection)

    def _apply(self, operation: StoredOperation) -> None:
        execute = self.connection.execute
        match operation:
            case PutDocument(key, document, False):
                execute("INSERT OR REPLACE INTO documents VALUES (?, ?)", (key, document))
            case PutDocument(key, document):
                sealed = self._seal.close(key, document)
                execute("INSERT OR REPLACE INTO secrets VALUES (?, ?)", (key, sealed))
            case Delete(key):
                self._delete(key)
            case DeletePrefix():
                self._delete_prefix(operation)
            case _:
                assert_never(operation)

    def _delete_prefix(self, operation: DeletePrefix) -> None:
        beneath = operation.beneath
        end = beneath[:-1] + chr(ord("/") + 1)
        self.connection.execute("DELETE FROM documents WHERE key > ? AND key < ?", (beneath, end))
        self.connection.execute("DELETE FROM secrets WHERE key > ? AND key < ?", (beneath, end))
        if operation.itself is not None:
            self._delete(operation.itself)

    def _delete(self, key: str) -> None:
        self.connection.execute("DELETE FROM documents WHERE key = ?", (key,))
        self.connection.execute("DELETE FROM secrets WHERE key = ?", (key,))

    def _log(self, revision: int, entry: Entry, logged: bytes) -> None:
        self.connection.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?)",
            (revision, entry.at_ms, _printable(entry.origin.who), _printable(entry.origin.where), logged),
        )
        self.connection.execute("UPDATE meta SET value = ? WHERE name = 'revision'", (revision,))
        self._drop_old(revision, entry.at_ms)

    def _drop_old(self, revision: int, now_ms: int) -> None:
        horizon = now_ms - self._limits.age_ms
        oldest = self.connection.execute("SELECT at_ms FROM log ORDER BY revision LIMIT 1").fetchone()
        # A day's slack: the rows are gone through once a day, not once a change.
        if oldest[0] < horizon - _DAY_MS:
            self.connection.execute(
                "DELETE FROM log WHERE revision <= ? AND at_ms < ?",
                (revision - self._limits.at_least, horizon),
            )

    def _drop_surplus(self, revision: int) -> int:
        self.connection.execute(
            "DELETE FROM log WHERE revision < ?1 AND revision <= (SELECT max(revision) FROM (SELECT revision,"
            " sum(length(operations)) OVER (ORDER BY revision DESC) AS total FROM log) WHERE total > ?2)",
            (revision, self._limits.bytes * 3 // 4),
        )
        return self._measure_log()

    def _measure_log(self) -> int:
        total: int = self.connection.execute(
            "SELECT coalesce(sum(length(operations)), 0) FROM log"
        ).fetchone()[0]
        return total


def read_revision(connection: sqlite3.Connection) -> int:
    """Return the revision that the file stands at."""
    revision: int = connection.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()[0]
    return revision


def check_key(connection: sqlite3.Connection, key: bytes) -> Seal:
    """Return the seal for `key`. Raises StoreError if the file's secrets were sealed with another one."""
    seal = Seal(key)
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (_CHECK,)).fetchone()
    if row is None:
        write_key_check(connection, seal)
    else:
        seal.open(_CHECK, row[0])
    return seal


def write_key_check(connection: sqlite3.Connection, seal: Seal) -> None:
    """Note in the file which key its secrets are sealed with."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_CHECK, seal.close(_CHECK, b"")))


def reseal(connection: sqlite3.Connection, old: Seal, new: Seal) -> None:
    """Seal every secret anew, inside the caller's transaction."""
    rows: Sequence[tuple[str, bytes]] = connection.execute("SELECT key, sealed FROM secrets").fetchall()
    connection.executemany(
        "UPDATE secrets SET sealed = ? WHERE key = ?",
        ((new.close(key, old.open(key, sealed)), key) for key, sealed in rows),
    )
    write_key_check(connection, new)


def _open_seal(connection: sqlite3.Connection, directory: StateDirectory, environ: Mapping[str, str]) -> Seal:
    key = read_key(directory, environ)
    sealed = connection.execute("SELECT 1 FROM meta WHERE name = ?", (_CHECK,)).fetchone()
    if key is None and sealed is not None:
        raise StoreError(
            f"{directory.path / KEY_FILE} is missing, so the secrets can't be opened: put it back, "
            "or restore a backup with `etherloom restore FILE`"
        )
    return check_key(connection, key or make_key(directory))


def _printable(text: str) -> str:
    # Names that a peer sent may hold bytes that are no text.
    return text.encode("utf-8", "backslashreplace").decode()
