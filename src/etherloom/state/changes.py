"""The vocabulary of changes to the configuration: what an owner is asked to do, as one step or none."""

from dataclasses import dataclass

from etherloom.state.documents import Record
from etherloom.store.log import Delete, DeletePrefix, Origin

__all__ = ["Change", "Delete", "DeletePrefix", "Operation", "Origin", "Put"]


@dataclass(frozen=True, slots=True)
class Put:
    """Keep this record under this key, whatever was there before."""

    key: str
    record: Record


Operation = Put | Delete | DeletePrefix


@dataclass(frozen=True, slots=True)
class Change:
    """What was done, by whom and when (Unix milliseconds). Operations without effect are left out."""

    operations: tuple[Operation, ...]
    origin: Origin
    at_ms: int
