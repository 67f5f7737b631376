"""The journal of changes to this machine: written and synced before a change is made, so that the next start
can undo what a killed client left behind. It remembers; etherloom.client.adapter does and undoes.

One file a running client, locked while it lives, removed at its end.
"""

import base64
import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from etherloom.model.errors import ErrorCode, Refusal

_SUFFIX: Final = ".journal"


@dataclass(frozen=True, slots=True)
class LinkChange:
    """An adapter that was there before us; these are its settings from before."""

    device: str
    hardware: str
    mtu: int
    up: bool


@dataclass(frozen=True, slots=True)
class AddressChange:
    """An address was set on an adapter."""

    device: str
    interface: str


@dataclass(frozen=True, slots=True)
class RouteChange:
    """A route was added; `gateway` empty means that the destination is on the link."""

    destination: str
    gateway: str
    device: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file's content was replaced; put back only if it still is as we wrote it."""

    path: str
    before: str  # base64
    written: str  # base64

    @classmethod
    def of(cls, path: str, before: bytes, written: bytes) -> Self:
        return cls(path, base64.b64encode(before).decode(), base64.b64encode(written).decode())


Change = LinkChange | AddressChange | RouteChange | FileChange
_KINDS: Final[dict[str, type[Change]]] = {
    "link": LinkChange,
    "address": AddressChange,
    "route": RouteChange,
    "file": FileChange,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where changes were made: routes and addresses end with the boot and belong to a network namespace."""

    boot: str
    namespace: str


class Journal:
    """What one client has changed and not yet undone, newest last."""

    def __init__(self, file: Path, descriptor: int, place: Place) -> None:
        self._file = file
        self._descriptor = descriptor
        self._pending: dict[int, Change] = {}
        self._next = 1
        self.place = place

    @classmethod
    def create(cls, directory: Path, place: Place, adapter: str) -> Self:
        """Begin a journal. Raises Refusal if another client with this adapter is running here."""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = directory / f"{place.namespace}-{adapter}{_SUFFIX}"
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Refusal(
                ErrorCode.INTERNAL_ERROR,
                f"can't write to {directory} ({error.strerror}): give another directory with --state",
            ) from error
        if not _lock(descriptor):
            os.close(descriptor)
            raise Refusal(
                ErrorCode.ACCOUNT_ACTIVE,
                f"another client is running with the adapter {adapter}: stop it, or choose another --nic",
            )
        os.ftruncate(descriptor, 0)
        journal = cls(file, descriptor, place)
        journal._append({"place": asdict(place)})
        _sync_directory(directory)
        return journal

    def record(self, change: Change) -> int:
        """Write down a change that is about to be made; returns its number."""
        number, self._next = self._next, self._next + 1
        self._pending[number] = change
        self._append({"number": number, "kind": _kind(change), "change": asdict(change)})
        return number

    def forget(self, number: int) -> None:
        """The change was undone, or not made after all."""
        if self._pending.pop(number, None) is not None:
            self._append({"number": number, "undone": True})

    def pending(self) -> list[tuple[int, Change]]:
        """What is to be undone, in the order in which to undo it."""
        return sorted(self._pending.items(), reverse=True)

    def close(self, *, forget: bool = False) -> None:
        """Everything was undone: remove the file. What is still pending stays for the next start, or is
        forgotten."""
        if forget or not self._pending:
            self._file.unlink(missing_ok=True)
        os.close(self._descriptor)

    def leave(self) -> None:
        """Let go of the file as it is."""
        os.close(self._descriptor)

    def load(self) -> None:
        """Read what an earlier client wrote; a line that was cut off stands for no change that was made."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._descriptor), "rb") as stream:
            for line in stream.read().splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._load_line(json.loads(line))

    def _load_line(self, entry: dict[str, object]) -> None:
        if "place" in entry:
            place = entry["place"]
            assert isinstance(place, dict)
            self.place = Place(str(place["boot"]), str(place["namespace"]))
            return
        number = int(str(entry["number"]))
        self._next = max(self._next, number + 1)
        if entry.get("undone"):
            self._pending.pop(number, None)
            return
        fields = entry["change"]
        assert isinstance(fields, dict)
        self._pending[number] = _KINDS[str(entry["kind"])](**fields)

    def _append(self, entry: dict[str, object]) -> None:
        os.write(self._descriptor, json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        os.fsync(self._descriptor)


def left_behind(directory: Path) -> Iterator[Journal]:
    """Yield the journals of clients that are gone, locked and loaded; the caller closes them."""
    for file in sorted(directory.glob(f"*{_SUFFIX}")):
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError:
            continue
        if not _lock(descriptor):
            os.close(descriptor)
            continue
        journal = Journal(file, descriptor, Place("", ""))
        journal.load()
        yield journal


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _kind(change: Change) -> str:
    return next(name for name, kind in _KINDS.items() if isinstance(change, kind))


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
