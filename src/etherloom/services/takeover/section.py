"""Reading a block: typed items with their ranges, faults by line and key, and what nobody asked for.

It remembers which items were read, so that the rest can be kept. What items mean is not its business.
"""

from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Final, TypeVar

from etherloom.model.kept import KeptBlock, KeptItem
from etherloom.model.policy import Policy
from etherloom.state.changes import Put
from etherloom.state.documents import DocumentError, Record, check_record, find_kind
from etherloom.state.faults import TIME, WORD
from etherloom.state.validation import find_record_faults
from etherloom.store.counters import Counter
from etherloom.wire import config_value
from etherloom.wire.config_text import Block, Item, Remark
from etherloom.wire.config_value import ValueFault

_MAC_BYTES: Final = 6
_NO_ADDRESS: Final = IPv4Address(0)
_Value = TypeVar("_Value")


class Journal:
    """What comes of reading a file: records and counters, and all that is to be said about it."""

    def __init__(self) -> None:
        self.faults: Final[list[Remark]] = []
        self.remarks: Final[list[Remark]] = []
        self.counters: Final[dict[str, Counter]] = {}
        # Most users share a few policies: reading one costs 38 items.
        self.policies: Final[dict[tuple[tuple[str, str], ...], Policy]] = {}
        self._puts: Final[dict[str, Put]] = {}

    @property
    def puts(self) -> tuple[Put, ...]:
        return tuple(self._puts.values())

    def put(self, section: "Section", key: str, record: Record) -> None:
        """Take a record over, unless something is wrong with it."""
        kind = find_kind(key)
        if kind is None:
            section.fault("its name can't be kept")
        elif key in self._puts:
            section.fault("another one has the same name")
        else:
            try:
                checked = check_record(kind, record)
            except DocumentError as error:
                section.fault(str(error))
                return
            for fault in find_record_faults(key, checked):
                section.fault(fault.message)
            self._puts[key] = Put(key, checked)


