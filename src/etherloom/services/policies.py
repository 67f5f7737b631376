"""Which policy goes for a user: their own, the group's or the default, within the hub's limits. Pure."""

from dataclasses import replace
from typing import Final

from etherloom.model.policy import DEFAULT_POLICY, Policy, bounded
from etherloom.model.user import User
from etherloom.services.options import limit_of
from etherloom.state.snapshot import Snapshot

_ADMINISTRATOR: Final = replace(DEFAULT_POLICY, no_broadcast_limiter=True, monitor_port=True)


def effective_policy(snapshot: Snapshot, hub: str, user: User | None) -> Policy:
    """The user's own policy, else the group's, else the default one: never mixed item by item.

    The hub's administrator (None) has rights of their own. The hub's limits bind everybody.
    """
    return _within_limits(snapshot, hub, _own_policy(snapshot, hub, user))


def _own_policy(snapshot: Snapshot, hub: str, user: User | None) -> Policy:
    if user is None:
        return _ADMINISTRATOR
    group = snapshot.group(hub, user.group) if user.group else None
    return bounded(user.policy or (group.policy if group else None) or DEFAULT_POLICY)


def _within_limits(snapshot: Snapshot, hub: str, policy: Policy) -> Policy:
    def limit(name: str) -> int:
        return limit_of(snapshot, hub, name)

    return replace(
        policy,
        max_download=_lower(policy.max_download, limit("max_bitrates_download")),
        max_upload=_lower(policy.max_upload, limit("max_bitrates_upload")),
        multi_logins=_lower(policy.multi_logins, limit("max_multilogins_per_user")),
        no_bridge=policy.no_bridge or limit("deny_bridge") > 0,
        no_routing=policy.no_routing or limit("deny_routing") > 0,
        no_qos=policy.no_qos or limit("deny_qos") > 0,
    )


def _lower(value: int, limit: int) -> int:
    """The lower one of two bounds, where 0 is none."""
    return min(value, limit) if value and limit else value or limit
