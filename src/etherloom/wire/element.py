"""One element of a PACK: its five types, its bytes, and the limits under which it is read.

Must not know what any element means; names and meanings belong to the rooms above.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Final

MAXIMUM_NAME_BYTES: Final = 63
_WORD: Final = struct.Struct(">I")
_LONG: Final = struct.Struct(">Q")
_TYPE_AND_COUNT: Final = struct.Struct(">II")


class PackError(ValueError):
    """These bytes are no PACK, or these values don't fit into one."""


class ValueType(IntEnum):
    """Wire numbers of the value types."""

    INT = 0
    DATA = 1
    STR = 2
    UNISTR = 3
    INT64 = 4


@dataclass(frozen=True, slots=True)
class Element:
    """A named list of values of one type. `repr` leaves the values out: they may be secrets."""

    name: str
    type: ValueType
    values: tuple[int | bytes | str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a PACK may claim. Values are counted per element."""

    maximum_bytes: int
    maximum_elements: int
    maximum_values: int


@lru_cache(2048)
def fold(name: str) -> str:
    """The form under which element names are compared and sorted; only ASCII letters fold."""
    return (
        name.upper() if name.isascii() else name.encode("ascii", "surrogateescape").upper().decode("latin-1")
    )


# --- writing -----------------------------------------------------------------------------------------------


def encode_text(text: str) -> bytes:
    """UTF-8 up to the first NUL, as C strings go; undecodable bytes come out as they came in."""
    text = text.partition("\0")[0]
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _number(form: struct.Struct, value: int | bytes | str) -> bytes:
    try:
        return form.pack(value)
    except struct.error:
        raise PackError(f"a number must fit into {form.size} bytes") from None


def _sized(payload: bytes) -> bytes:
    return _WORD.pack(len(payload)) + payload


def _write_value(kind: ValueType, value: int | bytes | str) -> bytes:
    if kind is ValueType.INT:
        return _number(_WORD, value)
    if kind is ValueType.INT64:
        return _number(_LONG, value)
    if kind is ValueType.DATA and isinstance(value, bytes):
        return _sized(value)
    if kind is ValueType.STR and isinstance(value, str):
        return _sized(encode_text(value))
    if kind is ValueType.UNISTR and isinstance(value, str):
        # Counts and carries a NUL, unlike STR (vector: administration_test_response).
        return _sized(encode_text(value) + b"\0")
    raise PackError(f"a {type(value).__name__} is no value of the type {kind.name}")


def write_element(element: Element) -> bytes:
    """The element's bytes. Raises PackError for a name or value that can't be written."""
    if not element.values:
        raise PackError(f"element {element.name!r} has no value")
    head = _write_name(element.name) + _TYPE_AND_COUNT.pack(element.type, len(element.values))
    return head + b"".join([_write_value(element.type, value) for value in element.values])


@lru_cache(2048)
def _write_name(text: str) -> bytes:
    name = text.encode("ascii", "surrogateescape")
    if not 0 < len(name) <= MAXIMUM_NAME_BYTES or b"\0" in name:
        raise PackError(f"{text!r} can't name an element")
    # The length counts a NUL that isn't sent.
    return _WORD.pack(len(name) + 1) + name


# --- reading -----------------------------------------------------------------------------------------------


def decode_text(data: bytes) -> str:
    """The inverse of `encode_text`, for any bytes whatever."""
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


class Reader:
    """Takes a PACK apart. Every size is checked against what is left before anything is built."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def remaining(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.remaining:
            raise PackError(f"{size} bytes are claimed, {self.remaining} are there")
        start = self._at
        self._at += size
        return self._data[start : self._at]

    def word(self) -> int:
        return int.from_bytes(self.take(4))

    def long(self) -> int:
        return int.from_bytes(self.take(8))

    def data(self) -> bytes:
        return self.take(self.word())

    def text(self) -> str:
        return decode_text(self.data())

    def name(self) -> str:
        size = self.word() - 1
        if size <= 0:
            raise PackError("an element has no name")
        name = self.take(size)[:MAXIMUM_NAME_BYTES]
        if b"\0" in name:
            raise PackError("an element's name contains a NUL")
        return name.decode("ascii", "surrogateescape")

    def count(self, minimum_size: int, limit: int) -> int:
        """A number of things that each take at least `minimum_size` bytes."""
        count = self.word()
        if count > limit or count * minimum_size > self.remaining:
            raise PackError(f"{count} items are claimed in {self.remaining} bytes")
        return count


_VALUE_READERS: Final[dict[int, tuple[int, Callable[[Reader], int | bytes | str]]]] = {
    ValueType.INT: (4, Reader.word),
    ValueType.DATA: (4, Reader.data),
    ValueType.STR: (4, Reader.text),
    ValueType.UNISTR: (4, Reader.text),
    ValueType.INT64: (8, Reader.long),
}
MINIMUM_ELEMENT_BYTES: Final = 4 + 1 + 4 + 4


def read_element(reader: Reader, limits: Limits) -> tuple[str, Element | None]:
    """The next element's name, and the element unless its type is unknown (such a one has no bytes)."""
    name = reader.name()
    kind = reader.word()
    minimum_size, read = _VALUE_READERS.get(kind, (0, None))
    count = reader.count(minimum_size, limits.maximum_values)
    if count == 0:
        raise PackError(f"element {name!r} has no value")
    if read is None:
        return name, None
    values: Sequence[int | bytes | str] = [read(reader) for _ in range(count)]
    return name, Element(name, ValueType(kind), tuple(values))
