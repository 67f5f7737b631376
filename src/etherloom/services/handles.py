"""Numbers under which callers name entries of a table between one call and the next.

A number is good for as long as its entry is there and this process runs. Stores nothing.
"""

import itertools
import secrets
from collections.abc import Hashable, Sequence
from typing import Final

# Half of all numbers lies above the first one: more than a server hands out in its life.
_SPAN: Final = 0x4000_0000


class Handles:
    """The numbers of any tables: of each, those that it had when it was last listed."""

    def __init__(self) -> None:
        # A number from an earlier run should hit nothing in this one.
        self._next: Final = itertools.count(_SPAN + secrets.randbelow(_SPAN))
        self._tables: dict[Hashable, dict[Hashable, int]] = {}

    def number(self, table: Hashable, entries: Sequence[Hashable]) -> Sequence[int]:
        """Return a number for each entry: the one that it had, or a new one."""
        old = self._tables.get(table, {})
        new = {entry: old.get(entry) or next(self._next) for entry in entries}
        self._tables[table] = new
        return [new[entry] for entry in entries]

    def find(self, table: Hashable, number: int) -> Hashable | None:
        """Return the entry of this number, if the table had it when it was last listed."""
        return next((entry for entry, one in self._tables.get(table, {}).items() if one == number), None)
