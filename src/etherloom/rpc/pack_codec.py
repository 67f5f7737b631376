"""Records of calls to PACK and back.

Behaves as the original's readers do: a missing element is zero, a text is cut at its limit, data of another
size is zeros. Bytes that are no UTF-8 are replaced, so that nothing unprintable gets into the configuration.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from etherloom.rpc import records
from etherloom.rpc.catalog.element import Kind, Rows, Scalar, Value
from etherloom.wire.pack import Pack

R = TypeVar("R")


def encode_record(record: Any) -> Pack:
    """Return the record's elements."""
    pack = Pack()
    records.write(record, _PackSink(pack))
    return pack


def decode_record(record: type[R], pack: Pack) -> R:
    """Return the record that the PACK holds; elements that don't belong to it are ignored."""
    return records.read(record, _PackSource(pack))


def swap(number: int) -> int:
    """A number of 32 bits with its bytes reversed."""
    return int.from_bytes(number.to_bytes(4, "big"), "little")


def _add_swapped(pack: Pack, name: str, *values: int) -> None:
    pack.add_int(name, *map(swap, values))


_ADDERS: Final[Mapping[Kind, Callable[..., None]]] = {
    Kind.NUMBER: Pack.add_int,
    Kind.SWAPPED: _add_swapped,
    Kind.FLAG: Pack.add_bool,
    Kind.LONG: Pack.add_int64,
    Kind.TIME: Pack.add_time,
    Kind.TEXT: Pack.add_str,
    Kind.UNICODE: Pack.add_unistr,
    Kind.DATA: Pack.add_data,
    Kind.ADDRESS: Pack.add_ip,
}


class _PackSink:
    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def put(self, name: str, scalar: Scalar, value: Value) -> None:
        # Where blocks share a name, the surrounding record's element comes first and counts.
        if name not in self._pack:
            _ADDERS[scalar.kind](self._pack, name, value)

    def put_array(self, name: str, scalar: Scalar, values: Sequence[Value]) -> None:
        _ADDERS[scalar.kind](self._pack, name, *values)

    def put_rows(self, table: Rows, rows: Sequence[Any]) -> None:
        columns = _Columns()
        for row in rows:
            records.write(row, columns)
        for name, (kind, values) in columns.columns.items():
            _ADDERS[kind](self._pack, name, *values)


class _Columns:
    """Collects rows as parallel arrays. Rows hold neither tables nor values that may be missing."""

    def __init__(self) -> None:
        self.columns: dict[str, tuple[Kind, list[Value]]] = {}

    def put(self, name: str, scalar: Scalar, value: Value) -> None:
        self.columns.setdefault(name, (scalar.kind, []))[1].append(value)

    def put_array(self, name: str, scalar: Scalar, values: Sequence[Value]) -> None:
        raise TypeError(f"{name}: a row can't hold several values under one name")

    def put_rows(self, table: Rows, rows: Sequence[Any]) -> None:
        raise TypeError(f"{table.group}: a row can't hold rows")


def _get_swapped(pack: Pack, name: str, index: int) -> int:
    return swap(pack.int(name, index))


_GETTERS: Final[Mapping[Kind, Callable[[Pack, str, int], Value | None]]] = {
    Kind.NUMBER: Pack.int,
    Kind.SWAPPED: _get_swapped,
    Kind.FLAG: Pack.bool,
    Kind.LONG: Pack.int64,
    Kind.TIME: Pack.time,
    Kind.TEXT: Pack.str,
    Kind.UNICODE: Pack.unistr,
    Kind.DATA: Pack.data,
    Kind.ADDRESS: Pack.ip,
}


@dataclass(frozen=True, slots=True)
class _PackSource:
    """One row of a PACK; what isn't a table has row 0 only."""

    pack: Pack
    index: int = 0

    def get(self, name: str, scalar: Scalar) -> Value | None:
        if self.index >= self.pack.count(name):
            return None
        return _limit(_GETTERS[scalar.kind](self.pack, name, self.index), scalar)

    def get_array(self, name: str, scalar: Scalar) -> Sequence[Value]:
        getter = _GETTERS[scalar.kind]
        found = (getter(self.pack, name, index) for index in range(self.pack.count(name)))
        return [value for value in found if value is not None]

    def get_rows(self, table: Rows) -> Sequence[records.Source]:
        counting, _ = records.scalars(table.record)[0]
        return [_PackSource(self.pack, index) for index in range(self.pack.count(counting))]

    def get_named(self, prefix: str) -> Mapping[str, int]:
        names = (element.name for element in self.pack)
        return {name[len(prefix) :]: self.pack.int(name) for name in names if name.startswith(prefix)}


def _limit(value: Value | None, scalar: Scalar) -> Value | None:
    if isinstance(value, str):
        clean = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return clean[: scalar.limit] if scalar.limit else clean
    if isinstance(value, bytes) and scalar.limit and len(value) != scalar.limit:
        return None
    if value == b"" and scalar.optional:
        return None
    return value
