"""The text form of configuration files (vpn_server.config): blocks of typed items, read and written.

It knows the grammar only: which items there are, and what they mean, is the business of services/takeover.
Values stand in the tree as they stand in the file; `config_value` makes numbers, texts and bytes of them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from etherloom.wire.config_value import ValueFault, escape, find_value_fault, unescape

ROOT: Final = "root"
MAXIMUM_BYTES: Final = 64 << 20
MAXIMUM_DEPTH: Final = 64
MAXIMUM_FAULTS: Final = 1_000
TYPES: Final = ("uint", "uint64", "bool", "string", "byte")
_BOM: Final = b"\xef\xbb\xbf"
_BANNER: Final = (
    "# Configuration in the format of SoftEther VPN, written by Etherloom.",
    "# ",
    "# It holds passwords and private keys: keep it to yourself.",
    "# ",
    "# A server reads it when it starts and overwrites it while it runs.",
    "# Stop the server before you change anything here, or the change is lost.",
    "# ",
    "# Import it with: etherloom import FILE",
    "# ",
)
_TYPE_OF: Final = {name.encode(): name for name in TYPES}
_SHOWN: Final = 40
_REMEMBERED: Final = 1_000
# What values look like that need no closer look: most of them, and that look costs time.
_USUAL: Final = {
    "uint": re.compile(rb"[0-9]{1,9}").fullmatch,
    "uint64": re.compile(rb"[0-9]{1,18}").fullmatch,
    "bool": re.compile(rb"true|false").fullmatch,
    "string": re.compile(rb"\$|[!-#%-~]+").fullmatch,
    "byte": re.compile(rb"(?:[A-Za-z0-9+/]{4})+").fullmatch,
}


class Item(NamedTuple):
    """One item. `value` as it stands in the file, escaped; `line` 0 means that it comes from no file."""

    name: str
    type: str
    value: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its items, and the blocks inside."""

    name: str
    items: tuple[Item, ...] = ()
    blocks: tuple["Block", ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one line. `key`: names of blocks and the item, with slashes; empty for the file."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.key}: {self.message}" if self.key else f"{place}{self.message}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says. With faults it must not be used; remarks tell what was passed over."""

    root: Block
    faults: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()


def parse_text(data: bytes) -> Parsed:
    """Read a file. It never raises: whatever is wrong with the file is among the faults."""
    if len(data) > MAXIMUM_BYTES:
        return _refuse(f"the file has {len(data)} bytes; {MAXIMUM_BYTES} are the most")
    if not data.strip():
        return _refuse("the file is empty")
    reader = _Reader()
    for line, text in enumerate(data.removeprefix(_BOM).split(b"\n"), 1):
        if reader.is_full:
            break
        words = text.split(None, 3)
        if words:
            reader.take(line, words)
    return reader.finish()


def write_text(root: Block) -> bytes:
    """Write the tree as the original does: items before blocks, both sorted by name, lines end with CRLF."""
    lines = [*_BANNER]
    _write(root, 0, lines)
    return _BOM + "".join(f"{line}\r\n" for line in lines).encode()


class _Open:
    """A block whose end hasn't come yet."""

    __slots__ = ("block_names", "blocks", "item_names", "items", "line", "name")

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self.items: list[Item] = []
        self.blocks: list[Block] = []
        # Items and blocks may share a name; two items may not.
        self.item_names: set[str] = set()
        self.block_names: set[str] = set()

    def close(self) -> Block:
        return Block(self.name, tuple(self.items), tuple(self.blocks), self.line)


class _Reader:
    """Takes lines, one by one."""

    def __init__(self) -> None:
        self._open: Final[list[_Open]] = []
        self._faults: Final[list[Remark]] = []
        self._remarks: Final[list[Remark]] = []
        self._root: Block | None = None
        self._too_deep = 0
        self._known_names: Final[dict[bytes, str]] = {}

    @property
    def is_full(self) -> bool:
        """True if enough is wrong: going on would only make the list longer."""
        return len(self._faults) >= MAXIMUM_FAULTS

    def take(self, line: int, words: Sequence[bytes]) -> None:
        first = words[0]
        kind = _TYPE_OF.get(first) or _TYPE_OF.get(first.lower())
        if kind is not None:
            if len(words) != 3 or not self._take_usual_item(line, kind, words):
                self._take_item(line, kind, words)
        elif first == b"}":
            self._close(line)
        elif first.lower() == b"declare":
            self._take_block(line, words)
        elif first != b"{" and not first.startswith(b"#") and self._open:
            self._fault(line, _show(first), "this is neither an item nor a block")

    def finish(self) -> Parsed:
        if self._root is None and not self._open:
            return _refuse("this is no configuration file of SoftEther VPN: it has no block named root")
        if self._open and not self.is_full:
            innermost = self._open[-1]
            where = self._key() or ROOT
            sentence = f"the file ends inside the block that begins here: {len(self._open)} '}}' are missing"
            self._faults.append(Remark(innermost.line, where, sentence))
        faults = tuple(sorted(self._faults, key=lambda fault: fault.line))
        return Parsed(self._root or Block(ROOT), faults, tuple(self._remarks))

    def _take_usual_item(self, line: int, kind: str, words: Sequence[bytes]) -> bool:
        """Take an item that is like nearly all others, faster but to the same end; say whether it was one."""
        name = self._known_names.get(words[1])
        if name is None or self._too_deep or not self._open or not _USUAL[kind](words[2]):
            return False
        block, folded = self._open[-1], name.upper()
        if folded in block.item_names:
            return False
        block.item_names.add(folded)
        block.items.append(Item(name, kind, words[2].decode("ascii"), line))
        return True

    def _take_item(self, line: int, kind: str, words: Sequence[bytes]) -> None:
        if not self._open:
            self._stray(line, words[0])
            return
        name = self._name(line, words)
        if name is None or self._too_deep:
            return
        if len(words) < 3:
            self._fault(line, name, "the value is missing")
            return
        block = self._open[-1]
        if name.upper() in block.item_names:
            self._remark(line, name, "it stands there twice; the first one counts")
            return
        block.item_names.add(name.upper())
        if len(self._known_names) < _REMEMBERED:
            self._known_names[words[1]] = name
        value = self._value(line, name, kind, words[2])
        if value is not None:
            block.items.append(Item(name, kind, value, line))
        if len(words) > 3:
            self._remark(line, name, "what follows the value is passed over")

    def _take_block(self, line: int, words: Sequence[bytes]) -> None:
        name = self._name(line, words)
        if not self._open:
            self._take_root(line, name or "")
        elif len(self._open) >= MAXIMUM_DEPTH:
            if not self._too_deep:
                self._fault(line, name or "", f"blocks are nested more than {MAXIMUM_DEPTH} deep")
            self._too_deep += 1
        else:
            self._open.append(_Open(name or "", line))

    def _take_root(self, line: int, name: str) -> None:
        if self._root is not None or name.lower() != ROOT:
            self._fault(line, name, "this block stands outside of the root")
        if self._root is None:
            self._open.append(_Open(name, line))

    def _close(self, line: int) -> None:
        if not self._open:
            self._stray(line, b"}")
        elif self._too_deep:
            self._too_deep -= 1
        else:
            key = self._key()
            block = self._open.pop().close()
            if not self._open:
                self._root = block
            elif block.name.upper() in self._open[-1].block_names:
                self._remarks.append(Remark(block.line, key, "it stands there twice; the first one counts"))
            else:
                self._open[-1].block_names.add(block.name.upper())
                self._open[-1].blocks.append(block)

    def _stray(self, line: int, word: bytes) -> None:
        if self._root is not None:
            self._fault(line, _show(word), "this stands behind the end of the root")

    def _name(self, line: int, words: Sequence[bytes]) -> str | None:
        if len(words) < 2:
            self._fault(line, _show(words[0]), "the name is missing")
            return None
        try:
            return unescape(words[1].decode())
        except UnicodeDecodeError:
            self._fault(line, _show(words[1]), "the name is no UTF-8")
        except ValueFault as fault:
            self._fault(line, _show(words[1]), f"the name {fault}")
        return None

    def _value(self, line: int, name: str, kind: str, word: bytes) -> str | None:
        try:
            value = word.decode()
        except UnicodeDecodeError:
            self._fault(line, name, "the value is no UTF-8")
            return None
        fault = find_value_fault(kind, value)
        if fault is None:
            return value
        self._fault(line, name, fault)
        return None

    def _key(self, name: str = "") -> str:
        names = [block.name for block in self._open[1:]]
        return "/".join([*names, name] if name else names)

    def _fault(self, line: int, name: str, message: str) -> None:
        self._faults.append(Remark(line, self._key(name), message))

    def _remark(self, line: int, name: str, message: str) -> None:
        if len(self._remarks) < MAXIMUM_FAULTS:
            self._remarks.append(Remark(line, self._key(name), message))


def _refuse(sentence: str) -> Parsed:
    return Parsed(Block(ROOT), (Remark(0, "", sentence),))


def _show(word: bytes) -> str:
    """A word of a file that may hold anything, as a short piece of text."""
    text = word.decode(errors="replace")
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:_SHOWN])
    return shown + ("..." if len(text) > _SHOWN else "")


def _write(block: Block, depth: int, lines: list[str]) -> None:
    outside, inside = "\t" * depth, "\t" * (depth + 1)
    lines.append(f"{outside}declare {escape(block.name)}")
    lines.append(outside + "{")
    lines.extend(
        f"{inside}{item.type} {escape(item.name)} {item.value}" for item in _sorted_items(block.items)
    )
    if block.items and block.blocks:
        lines.append("")
    for one in sorted(block.blocks, key=lambda one: sort_key(one.name)):
        _write(one, depth + 1, lines)
    lines.append(outside + "}")


def _sorted_items(items: Iterable[Item]) -> Sequence[Item]:
    return sorted(items, key=lambda item: sort_key(item.name))


def sort_key(name: str) -> bytes:
    """Names are sorted by their bytes, of which only ASCII letters have no case."""
    return name.encode().upper()
