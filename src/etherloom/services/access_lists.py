"""The rules for the frames of a hub: added, removed, replaced. Judges no frame and no rights.

Of the rules of one priority those that pass go first, then they are in the order in which they were added.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any, Final

from etherloom.model.access_list import MAXIMUM_RULES, AccessRule
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services.hubs import find_hub
from etherloom.services.options import limit_of
from etherloom.state import keys
from etherloom.state.changes import Delete, DeletePrefix, Operation, Origin, Put
from etherloom.state.faults import WORD
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

# Below it, a number means a place in the list.
FIRST_UNIQUE_ID: Final = 0x10000
_LONGEST_DELAY: Final = 10_000
_WHOLE: Final = 100
_FILES: Final = ("include:", "exclude:")
_content: Final = attrgetter(*(field.name for field in fields(AccessRule) if field.name != "unique_id"))


def complete_rule(rule: AccessRule) -> AccessRule:
    """Return the rule as it is kept: no range of ports ends before it begins, nothing is more than all."""
    wanted: dict[str, Any] = {
        "source_port_last": max(rule.source_port_first, rule.source_port_last),
        "target_port_last": max(rule.target_port_first, rule.target_port_last),
        "delay": min(rule.delay, _LONGEST_DELAY),
        "jitter": min(rule.jitter, _WHOLE),
        "loss": min(rule.loss, _WHOLE),
    }
    # Lists are long, and nearly all of their rules are as they should be.
    changed = {name: value for name, value in wanted.items() if getattr(rule, name) != value}
    return replace(rule, **changed) if changed else rule


class AccessLists:
    """The access lists of all hubs."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def add(self, hub: str, rule: AccessRule, origin: Origin) -> AccessRule:
        """Add one rule, and return it as it is kept: with its number, and as the hub's limits want it."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            name = find_hub(snapshot, hub).name
            present = snapshot.access_list(name)
            _check_count(len(present) + 1, limit_of(snapshot, name, "max_accesslists") or MAXIMUM_RULES)
            return _change(name, present, [*present, *_obeying(snapshot, name, [rule])])

        new = await self._owner.apply(derive, origin)
        return max(new.access_list(hub), key=lambda one: one.unique_id)

    async def delete(self, hub: str, number: int, origin: Origin) -> None:
        """Remove a rule by its place in the list, counted from 1, or by its unique number."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            name = find_hub(snapshot, hub).name
            rules = enumerate(snapshot.access_list(name), 1)
            by_place = number < MAXIMUM_RULES
            for place, rule in rules:
                if number == (place if by_place else rule.unique_id):
                    return [Delete(keys.access_key(name, rule.unique_id))]
            raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {name!r} has no access rule {number}")

        await self._owner.apply(derive, origin)

    async def replace(
        self, hub: str, rules: Sequence[AccessRule], origin: Origin, *, limited: bool = False
    ) -> None:
        """Replace all rules; those that stay where they were keep their numbers.

        `limited`: by somebody whom the hub's limits bind.
        """

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            name = find_hub(snapshot, hub).name
            most = limit_of(snapshot, name, "max_accesslists") if limited else 0
            _check_count(len(rules), most or MAXIMUM_RULES)
            return _change(name, snapshot.access_list(name), _obeying(snapshot, name, rules))

        await self._owner.apply(derive, origin)


def _check_count(count: int, most: int) -> None:
    if count > min(most, MAXIMUM_RULES):
        raise Refusal(
            ErrorCode.TOO_MANY_ACCESS_LIST, f"{count} access rules are more than the {most} allowed"
        )


def _change(hub: str, present: Sequence[AccessRule], rules: Sequence[AccessRule]) -> Sequence[Operation]:
    """Return what makes these rules of those that are there. Only what differs is touched."""
    wanted = sorted(rules, key=lambda rule: rule.rank)
    first = max([FIRST_UNIQUE_ID - 1, *(rule.unique_id for rule in present)]) + 1
    if first + len(wanted) > WORD:
        return [DeletePrefix(keys.access_prefix(hub)), *_put(hub, wanted, FIRST_UNIQUE_ID)]
    ahead = _count_equal(zip(present, wanted, strict=False))
    behind = _count_equal(zip(reversed(present[ahead:]), reversed(wanted[ahead:]), strict=False))
    # New numbers are the highest: what is to come after them among equals has to get a new one too.
    while behind and wanted[ahead:-behind] and wanted[-behind].rank == wanted[-behind - 1].rank:
        behind -= 1
    gone = present[ahead : len(present) - behind]
    deleted = [Delete(keys.access_key(hub, rule.unique_id)) for rule in gone]
    return [*deleted, *_put(hub, wanted[ahead : len(wanted) - behind], first)]


def _count_equal(pairs: Iterable[tuple[AccessRule, AccessRule]]) -> int:
    """Return how many pairs, from the first on, say the same."""
    return sum(1 for _ in itertools.takewhile(lambda pair: _same(*pair), pairs))


def _same(one: AccessRule, other: AccessRule) -> bool:
    return one is other or _content(one) == _content(other)


def _put(hub: str, rules: Sequence[AccessRule], first: int) -> Sequence[Operation]:
    return [
        Put(keys.access_key(hub, number), replace(rule, unique_id=number))
        for number, rule in enumerate(rules, first)
    ]


def _obeying(snapshot: Snapshot, hub: str, rules: Sequence[AccessRule]) -> Sequence[AccessRule]:
    whole = bool(limit_of(snapshot, hub, "no_delay_jitter_packet_loss"))
    named = bool(limit_of(snapshot, hub, "no_access_list_include_file"))
    return [_obey(complete_rule(rule), whole=whole, named=named) for rule in rules]


def _obey(rule: AccessRule, *, whole: bool, named: bool) -> AccessRule:
    """Take out of a rule what the hub's limits forbid: loss and delay (`whole`), files of users (`named`)."""
    if whole:
        rule = replace(rule, delay=0, jitter=0, loss=0)
    if named:
        rule = replace(
            rule, source_user=_without_file(rule.source_user), target_user=_without_file(rule.target_user)
        )
    return rule


def _without_file(user: str) -> str:
    return "" if user.casefold().startswith(_FILES) else user