class Section:
    """One block and the path to it. A block that the file doesn't have is an empty one."""

    def __init__(self, journal: Journal, block: Block, key: str = "", label: str | None = None) -> None:
        self.journal: Final = journal
        self.name: Final = block.name
        self.label = block.name if label is None else label
        self.line: Final = block.line
        self._key: Final = key
        self._items: Final = {item.name.upper(): item for item in block.items}
        self._blocks: Final = {one.name.upper(): one for one in block.blocks}
        self._sections: Final[dict[str, Section]] = {}
        self._read: Final[set[str]] = set()

    def __contains__(self, name: str) -> bool:
        """True if there is an item or a block of this name."""
        return name.upper() in self._items or name.upper() in self._blocks

    # --- items ---------------------------------------------------------------------------------------------

    def uint(self, name: str, default: int = 0, minimum: int = 0, maximum: int = WORD) -> int:
        """A number; what is out of the range is a fault."""
        return self._number(name, default, minimum, maximum, config_value.read_uint64)

    def clamped(self, name: str, default: int, minimum: int, maximum: int) -> int:
        """A number that the original, too, brings into its range when it uses it."""
        value = self.uint(name, default)
        near = min(max(value, minimum), maximum)
        if near != value:
            self.remark(f"it is {minimum} to {maximum}: {value} becomes {near}", name)
        return near

    def time(self, name: str) -> int:
        """Unix milliseconds, 0 for never."""
        number = self._number(name, 0, 0, TIME - (1 << 26), config_value.read_uint64)
        return config_value.read_time(number)

    def flag(self, name: str, default: bool = False) -> bool:
        return self._get(name, ("bool", "uint"), default, config_value.read_bool)

    def text(self, name: str, default: str = "") -> str:
        return self._get(name, ("string",), default, config_value.unescape)

    def data(self, name: str) -> bytes:
        return self._get(name, ("byte",), b"", config_value.read_bytes)

    def password(self, name: str) -> str:
        """A text that is obscured; empty if it isn't there."""
        return self._get(
            name, ("byte",), "", lambda value: config_value.read_password(config_value.read_bytes(value))
        )

    def ipv4(self, name: str, default: IPv4Address = _NO_ADDRESS) -> IPv4Address:
        return self._get(name, ("string",), default, _read_ipv4)

    def address(
        self, name: str, default: IPv4Address | IPv6Address = _NO_ADDRESS
    ) -> IPv4Address | IPv6Address:
        return self._get(name, ("string",), default, _read_address)

    def hexadecimal(self, name: str) -> bytes:
        """Bytes written as hexadecimal digits."""
        return self._get(name, ("string",), b"", _read_hexadecimal)

    def mac(self, name: str) -> bytes:
        """A MAC address, which old files have as bytes; all zeros if it isn't there."""
        item = self._items.get(name.upper())
        if item is not None and item.type == "byte":
            found = self.data(name)
            if len(found) != _MAC_BYTES:
                self.fault(f"a MAC address has {_MAC_BYTES} bytes, not {len(found)}", name)
                return bytes(_MAC_BYTES)
            return found
        return self._get(name, ("string",), bytes(_MAC_BYTES), _read_mac)

    def content(self) -> tuple[tuple[str, str], ...]:
        """All items as names and values; reads none of them."""
        return tuple((item.name, item.value) for item in self._items.values())

    @property
    def is_spent(self) -> bool:
        """True if everything here was read."""
        return not self._blocks and len(self._read) == len(self._items)

    def items(self) -> Iterator[Item]:
        """All items, which are read with that."""
        self._read.update(self._items)
        yield from self._items.values()

    def skip(self, *names: str) -> None:
        """Read items, or whole blocks, that nobody needs again."""
        for name in names:
            self._read.add(name.upper())
            self._blocks.pop(name.upper(), None)

    def keep(self, *names: str) -> None:
        """Keep items for the way back although they were read."""
        self._read.difference_update(name.upper() for name in names)

    # --- blocks --------------------------------------------------------------------------------------------

    def section(self, name: str) -> "Section":
        """The block of this name."""
        found = self._sections.get(name.upper())
        if found is None:
            block = self._blocks.get(name.upper()) or Block(name)
            found = Section(self.journal, block, self._key_of(block.name))
            self._sections[name.upper()] = found
        return found

    def sections(self) -> Iterator["Section"]:
        """All blocks inside; those that are numbered, by number."""
        for name in sorted(self._blocks, key=_natural):
            yield self.section(name)

    # --- what is wrong, and what is left -------------------------------------------------------------------

    def fault(self, message: str, name: str = "") -> None:
        """Something is wrong with this item, or with the whole block."""
        self.journal.faults.append(self._remark(message, name))

    def remark(self, message: str, name: str = "") -> None:
        """Something is worth saying about this item, or about the whole block."""
        self.journal.remarks.append(self._remark(message, name))

    def leftovers(self, path: tuple[str, ...] = ()) -> Iterator[KeptBlock]:
        """Yield what nobody read, here and inside. A block without anything in it is kept as such."""
        items = tuple(
            KeptItem(item.name, item.type, item.value)
            for name, item in self._items.items()
            if name not in self._read
        )
        if items:
            yield KeptBlock(path, items)
        for name, block in self._blocks.items():
            opened = self._sections.get(name)
            if opened is not None:
                yield from opened.leftovers((*path, opened.label))
            else:
                yield from _whole(block, (*path, block.name))

    def _get(
        self, name: str, kinds: tuple[str, ...], default: _Value, read: Callable[[str], _Value]
    ) -> _Value:
        upper = name.upper()
        item = self._items.get(upper)
        if item is None:
            return default
        self._read.add(upper)
        if item.type not in kinds:
            self.fault(f"it has the type {item.type}, not {kinds[0]}", name)
            return default
        try:
            return read(item.value)
        except ValueFault as fault:
            self.fault(f"{item.value[:40]!r} {fault}", name)
            return default

    def _number(self, name: str, default: int, minimum: int, maximum: int, read: Callable[[str], int]) -> int:
        value = self._get(name, ("uint", "uint64"), default, read)
        if minimum <= value <= maximum or value == default:
            return value
        self.fault(f"it is {minimum} to {maximum}, not {value}", name)
        return default

    def _remark(self, message: str, name: str) -> Remark:
        item = self._items.get(name.upper())
        line = self.line if item is None else item.line
        return Remark(line, self._key_of(name) if name else self._key, message)

    def _key_of(self, name: str) -> str:
        return f"{self._key}/{name}" if self._key else name


def _whole(block: Block, path: tuple[str, ...]) -> Iterator[KeptBlock]:
    if block.items or not block.blocks:
        yield KeptBlock(path, tuple(KeptItem(item.name, item.type, item.value) for item in block.items))
    for inner in block.blocks:
        yield from _whole(inner, (*path, inner.name))


def _natural(name: str) -> tuple[str, int, str]:
    """Cascade2 comes before Cascade10."""
    front = name.rstrip("0123456789")
    digits = name[len(front) :]
    return (front, int(digits), "") if digits and digits.isascii() and len(digits) < 10 else (name, -1, "")


def _read_ipv4(value: str) -> IPv4Address:
    try:
        return IPv4Address(config_value.unescape(value))
    except AddressValueError:
        raise ValueFault("is no IPv4 address") from None


def _read_address(value: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(config_value.unescape(value))
    except ValueError as error:
        if isinstance(error, ValueFault):
            raise
        raise ValueFault("is no IP address") from None


def _read_hexadecimal(value: str) -> bytes:
    try:
        return bytes.fromhex(config_value.unescape(value).replace("-", "").replace(":", ""))
    except ValueError as error:
        if isinstance(error, ValueFault):
            raise
        raise ValueFault("isn't hexadecimal") from None


def _read_mac(value: str) -> bytes:
    found = _read_hexadecimal(value)
    if len(found) != _MAC_BYTES:
        raise ValueFault("is no MAC address")
    return found
