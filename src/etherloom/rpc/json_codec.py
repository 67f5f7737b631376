"""Records of calls to JSON objects and back, with the original's names: the element's plus a suffix.

Raises Refusal (INVALID_PARAMETER), naming the member, for values that can't be read.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final, TypeVar

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc import records
from etherloom.rpc.catalog.element import Kind, Rows, Scalar, Value
from etherloom.rpc.pack_codec import swap

R = TypeVar("R")
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
SUFFIXES: Final[Mapping[Kind, str]] = {
    Kind.NUMBER: "_u32",
    Kind.SWAPPED: "_u32",
    Kind.FLAG: "_bool",
    Kind.LONG: "_u64",
    Kind.TIME: "_dt",
    Kind.TEXT: "_str",
    Kind.UNICODE: "_utf",
    Kind.DATA: "_bin",
    Kind.ADDRESS: "_ip",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The wire's zero, "never", is this instant (reference: administration, sections 2.2 and 4.4).
_NEVER_MS: Final = 32_400_000
_LATEST_MS: Final = 253_402_300_799_999


def encode_record(record: Any) -> dict[str, Json]:
    """Return the record as a JSON object."""
    sink = _JsonSink()
    records.write(record, sink)
    return sink.members


def decode_record(record: type[R], members: Mapping[str, Json]) -> R:
    """Return the record that the object holds; members that don't belong to it are ignored."""
    return records.read(record, _JsonSource(members))


# --- writing -----------------------------------------------------------------------------------------------


def _write_time(unix_ms: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=min(max(unix_ms, _NEVER_MS), _LATEST_MS))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def _write_value(kind: Kind, value: Any) -> Json:
    match kind:
        case Kind.FLAG:
            return bool(value)
        case Kind.TIME:
            return _write_time(value)
        case Kind.DATA:
            return b64encode(value).decode()
        case Kind.ADDRESS:
            return str(value)
        case Kind.SWAPPED:
            return swap(value)
        case Kind.TEXT | Kind.UNICODE:
            return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case Kind.NUMBER | Kind.LONG:
            return int(value)


class _JsonSink:
    def __init__(self) -> None:
        self.members: dict[str, Json] = {}

    def put(self, name: str, scalar: Scalar, value: Value) -> None:
        self.members[name + SUFFIXES[scalar.kind]] = _write_value(scalar.kind, value)

    def put_array(self, name: str, scalar: Scalar, values: Sequence[Value]) -> None:
        # The original writes elements, and an array without values is none.
        if values:
            self.members[name + SUFFIXES[scalar.kind]] = [
                _write_value(scalar.kind, value) for value in values
            ]

    def put_rows(self, table: Rows, rows: Sequence[Any]) -> None:
        self.members[table.group] = [encode_record(row) for row in rows]


# --- reading -----------------------------------------------------------------------------------------------


def _read_number(value: Json, bits: int) -> int:
    number = int(value) if isinstance(value, bool | int | str) else -1
    if not 0 <= number < 1 << bits:
        raise ValueError(f"not a number of {bits} bits")
    return number


def _read_flag(value: Json) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() in ("1", "true", "yes", "on")
    return bool(_read_number(value, 32))


def _read_text(value: Json) -> str:
    if isinstance(value, bool | int | str):
        return str(value)
    raise ValueError("not a text")


def _read_time(value: Json) -> int:
    """A number is what the wire carries; a text is civil time in UTC, whatever offset it claims."""
    if isinstance(value, int):
        return _read_number(value, 63) + _NEVER_MS if value else 0
    moment = datetime.fromisoformat(_read_text(value)).replace(tzinfo=UTC)
    unix_ms = (moment - _EPOCH) // timedelta(milliseconds=1)
    return unix_ms if unix_ms > _NEVER_MS else 0


def _read_data(value: Json) -> bytes:
    return b64decode(_read_text(value), validate=True)


_READERS: Final[Mapping[Kind, Callable[[Json], Value]]] = {
    Kind.NUMBER: lambda value: _read_number(value, 32),
    Kind.SWAPPED: lambda value: swap(_read_number(value, 32)),
    Kind.FLAG: _read_flag,
    Kind.LONG: lambda value: _read_number(value, 64),
    Kind.TIME: _read_time,
    Kind.TEXT: _read_text,
    Kind.UNICODE: _read_text,
    Kind.DATA: _read_data,
    Kind.ADDRESS: lambda value: ip_address(_read_text(value)),
}


def _read_value(name: str, scalar: Scalar, value: Json) -> Value:
    try:
        return _READERS[scalar.kind](value)
    except (ValueError, OverflowError, Base64Error) as error:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{name}: {error}") from None


class _JsonSource:
    def __init__(self, members: Mapping[str, Json]) -> None:
        self._members = members

    def get(self, name: str, scalar: Scalar) -> Value | None:
        member = name + SUFFIXES[scalar.kind]
        value = self._members.get(member)
        if value is None or _is_no_address(scalar, value):
            return None
        return _check(member, _read_value(member, scalar, value), scalar)

    def get_array(self, name: str, scalar: Scalar) -> Sequence[Value]:
        member = name + SUFFIXES[scalar.kind]
        return [_read_value(member, scalar, value) for value in self._list(member)]

    def get_rows(self, table: Rows) -> Sequence[records.Source]:
        found = self._list(table.group)
        if not all(isinstance(row, dict) for row in found):
            raise Refusal(ErrorCode.INVALID_PARAMETER, f"{table.group}: a list of objects is needed")
        return [_JsonSource(row) for row in found if isinstance(row, dict)]

    def get_named(self, prefix: str) -> Mapping[str, int]:
        suffix = SUFFIXES[Kind.NUMBER]
        return {
            member[len(prefix) : -len(suffix)]: _read_number(value, 32)
            for member, value in self._members.items()
            if member.startswith(prefix) and member.endswith(suffix)
        }

    def _list(self, member: str) -> list[Json]:
        found = self._members.get(member)
        if found is None:
            return []
        if not isinstance(found, list):
            raise Refusal(ErrorCode.INVALID_PARAMETER, f"{member}: a list is needed")
        return found


def _is_no_address(scalar: Scalar, value: Json) -> bool:
    """What can't be read as an address is a missing one, as with the original (reference 4.4)."""
    if scalar.kind is not Kind.ADDRESS or not isinstance(value, str):
        return False
    try:
        ip_address(value)
    except ValueError:
        return True
    return False


def _check(name: str, value: Value, scalar: Scalar) -> Value | None:
    """Unlike PACK, JSON says when something is too long; data of another size still means none."""
    if isinstance(value, str) and scalar.limit and len(value) > scalar.limit:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{name}: at most {scalar.limit} characters")
    if isinstance(value, bytes) and scalar.limit and len(value) != scalar.limit:
        return None
    return value
