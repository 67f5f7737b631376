"""Records of calls from records of the model and back, where their fields have equal names. Knows no noun."""

from dataclasses import fields
from typing import Any, Final, TypeVar

R = TypeVar("R")
_shared_names: Final[dict[tuple[type[Any], type[Any]], tuple[str, ...]]] = {}


def fill(record: type[R], *sources: object, **values: Any) -> R:
    """Build a record: `values` first, then what the sources have under equal names, the first one's counting.

    None in a source means that it doesn't say; then the next one counts, and the default at last.
    """
    found = dict(values)
    for source in sources:
        for name in _shared(record, type(source)):
            value = getattr(source, name)
            if name not in found and value is not None:
                found[name] = value
    return record(**found)


def _shared(record: type[Any], source: type[Any]) -> tuple[str, ...]:
    known = _shared_names.get((record, source))
    if known is None:
        theirs = {field.name for field in fields(source)}
        known = tuple(field.name for field in fields(record) if field.init and field.name in theirs)
        _shared_names[record, source] = known
    return known


def shown(value: bytes) -> bytes | None:
    """Data that is only there if it isn't empty."""
    return value or None
