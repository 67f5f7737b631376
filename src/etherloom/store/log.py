"""The ordered log of changes as an interface: entries, revisions, compare-and-append.

It knows keys and bytes, never records. Secret documents pass through it but never through the log's history.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class StoreError(OSError):
    """The disk, the file or another process got in the way; the sentence says which and what to do."""


class Conflict(Exception):
    """Somebody else appended first: derive the change again from what is stored now."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"the change was derived from revision {expected}, but revision {actual} is stored")
        self.actual = actual


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked for a change, and from where ("admin", "192.0.2.7" or "local socket")."""

    who: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class PutDocument:
    """Store this document (UTF-8 text); a secret one is sealed and leaves only its key in the history."""

    key: str
    document: bytes = field(repr=False)
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove this one document. What lies beneath it stays."""

    key: str


@dataclass(frozen=True, slots=True)
class DeletePrefix:
    """Remove the document `prefix` and all beneath it; with a slash at its end, only what is beneath it.

    Whole path segments count: `hub/lab` never touches `hub/lab2`.
    """

    prefix: str

    @property
    def beneath(self) -> str:
        return self.prefix if self.prefix.endswith("/") else self.prefix + "/"

    @property
    def itself(self) -> str | None:
        return None if self.prefix.endswith("/") else self.prefix


@dataclass(frozen=True, slots=True)
class SecretChanged:
    """What the history keeps of a put secret."""

    key: str


StoredOperation = PutDocument | Delete | DeletePrefix
LoggedOperation = PutDocument | SecretChanged | Delete | DeletePrefix


@dataclass(frozen=True, slots=True)
class Entry:
    """One change to be appended: it happens as a whole or not at all. `at_ms`: Unix milliseconds."""

    operations: tuple[StoredOperation, ...]
    origin: Origin
    at_ms: int


@dataclass(frozen=True, slots=True)
class Logged:
    """One change as the history keeps it."""

    revision: int
    operations: tuple[LoggedOperation, ...]
    origin: Origin
    at_ms: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """All documents, secrets among them, and the revision they stand at."""

    documents: Mapping[str, bytes] = field(repr=False)
    revision: int


class Store(Protocol):
    """What the owner of the configuration needs from a store."""

    async def load(self) -> Loaded:
        """Return everything that is stored."""
        ...

    async def append(self, entry: Entry, expected: int) -> int:
        """Append `entry` if the stored revision is `expected`; return the new one once it is durable.

        Raises Conflict if it isn't, StoreError if the disk refuses; nothing is changed then.
        """
        ...

    def follow(self, revision: int) -> AsyncIterator[Logged]:
        """Yield the entries after `revision`, first those in the log, then new ones as they come."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        ...
