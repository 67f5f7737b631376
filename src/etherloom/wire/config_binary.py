"""The binary form of configuration files, which very old servers wrote. It is only read.

The tree that comes out is the one that the text form would give; there are no lines to name.
"""

import struct
from base64 import b64encode
from typing import Final

from etherloom.wire.config_text import MAXIMUM_BYTES, MAXIMUM_DEPTH, ROOT, Block, Item, Parsed, Remark
from etherloom.wire.config_value import escape
from etherloom.wire.digest import sha0

MAGIC: Final = b"SEVPN_DB"
_DIGEST: Final = 20
_TYPES: Final = {1: "uint", 2: "uint64", 3: "byte", 4: "string", 5: "bool"}
_WORD: Final = struct.Struct(">I")
_LONG: Final = struct.Struct(">Q")


class _Broken(ValueError):
    """The bytes end, or say what can't be."""


def parse_binary(data: bytes) -> Parsed:
    """Read a file that begins with MAGIC. It never raises."""
    if len(data) > MAXIMUM_BYTES:
        return _refuse(f"the file has {len(data)} bytes; {MAXIMUM_BYTES} are the most")
    body = data[len(MAGIC) + _DIGEST :]
    if sha0(body) != data[len(MAGIC) : len(MAGIC) + _DIGEST]:
        return _refuse("the file is damaged: its digest isn't that of its content")
    reader = _Reader(body)
    try:
        root = reader.block(0)
        reader.expect_end()
    except _Broken as error:
        return _refuse(f"the file is damaged: {error}")
    if root.name.lower() != ROOT:
        return _refuse("this is no configuration file of SoftEther VPN: it has no block named root")
    return Parsed(root)


class _Reader:
    """Takes values off the front."""

    def __init__(self, data: bytes) -> None:
        self._data: Final = data
        self._at = 0

    def block(self, depth: int) -> Block:
        if depth >= MAXIMUM_DEPTH:
            raise _Broken(f"blocks are nested more than {MAXIMUM_DEPTH} deep")
        name = self._name()
        blocks = tuple(self.block(depth + 1) for _ in range(self._word()))
        items = tuple(self._item() for _ in range(self._word()))
        return Block(name, items, blocks)

    def expect_end(self) -> None:
        if self._at != len(self._data):
            raise _Broken("something follows its end")

    def _item(self) -> Item:
        name = self._name()
        number = self._word()
        kind = _TYPES.get(number)
        if kind is None:
            raise _Broken(f"{name!r} has the unknown type {number}")
        return Item(name, kind, self._value(kind))

    def _value(self, kind: str) -> str:
        match kind:
            case "uint":
                return str(self._word())
            case "uint64":
                return str(_LONG.unpack(self._take(_LONG.size))[0])
            case "bool":
                return "true" if self._word() else "false"
            case "byte":
                return b64encode(self._take(self._word())).decode() or "$"
            case _:
                return escape(self._text(self._word()))

    def _name(self) -> str:
        # The length counts an end mark that isn't there.
        length = self._word()
        if length == 0:
            raise _Broken("a name has no length")
        return self._text(length - 1)

    def _word(self) -> int:
        return int(_WORD.unpack(self._take(_WORD.size))[0])

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode()
        except UnicodeDecodeError:
            raise _Broken("a text is no UTF-8") from None

    def _take(self, length: int) -> bytes:
        taken = self._data[self._at : self._at + length]
        if len(taken) < length:
            raise _Broken("it ends in the middle of a value")
        self._at += length
        return taken


def _refuse(sentence: str) -> Parsed:
    return Parsed(Block(ROOT), (Remark(0, "", sentence),))
