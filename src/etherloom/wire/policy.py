"""A policy as elements of a PACK, each named after the policy item it carries.

Must not judge: ranges and permissions are checked by the services.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from etherloom.model.policy import DEFAULT_POLICY, POLICY_ITEMS, Policy, PolicyItem
from etherloom.wire.pack import Element, Pack

_PREFIX: Final = "policy:"
_VERSION_3: Final = "policy:Ver3"


def add_policy(pack: Pack, policy: Policy) -> None:
    """Add all items, and the flag that says that the newer ones are among them."""
    for element in _elements(policy):
        pack.add(element)


@lru_cache(256)
def _elements(policy: Policy) -> tuple[Element, ...]:
    """Every Welcome carries them, and most users have one of few policies."""
    pack = Pack()
    for item in POLICY_ITEMS:
        pack.add_int(_PREFIX + item.name, int(getattr(policy, item.field)))
    pack.add_bool(_VERSION_3, True)
    return tuple(pack)


def read_policy(pack: Pack, base: Policy = DEFAULT_POLICY) -> Policy | None:
    """The policy in the PACK, or None if it has no policy element.

    A missing item is 0. A sender that doesn't set the flag knows the older items only: then the newer
    ones stay as they are in `base`.
    """
    if _VERSION_3 not in pack and not any(_PREFIX + item.name in pack for item in POLICY_ITEMS):
        return None
    newest = 3 if pack.bool(_VERSION_3) else 2
    changes: dict[str, Any] = dict(_read_items(pack, newest))
    return replace(base, **changes)


def _read_items(pack: Pack, newest: int) -> Iterator[tuple[str, Any]]:
    for item in POLICY_ITEMS:
        if item.version <= newest:
            yield item.field, _read_item(pack, item)


def _read_item(pack: Pack, item: PolicyItem) -> int | bool:
    value = pack.int(_PREFIX + item.name)
    return value != 0 if item.is_flag else value
