"""Parts of an imported configuration that nothing here acts on: kept, and written back on export."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptItem:
    """One item of a block. `type`: uint, uint64, bool, string or byte; `value` as it stood in the file."""

    name: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """The items of one block that are kept. `path`: names of blocks from below the root on."""

    path: tuple[str, ...]
    items: tuple[KeptItem, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class KeptConfiguration:
    """All that is kept, in the order of the file. It may hold secrets."""

    blocks: tuple[KeptBlock, ...] = ()
