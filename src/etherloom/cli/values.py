"""Values of options: times, policy items, on and off."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import typer

from etherloom.model.policy import POLICY_ITEMS, PolicyItem
from etherloom.rpc.catalog.own import PolicyValue

_YES = frozenset({"yes", "on", "true", "1"})
_NO = frozenset({"no", "off", "false", "0"})
_ITEMS = {item.name.casefold(): item for item in POLICY_ITEMS}


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"


def is_on(switch: Switch | None) -> bool | None:
    """None stays None: not given."""
    return None if switch is None else switch is Switch.ON


def parse_expiry(text: str) -> int:
    """Unix milliseconds of an ISO 8601 time (local where it names no zone); 0 for `never`."""
    if text.casefold() == "never":
        return 0
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            f"{text!r} is no time: write 2027-01-31, 2027-01-31T12:00, or never"
        ) from None


def parse_policy(texts: Sequence[str]) -> tuple[PolicyValue, ...]:
    """Return the items that KEY=VALUE texts name."""
    return tuple(map(_parse_item, texts))


def _parse_item(text: str) -> PolicyValue:
    key, equals, value = text.partition("=")
    item = _ITEMS.get(key.strip().casefold())
    if not equals or item is None:
        names = ", ".join(known.name for known in POLICY_ITEMS)
        raise typer.BadParameter(f"{text!r} is no policy item: write KEY=VALUE, KEY being one of {names}")
    return PolicyValue(item.name, _parse_value(item, value.strip()))


def _parse_value(item: PolicyItem, text: str) -> int:
    if item.is_flag and text.casefold() in _YES | _NO:
        return int(text.casefold() in _YES)
    if not item.is_flag and text.isdecimal() and text.isascii() and int(text) <= item.maximum:
        return int(text)
    wanted = "yes or no" if item.is_flag else f"{item.minimum} to {item.maximum}"
    zero = ", or 0 for no limit" if item.zero_allowed and not item.is_flag else ""
    raise typer.BadParameter(f"policy {item.name}: {wanted}{zero}, not {text!r}")
