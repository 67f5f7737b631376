"""The state directory: everything that one instance owns, readable by its own user alone.

It opens, checks and locks; it doesn't know what the files mean.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from etherloom.store.log import StoreError

SYSTEM_DIRECTORY: Final = Path("/var/lib/etherloom")
VARIABLE: Final = "ETHERLOOM_STATE"
_LOCK: Final = "lock"
_DESCRIPTORS: Final = Path("/proc/self/fd")
_OPEN_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def find_directory(explicit: str | Path | None, environ: Mapping[str, str], *, root: bool) -> Path:
    """Return where the state lives: `--state`, else ETHERLOOM_STATE, else the platform's usual place."""
    chosen = explicit or environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    if root:
        return SYSTEM_DIRECTORY
    home = Path(environ.get("HOME") or Path.home())
    base = environ.get("XDG_STATE_HOME") or ""
    # The XDG specification wants relative values ignored.
    return (Path(base) if base.startswith("/") else home / ".local" / "state") / "etherloom"


class StateDirectory:
    """An open state directory. The descriptor stays open until `close`, so that paths through it work."""

    def __init__(self, path: Path, descriptor: int, lock: int | None) -> None:
        self.path: Final = path
        self.descriptor: Final = descriptor
        self._owner: Final = os.fstat(descriptor).st_uid
        self._lock = lock
        self._closed = False

    @classmethod
    def open(cls, path: Path, *, lock: bool = True) -> Self:
        """Make the directory if need be and open it. `lock` keeps every other locking opener out.

        Raises StoreError if others could read it, if it belongs to somebody else, or if it is locked.
        """
        path = path.absolute()
        descriptor = -1
        try:
            _make(path)
            descriptor = os.open(path, _OPEN_DIRECTORY)
            _check(path, os.fstat(descriptor), os.geteuid(), 0o700)
            return cls(path, descriptor, _take_lock(path, descriptor) if lock else None)
        except OSError as error:
            if descriptor >= 0:
                os.close(descriptor)
            raise _explained(error, path) from error

    @classmethod
    def look(cls, path: Path) -> Self:
        """Open an existing directory as a visitor, root included: nothing is made or locked."""
        try:
            return cls(path.absolute(), os.open(path, _OPEN_DIRECTORY), None)
        except OSError as error:
            raise _explained(error, path) from error

    def address(self, name: str) -> str:
        """Return a path to `name` that is short enough for a Unix socket, however deep the directory is.

        It leads through the descriptor, so it is valid in this process only, until `close`.
        """
        through = _DESCRIPTORS / str(self.descriptor)
        return str((through if through.exists() else self.path) / name)

    def check_file(self, name: str) -> bool:
        """Return whether `name` exists. Raises StoreError if it is open to others or no plain file."""
        try:
            found = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{self.path / name} is no plain file: move it away")
        _check(self.path / name, found, self._owner, 0o600)
        return True

    def create_file(self, name: str, content: bytes = b"") -> None:
        """Make the durable file `name` (0600) with this content, whole or not at all."""
        temporary = f".{name}.new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=self.descriptor), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
            self.sync()
        except OSError as error:
            raise _explained(error, self.path / name) from error

    def sync(self) -> None:
        """Make the directory's entries durable."""
        os.fsync(self.descriptor)

    def close(self) -> None:
        """Let go of the lock and the descriptor. Closing twice is no error."""
        if self._closed:
            return
        self._closed = True
        if self._lock is not None:
            os.close(self._lock)
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return
    parent = os.open(path.parent, _OPEN_DIRECTORY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _check(path: Path, found: os.stat_result, owner: int, mode: int) -> None:
    if found.st_uid != owner:
        raise StoreError(
            f"{path} belongs to user {found.st_uid}, not to user {owner}: "
            f"run as that user, or `chown -R {owner} {path}`"
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise StoreError(f"{path} is open to other users: `chmod {mode:o} {path}`")


def _take_lock(path: Path, directory: int) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.open(_LOCK, flags, 0o600, dir_fd=directory)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(lock)
        raise StoreError(
            f"{path} is in use by another server (process {holder}): stop it, "
            "or choose another directory with --state"
        ) from None
    except OSError:
        os.close(lock)
        raise
    return lock


def _explained(error: OSError, path: Path) -> StoreError:
    if isinstance(error, StoreError):
        return error
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"the disk is full: {path}; nothing was changed, free space and repeat")
    hint = {
        errno.ENOENT: "start the server once, or name the right directory with --state",
        errno.EACCES: "run as its owner, or choose another directory with --state",
        errno.ENOTDIR: "name a directory with --state",
        errno.EROFS: "choose a directory on a writable disk with --state",
    }.get(error.errno or 0, "choose another directory with --state")
    return StoreError(f"can't use {path} ({error.strerror or error}): {hint}")
