"""Writing a block: typed items, blocks inside, and what was kept of an imported file, in its place.

Names that stand for objects (a hub, a user) are marked: what was kept of an object goes with it.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from etherloom.model.kept import KeptBlock
from etherloom.wire import config_value
from etherloom.wire.config_text import Block, Item

# What begins so is a whole object that is only kept.
KEPT_OBJECT: Final = "Kept-"


class Draft:
    """A block that is being written."""

    def __init__(self, name: str, *, holds_objects: bool = False) -> None:
        self._name: Final = name
        self._holds_objects: Final = holds_objects
        self._items: Final[dict[str, Item]] = {}
        self._blocks: Final[dict[str, Draft]] = {}
        self._yielding: Final[set[str]] = set()

    def __contains__(self, name: str) -> bool:
        return name.upper() in self._items

    def uint(self, name: str, value: int) -> None:
        self._put(name, "uint", str(int(value)))

    def yielding_uint(self, name: str, value: int) -> None:
        """A number that counts less than a kept one: this version has no other."""
        self.uint(name, value)
        self._yielding.add(name.upper())

    def uint64(self, name: str, value: int) -> None:
        self._put(name, "uint64", str(value))

    def time(self, name: str, unix_ms: int) -> None:
        self.uint64(name, config_value.write_time(unix_ms))

    def flag(self, name: str, value: bool) -> None:
        self._put(name, "bool", config_value.write_bool(value))

    def text(self, name: str, value: str) -> None:
        self._put(name, "string", config_value.escape(value))

    def data(self, name: str, value: bytes) -> None:
        self._put(name, "byte", config_value.write_bytes(value))

    def password(self, name: str, value: str) -> None:
        self.data(name, config_value.write_password(value))

    def address(self, name: str, value: IPv4Address | IPv6Address) -> None:
        self.text(name, str(value))

    def mac(self, name: str, value: bytes) -> None:
        self.text(name, value.hex("-").upper())

    def block(self, name: str, label: str | None = None, *, holds_objects: bool = False) -> "Draft":
        """Begin a block inside. Under its `label`, if it has one, kept things find it."""
        new = Draft(name, holds_objects=holds_objects)
        self._blocks[_fold(name if label is None else label)] = new
        return new

    def open(self, name: str) -> "Draft":
        """The block of this name, begun if it isn't there."""
        return self._blocks.get(_fold(name)) or self.block(name)

    def merge(self, kept: Iterable[KeptBlock]) -> None:
        """Put what was kept beside what is there, which counts more; what belonged to a lost object goes."""
        for one in kept:
            self._merge(one.path, one)

    def build(self) -> Block:
        """The block as it will be written."""
        blocks = tuple(block.build() for block in self._blocks.values())
        return Block(self._name, tuple(self._items.values()), blocks)

    def _merge(self, path: tuple[str, ...], kept: KeptBlock) -> None:
        if not path:
            for item in kept.items:
                folded = item.name.upper()
                if folded not in self._items or folded in self._yielding:
                    self._items[folded] = Item(item.name, item.type, item.value)
            return
        found = self._blocks.get(_fold(path[0]))
        if found is None and self._holds_objects and not path[0].startswith(KEPT_OBJECT):
            return
        (found or self.block(path[0]))._merge(path[1:], kept)

    def _put(self, name: str, kind: str, value: str) -> None:
        self._items[name.upper()] = Item(name, kind, value)


def _fold(name: str) -> str:
    return name.upper()
