"""The words in which records of calls are described: each field says which elements carry it.

A record is a frozen dataclass whose fields are made by the functions below. Must not convert anything: the
codecs do.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from enum import Enum, auto
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final, TypeVar

from etherloom.model.policy import DEFAULT_POLICY, Policy

Address = IPv4Address | IPv6Address
Value = int | str | bytes | Address
NO_ADDRESS: Final = IPv4Address(0)
_KEY: Final = "element"
R = TypeVar("R")


class Kind(Enum):
    """What a value is. SWAPPED: a number with its four bytes reversed (see blocks.NodeFacts)."""

    NUMBER = auto()
    SWAPPED = auto()
    FLAG = auto()
    LONG = auto()
    TIME = auto()
    TEXT = auto()
    UNICODE = auto()
    DATA = auto()
    ADDRESS = auto()


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value under one name. `limit`: characters of a text, exact bytes of data; 0 means any.

    An optional one may be None, and is not there then. A text that isn't `exact` is read without the blanks
    around it, as the original reads names and notes.
    """

    name: str
    kind: Kind
    limit: int = 0
    optional: bool = False
    exact: bool = False

    @property
    def zero(self) -> Value | None:
        """What a missing element means."""
        return None if self.optional else _ZEROS[self.kind] or _empty(self)


@dataclass(frozen=True, slots=True)
class Array:
    """Several values of one kind under one name."""

    item: Scalar


@dataclass(frozen=True, slots=True)
class Rows:
    """A table: parallel arrays in PACK, a list of objects called `group` in JSON.

    Without a group it is parallel arrays there too.
    """

    record: type[Any]
    group: str


@dataclass(frozen=True, slots=True)
class Block:
    """Elements that several calls share, written flat into the surrounding record."""

    record: type[Any]
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class PolicyBlock:
    """The items of a policy. With a `flag`, they are there only if that element says so."""

    flag: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Numbers whose names are made of `prefix` and a key."""

    prefix: str


Description = Scalar | Array | Rows | Block | PolicyBlock | Named


def _empty(scalar: Scalar) -> Value:
    return bytes(scalar.limit) if scalar.kind is Kind.DATA else _ZEROS[scalar.kind]


_ZEROS: Final[dict[Kind, Value]] = {
    Kind.NUMBER: 0,
    Kind.SWAPPED: 0,
    Kind.FLAG: False,
    Kind.LONG: 0,
    Kind.TIME: 0,
    Kind.TEXT: "",
    Kind.UNICODE: "",
    Kind.DATA: b"",
    Kind.ADDRESS: NO_ADDRESS,
}


_described_records: Final[dict[type[Any], tuple[tuple[str, Description], ...]]] = {}


def describe(record: type[Any]) -> tuple[tuple[str, Description], ...]:
    """Return the record's field names with what carries them."""
    known = _described_records.get(record)
    if known is None:
        known = tuple((f.name, f.metadata[_KEY]) for f in fields(record))
        _described_records[record] = known
    return known


def without_secrets(record: R) -> R:
    """Return the record with its secret fields blank; those that were not given stay away."""
    secrets = {f.name: _blank(record, f) for f in fields(record) if not f.repr}  # type: ignore[arg-type]
    return replace(record, **secrets)  # type: ignore[type-var]


def _blank(record: Any, secret: Field[Any]) -> Any:
    if secret.default is not None or getattr(record, secret.name) is None:
        return secret.default
    return _empty(secret.metadata[_KEY])


def _described(default: R, description: Description, *, secret: bool = False) -> R:
    return field(default=default, repr=not secret, metadata={_KEY: description})


# --- fields of records -------------------------------------------------------------------------------------


def number(name: str) -> int:
    return _described(0, Scalar(name, Kind.NUMBER))


def swapped_number(name: str) -> int:
    return _described(0, Scalar(name, Kind.SWAPPED))


def optional_number(name: str) -> int | None:
    return _described(None, Scalar(name, Kind.NUMBER, optional=True))


def flag(name: str) -> bool:
    return _described(False, Scalar(name, Kind.FLAG))


def optional_flag(name: str) -> bool | None:
    return _described(None, Scalar(name, Kind.FLAG, optional=True))


def long(name: str) -> int:
    return _described(0, Scalar(name, Kind.LONG))


def time(name: str) -> int:
    """Unix milliseconds, 0 for never."""
    return _described(0, Scalar(name, Kind.TIME))


def optional_time(name: str) -> int | None:
    return _described(None, Scalar(name, Kind.TIME, optional=True))


def text(name: str, limit: int = 255, *, secret: bool = False) -> str:
    return _described("", Scalar(name, Kind.TEXT, limit, exact=secret), secret=secret)


def optional_text(name: str, limit: int = 255, *, secret: bool = False) -> str | None:
    return _described(None, Scalar(name, Kind.TEXT, limit, optional=True, exact=secret), secret=secret)


def unicode(name: str, limit: int = 255) -> str:
    return _described("", Scalar(name, Kind.UNICODE, limit))


def optional_unicode(name: str, limit: int = 255) -> str | None:
    return _described(None, Scalar(name, Kind.UNICODE, limit, optional=True))


def address(name: str) -> Address:
    return _described(NO_ADDRESS, Scalar(name, Kind.ADDRESS))


def data(name: str, size: int = 0, *, secret: bool = False) -> bytes:
    """Bytes; with a `size`, a missing or different value reads as that many zeros."""
    return _described(bytes(size), Scalar(name, Kind.DATA, size), secret=secret)


def optional_data(name: str, size: int = 0, *, secret: bool = False) -> bytes | None:
    return _described(None, Scalar(name, Kind.DATA, size, optional=True), secret=secret)


def numbers(name: str) -> tuple[int, ...]:
    return _described((), Array(Scalar(name, Kind.NUMBER)))


def texts(name: str, limit: int = 0) -> tuple[str, ...]:
    return _described((), Array(Scalar(name, Kind.TEXT, limit)))


def datas(name: str) -> tuple[bytes, ...]:
    return _described((), Array(Scalar(name, Kind.DATA)))


def rows(record: type[R], group: str) -> tuple[R, ...]:
    return _described((), Rows(record, group))


def block(record: type[R], prefix: str = "") -> R:
    return _described(record(), Block(record, prefix))


def policy() -> Policy:
    return _described(DEFAULT_POLICY, PolicyBlock())


def own_policy(name: str) -> Policy | None:
    """A policy that is there only if the flag `name` says so."""
    return _described(None, PolicyBlock(name))


def named_numbers(prefix: str) -> Mapping[str, int]:
    return field(default_factory=dict, metadata={_KEY: Named(prefix)})
