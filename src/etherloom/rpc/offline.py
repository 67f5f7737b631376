"""What an administrator does to a state directory while no server runs on it."""

import os
from pathlib import Path

from etherloom.store import backup as store
from etherloom.store.directory import StateDirectory, find_directory

STATE_VARIABLE = "ETHERLOOM_STATE"


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
