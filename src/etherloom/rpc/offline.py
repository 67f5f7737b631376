"""What an administrator does to a state directory while no server runs on it."""

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

from etherloom.model.listener import DEFAULT_PORTS, Listener
from etherloom.model.server import ServerSettings
from etherloom.rpc.catalog import takeover
from etherloom.rpc.handlers.takeover import import_file as import_into
from etherloom.services.configurations import Configurations
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import open_owner
from etherloom.state.snapshot import Snapshot
from etherloom.store import backup as store
from etherloom.store.counters import open_counters
from etherloom.store.directory import StateDirectory, find_directory
from etherloom.store.sqlite import open_store

STATE_VARIABLE = "ETHERLOOM_STATE"
_ORIGIN: Final = Origin("command line", "no server")
_IDENTIFIER_BYTES: Final = 16
_Result = TypeVar("_Result")


def find_state_directory(explicit: Path | None) -> Path:
    """Where the state lives: as said, else as the environment says, else the platform's usual place."""
    return find_directory(explicit, os.environ, root=os.geteuid() == 0)


def back_up(directory: Path, file: Path) -> None:
    """Write everything to the new file. Raises OSError with a sentence."""
    with StateDirectory.open(directory) as state:
        store.backup(state, file)


def restore(directory: Path, file: Path) -> Path | None:
    """Put a backup in place; returns where the former state went, if there was one. Raises OSError."""
    return store.restore(directory, file).former


def import_file(directory: Path, request: takeover.File) -> takeover.Report:
    """Take a configuration file over, or only examine it. Raises Refusal, or OSError with a sentence."""
    if request.dry and not directory.exists():
        with tempfile.TemporaryDirectory(prefix="etherloom-") as elsewhere:
            return _import(Path(elsewhere) / "state", request)
    return _import(directory, request)


def _import(directory: Path, request: takeover.File) -> takeover.Report:
    return _work(directory, lambda configurations: import_into(configurations, request, _ORIGIN))


def undo_import(directory: Path, *, discarding: bool) -> None:
    """Bring back what was before the last import. Raises Refusal, or OSError with a sentence."""
    _work(directory, lambda configurations: configurations.undo(_ORIGIN, discarding=discarding))


def export_file(directory: Path) -> bytes:
    """Return the configuration as a file that the original loads. Raises OSError with a sentence."""
    return _work(directory, lambda configurations: configurations.write())


def _work(directory: Path, work: Callable[[Configurations], Awaitable[_Result]]) -> _Result:
    async def run() -> _Result:
        async with _open(directory) as configurations:
            return await work(configurations)

    return asyncio.run(run())


@asynccontextmanager
async def _open(path: Path) -> AsyncIterator[Configurations]:
    with StateDirectory.open(path) as directory:
        store = await open_store(directory)
        try:
            owner = await open_owner(store, _unix_milliseconds)
            if not owner.snapshot.server.identifier:
                await owner.apply(_begin, _ORIGIN)
            counters = await open_counters(store)
            yield Configurations(owner, counters, _unix_milliseconds)
            await counters.flush()
        finally:
            await store.close()


def _begin(_snapshot: Snapshot) -> Sequence[Operation]:
    """What a first start does; the certificate can wait for that, since the file may bring one."""
    settings = ServerSettings(secrets.token_bytes(_IDENTIFIER_BYTES))
    ports = (Put(keys.listener_key(port), Listener(port)) for port in DEFAULT_PORTS)
    return [Put(keys.SERVER_SETTINGS, settings), *ports]


def _unix_milliseconds() -> int:
    return time.time_ns() // 1_000_000
