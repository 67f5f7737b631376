"""Records of calls to values under wire names and back, for both codecs.

Walks a record by its description; how a value looks in bytes or JSON is the codecs' business.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol, TypeVar

from etherloom.model.policy import POLICY_ITEMS, Policy
from etherloom.rpc.catalog.element import (
    Array,
    Block,
    Description,
    Kind,
    Named,
    PolicyBlock,
    Rows,
    Scalar,
    Value,
    describe,
)

POLICY_PREFIX: Final = "policy:"
POLICY_VERSION: Final = Scalar("policy:Ver3", Kind.FLAG)
# Not the ends of lines: the original leaves them where they are, in both directions.
BLANKS: Final = " \t"
R = TypeVar("R")


class Sink(Protocol):
    """Where values go."""

    def put(self, name: str, scalar: Scalar, value: Value) -> None: ...
    def put_array(self, name: str, scalar: Scalar, values: Sequence[Value]) -> None: ...
    def put_rows(self, table: Rows, rows: Sequence[Any]) -> None: ...


class Source(Protocol):
    """Where values come from. Raises Refusal for a value that can't be read."""

    def get(self, name: str, scalar: Scalar) -> Value | None:
        """None if it is missing."""

    def get_array(self, name: str, scalar: Scalar) -> Sequence[Value]: ...
    def get_rows(self, table: Rows) -> "Sequence[Source]": ...
    def get_named(self, prefix: str) -> Mapping[str, int]: ...


@cache
def _policy_scalars() -> tuple[tuple[str, Scalar, int], ...]:
    """Field of Policy, its element, and the version that brought it."""
    return tuple(
        (
            item.field,
            Scalar(POLICY_PREFIX + item.name, Kind.FLAG if item.is_flag else Kind.NUMBER),
            item.version,
        )
        for item in POLICY_ITEMS
    )


# --- writing -----------------------------------------------------------------------------------------------


def write(record: Any, sink: Sink, prefix: str = "") -> None:
    """Put all that the record holds into the sink."""
    for name, description in describe(type(record)):
        _write_field(getattr(record, name), description, sink, prefix)


def _write_field(value: Any, description: Description, sink: Sink, prefix: str) -> None:
    match description:
        case Scalar(name):
            if value is not None:
                sink.put(prefix + name, description, value)
        case Array(item):
            sink.put_array(prefix + item.name, item, value)
        case Rows():
            sink.put_rows(description, value)
        case Block():
            write(value, sink, prefix + description.prefix)
        case PolicyBlock(flag):
            _write_policy(value, flag, sink)
        case Named():
            for key, number in value.items():
                sink.put(description.prefix + key, Scalar(key, Kind.NUMBER), number)


def _write_policy(policy: Policy | None, flag: str | None, sink: Sink) -> None:
    if policy is None:
        return
    if flag is not None:
        sink.put(flag, Scalar(flag, Kind.FLAG), True)
    for field, scalar, _ in _policy_scalars():
        sink.put(scalar.name, scalar, getattr(policy, field))
    sink.put(POLICY_VERSION.name, POLICY_VERSION, True)


# --- reading -----------------------------------------------------------------------------------------------


def read(record: type[R], source: Source, prefix: str = "") -> R:
    """Build the record from what the source has. Missing values are zero, or None where that is allowed."""
    values = {name: _read_field(description, source, prefix) for name, description in describe(record)}
    return record(**values)


def _read_field(description: Description, source: Source, prefix: str) -> Any:
    match description:
        case Scalar(name):
            value = source.get(prefix + name, description)
            return description.zero if value is None else _trim(value, description)
        case Array(item):
            return tuple(source.get_array(prefix + item.name, item))
        case Rows(record):
            return tuple(read(record, row) for row in source.get_rows(description))
        case Block(record):
            return read(record, source, prefix + description.prefix)
        case PolicyBlock(flag):
            return _read_policy(flag, source)
        case Named():
            return source.get_named(description.prefix)


def _trim(value: Value, scalar: Scalar) -> Value:
    return value.strip(BLANKS) if isinstance(value, str) and not scalar.exact else value


def _read_policy(flag: str | None, source: Source) -> Policy | None:
    if flag is not None and not source.get(flag, Scalar(flag, Kind.FLAG)):
        return None
    newest = 3 if source.get(POLICY_VERSION.name, POLICY_VERSION) else 2
    values: dict[str, Any] = {
        field: source.get(scalar.name, scalar) or scalar.zero
        for field, scalar, version in _policy_scalars()
        if version <= newest
    }
    return Policy(**values)


# --- what a record consists of -----------------------------------------------------------------------------


def scalars(record: type[Any], prefix: str = "") -> Sequence[tuple[str, Scalar]]:
    """Return names and kinds of all single values of a record, those of its blocks among them."""
    found: list[tuple[str, Scalar]] = []
    for _, description in describe(record):
        match description:
            case Scalar(name):
                found.append((prefix + name, description))
            case Block(block):
                found.extend(scalars(block, prefix + description.prefix))
            case PolicyBlock(flag):
                found.extend([(flag, Scalar(flag, Kind.FLAG))] if flag else [])
                found.extend((scalar.name, scalar) for _, scalar, _ in _policy_scalars())
                found.append((POLICY_VERSION.name, POLICY_VERSION))
            case _:
                continue
    return found
