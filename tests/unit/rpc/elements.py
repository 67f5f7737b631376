"""What a record consists of, flattened; and records that hypothesis fills from their descriptions."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from etherloom.model.policy import POLICY_ITEMS, Policy, PolicyItem
from etherloom.rpc.catalog.element import (
    Array,
    Block,
    Description,
    Kind,
    Named,
    PolicyBlock,
    Rows,
    Scalar,
    describe,
)
from etherloom.rpc.records import BLANKS, scalars

R = TypeVar("R")
# What the wire can't tell from "never" lies before its own zero.
EARLIEST_MS = 32_400_001
LATEST_MS = 253_402_300_799_999


@dataclass(frozen=True)
class Flat:
    """One element."""

    name: str
    scalar: Scalar
    array: bool = False
    group: str | None = None


def flatten(record: type[Any]) -> Iterator[Flat]:
    """All elements of a record; those of tables with their group."""
    for name, scalar in scalars(record):
        yield Flat(name, scalar)
    for _, description in describe(record):
        match description:
            case Array(item):
                yield Flat(item.name, item, array=True)
            case Rows(row, group):
                for name, scalar in scalars(row):
                    yield Flat(name, scalar, array=True, group=group)
            case _:
                continue


def _text(limit: int) -> SearchStrategy[str]:
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    return st.text(letters, max_size=min(limit or 20, 20)).map(lambda text: text.strip(BLANKS))


def _value(scalar: Scalar) -> SearchStrategy[Any]:
    size = scalar.limit
    return {
        Kind.NUMBER: st.integers(0, 0xFFFF_FFFF),
        Kind.SWAPPED: st.integers(0, 0xFFFF_FFFF),
        Kind.FLAG: st.booleans(),
        Kind.LONG: st.integers(0, 0xFFFF_FFFF_FFFF_FFFF),
        Kind.TIME: st.just(0) | st.integers(EARLIEST_MS, LATEST_MS),
        Kind.TEXT: _text(size),
        Kind.UNICODE: _text(size),
        # Data that may be missing is never empty: that reads as missing.
        Kind.DATA: st.binary(min_size=size or int(scalar.optional), max_size=size or 40),
        Kind.ADDRESS: st.builds(IPv4Address, st.integers(0, 2**32 - 1))
        | st.builds(IPv6Address, st.integers(2**64, 2**128 - 1)),
    }[scalar.kind]


def _item(item: PolicyItem) -> SearchStrategy[int]:
    return st.booleans() if item.is_flag else st.integers(item.minimum, item.maximum)


def policies() -> SearchStrategy[Policy]:
    return st.builds(Policy, **{item.field: _item(item) for item in POLICY_ITEMS})


def _field(description: Description) -> SearchStrategy[Any]:
    match description:
        case Scalar():
            value = _value(description)
            return st.none() | value if description.optional else value
        case Array(item):
            return st.lists(_value(item), max_size=3).map(tuple)
        case Rows(record):
            return st.lists(records(record), max_size=3).map(tuple)
        case Block(record):
            return records(record)
        case PolicyBlock(flag):
            return st.none() | policies() if flag else policies()
        case Named():
            names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
            return st.dictionaries(names, st.integers(0, 0xFFFF_FFFF), max_size=3)


def records(record: type[R]) -> SearchStrategy[R]:
    """Any record of this type."""
    return st.builds(record, **{name: _field(description) for name, description in describe(record)})
