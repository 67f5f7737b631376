"""Records from records with fields of equal names."""

from dataclasses import dataclass

from etherloom.rpc.handlers.mapping import fill, shown


@dataclass(frozen=True, slots=True)
class One:
    name: str = "one"
    data: bytes | None = None
    extra: int = 1


@dataclass(frozen=True, slots=True)
class Two:
    name: str
    data: bytes = b"two"
    number: int = 2


def test_values_come_before_sources_and_these_before_defaults() -> None:
    assert fill(Two, One(), number=9) == Two("one", b"two", 9)
    assert fill(Two, One(data=b"x"), Two("y", b"y", 3)) == Two("one", b"x", 3)
    assert fill(Two, One(), Two("y", b"y", 3)) == Two("one", b"y", 3)
    assert fill(One, Two("z"), name="given") == One("given", b"two")


def test_empty_data_is_not_shown() -> None:
    assert (shown(b""), shown(b"x")) == (None, b"x")
