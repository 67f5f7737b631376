"""Files with names of users, which access rules include or exclude. Reads, and remembers what it read.

They lie in one folder of the state: who may write rules of a hub must not be able to ask what is in other
files.
"""

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from etherloom.model.names import fold
from etherloom.observe.logs import get_log

FOLDER: Final = "user-lists"
LARGEST: Final = 1 << 20
_COMMENTS: Final = ("#", "//", ";")
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_Mark = tuple[int, int, int]
_log = get_log("user-lists")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file as it was when it was read; `mark` tells whether it has changed."""

    mark: _Mark | None
    users: frozenset[str]


class UserLists:
    """The files of one server."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        self._kept: dict[str, _Kept] = {}

    def read(self, name: str) -> Collection[str]:
        """Return the users in a file, folded, as it was of late; nobody if it can't be read."""
        if name not in self._kept:
            self._kept[name] = self._load(name)
        return self._kept[name].users

    def refresh(self, names: Collection[str]) -> Collection[str]:
        """Look at files again; returns those of `names` whose users are others now. Forgets all others."""
        before = {name: kept for name, kept in self._kept.items() if name in names}
        self._kept = {name: kept for name, kept in before.items() if kept.mark == self._mark(name)}
        return [name for name, kept in before.items() if self.read(name) != kept.users]

    def _mark(self, name: str) -> _Mark | None:
        path = self._path(name)
        try:
            status = path.stat(follow_symlinks=False) if path else None
        except OSError:
            return None
        return (status.st_ino, status.st_size, status.st_mtime_ns) if status else None

    def _load(self, name: str) -> _Kept:
        path = self._path(name)
        if path is None:
            _log.warning("a list of users has to be a plain name", name=name, folder=str(self._folder))
            return _Kept(None, frozenset())
        mark = self._mark(name)
        try:
            return _Kept(mark, parse_users(_read_file(path)))
        except (OSError, ValueError) as error:
            _log.warning("a list of users can't be read, so nobody is in it", name=name, error=str(error))
            return _Kept(mark, frozenset())

    def _path(self, name: str) -> Path | None:
        """Return where a file lies; None for names that lead out of the folder."""
        # The original marks its own folder like this.
        plain = PurePosixPath(name.removeprefix("@"))
        if len(plain.parts) != 1 or plain.name in ("", "..") or "\\" in name or "\0" in name:
            return None
        return self._folder / plain.name


def parse_users(content: bytes) -> frozenset[str]:
    """Return the names in a file, one a line, folded, without domains."""
    lines = (line.strip() for line in content.decode("utf-8-sig", errors="replace").splitlines())
    return frozenset(_bare_name(fold(line)) for line in lines if line and not line.startswith(_COMMENTS))


def _bare_name(name: str) -> str:
    return name.rpartition("\\")[2].partition("@")[0]


def _read_file(path: Path) -> bytes:
    descriptor = os.open(path, _READ)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no plain file")
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    return content
