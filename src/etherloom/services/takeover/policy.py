"""Policies in configuration files: of users and groups all items, of cascades those that mean something."""

from typing import Any, Final

from etherloom.model.policy import DEFAULT_POLICY, POLICY_ITEMS, Policy
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.section import Section

_BLOCK: Final = "Policy"
_NOT_OF_CASCADES: Final = frozenset(
    {
        "Access",
        "AutoDisconnect",
        "FixPassword",
        "MaxConnection",
        "MonitorPort",
        "MultiLogins",
        "NoBridge",
        "NoQoS",
        "NoRouting",
        "NoRoutingV6",
        "NoSavePassword",
        "PrivacyFilter",
        "TimeOut",
    }
)
CASCADE_ITEMS: Final = tuple(item for item in POLICY_ITEMS if item.name not in _NOT_OF_CASCADES)


def read_policy(owner: Section) -> Policy | None:
    """Return the policy of whatever this block is about, or None if it has none of its own."""
    if _BLOCK not in owner:
        return None
    section = owner.section(_BLOCK)
    known, content = owner.journal.policies, section.content()
    found = known.get(content)
    if found is not None:
        section.skip(*(name for name, _ in content))
        return found
    faults = len(owner.journal.faults)
    policy = _read_items(section)
    if section.is_spent and len(owner.journal.faults) == faults:
        known[content] = policy
    return policy


def _read_items(section: Section) -> Policy:
    values: dict[str, Any] = {}
    for item in POLICY_ITEMS:
        default = getattr(DEFAULT_POLICY, item.field)
        if item.is_flag:
            values[item.field] = section.flag(item.name, default)
        else:
            value = section.uint(item.name, default, 0 if item.zero_allowed else item.minimum, item.maximum)
            values[item.field] = value
    return Policy(**values)


def write_policy(owner: Draft, policy: Policy | None, *, of_cascade: bool = False) -> None:
    """Write the policy, if there is one."""
    if policy is None:
        return
    draft = owner.block(_BLOCK)
    for item in CASCADE_ITEMS if of_cascade else POLICY_ITEMS:
        value = getattr(policy, item.field)
        if item.is_flag:
            draft.flag(item.name, value)
        else:
            draft.uint(item.name, value)
