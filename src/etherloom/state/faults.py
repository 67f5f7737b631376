"""Faults of records, and the checks that many records share. Lists all faults, not the first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.policy import POLICY_ITEMS, Policy

WORD: Final = 0xFFFF_FFFF
TIME: Final = 0x7FFF_FFFF_FFFF_FFFF
_TEXT: Final = 511
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a code for the wire and a sentence for people."""

    code: ErrorCode
    message: str


def refuse(faults: list[Fault]) -> Refusal:
    """Return all the faults as one refusal; its code is the first one's."""
    lines = [fault.message for fault in faults[:_SHOWN]]
    if len(faults) > _SHOWN:
        lines.append(f"and {len(faults) - _SHOWN} more faults")
    return Refusal(faults[0].code, "; ".join(lines))


def policy_faults(policy: Policy, whose: str) -> Iterator[Fault]:
    """What can't be kept. A value out of its item's range can, as with the original; it is bounded in use."""
    for item in POLICY_ITEMS:
        yield from range_faults(int(getattr(policy, item.field)), 0, WORD, f"policy {item.name} of {whose}")


def refusal_faults(check: Callable[[str], str], name: str) -> Iterator[Fault]:
    try:
        check(name)
    except Refusal as refusal:
        yield Fault(refusal.code, refusal.message)


def range_faults(value: int, minimum: int, maximum: int, what: str) -> Iterator[Fault]:
    if not minimum <= value <= maximum:
        yield invalid(f"{what} is {minimum} to {maximum}, not {value}")


def text_faults(text: str, what: str, maximum: int = _TEXT) -> Iterator[Fault]:
    if len(text) > maximum:
        yield invalid(f"{what} has at most {maximum} characters, not {len(text)}")


def length_faults(value: bytes, length: int, what: str) -> Iterator[Fault]:
    if len(value) not in (0, length):
        yield invalid(f"{what} has {length} bytes (or none), not {len(value)}")


def invalid(message: str) -> Fault:
    return Fault(ErrorCode.INVALID_PARAMETER, message)
