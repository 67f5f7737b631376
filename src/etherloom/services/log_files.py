"""The server's log files beside its state: which there are, and what they say. Writes none."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold

PART_BYTES: Final = 655_360
_SUFFIX: Final = ".log"
_OF_SERVER: Final = "server_log"
_OF_HUBS: Final = ("security_log", "packet_log")
_MOST_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file. `path` is relative to the folder, with slashes; `updated` is Unix ms."""

    path: str
    size: int
    updated: int


class LogFiles:
    """The log files in one folder. What it does waits for a disk: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder

    def list(self, hub: str | None = None) -> Sequence[LogFile]:
        """All files, or those of one hub, by path."""
        return sorted(islice(self._find(hub), _MOST_FILES), key=lambda file: file.path)

    def read(self, path: str, offset: int, hub: str | None = None) -> bytes | None:
        """A part of a file that `list` names to the same caller; None at its end. Raises Refusal."""
        if all(file.path != path for file in self.list(hub)):
            raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"there is no log file {path[:80]!r}; list them first")
        try:
            descriptor = os.open(self._folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"{path} can't be read: {error.strerror}") from None
        with open(descriptor, "rb") as file:
            return os.pread(file.fileno(), PART_BYTES, offset) or None

    def _find(self, hub: str | None) -> Iterator[LogFile]:
        if hub is None:
            yield from self._files(_OF_SERVER)
        for kind in _OF_HUBS:
            for name in _folders(self._folder / kind):
                if hub is None or fold(name) == fold(hub):
                    yield from self._files(f"{kind}/{name}")

    def _files(self, folder: str) -> Iterator[LogFile]:
        for entry in _entries(self._folder / folder):
            if entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
                facts = entry.stat(follow_symlinks=False)
                yield LogFile(f"{folder}/{entry.name}", facts.st_size, facts.st_mtime_ns // 1_000_000)


def _folders(path: Path) -> Iterator[str]:
    return (entry.name for entry in _entries(path) if entry.is_dir(follow_symlinks=False))


def _entries(path: Path) -> Iterator["os.DirEntry[str]"]:
    if path.is_symlink():
        return
    try:
        with os.scandir(path) as entries:
            yield from entries
    except FileNotFoundError:
        return
