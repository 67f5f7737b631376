"""Cascades of a hub, as they are configured. Nothing is connected here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from etherloom.model.cascade import Cascade, CascadeSecret
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold
from etherloom.model.policy import DEFAULT_POLICY, Policy
from etherloom.services.hubs import find_hub
from etherloom.services.users import fill_policy
from etherloom.state import keys
from etherloom.state.changes import DeletePrefix, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

MAXIMUM_CASCADES_PER_HUB: Final = 128
Secrets = Callable[[CascadeSecret], CascadeSecret]


def find_cascade(snapshot: Snapshot, hub: str, name: str) -> Cascade:
    """Return the cascade. Raises Refusal (HUB_NOT_FOUND, OBJECT_NOT_FOUND)."""
    find_hub(snapshot, hub)
    cascade = snapshot.cascade(hub, name)
    if cascade is None:
        raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {hub!r} has no cascade {name!r}")
    return cascade


def find_secret(snapshot: Snapshot, hub: str, name: str) -> CascadeSecret:
    """Return what a cascade proves itself with; empty if it has nothing."""
    return snapshot.find(keys.cascade_secret_key(hub, name), CascadeSecret) or CascadeSecret()


class Cascades:
    """The cascades of all hubs."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def create(self, hub: str, cascade: Cascade, secret: CascadeSecret, origin: Origin) -> None:
        """Add a cascade; it is off line until somebody says otherwise."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            name = find_hub(snapshot, hub).name
            _check_free(snapshot, name, cascade.name)
            if snapshot.count(keys.cascades_prefix(name)) >= MAXIMUM_CASCADES_PER_HUB:
                raise Refusal(
                    ErrorCode.TOO_MANY_ITEMS, f"a hub has at most {MAXIMUM_CASCADES_PER_HUB} cascades"
                )
            return _put(name, replace(cascade, online=False, policy=_begin(cascade.policy)), secret)

        await self._owner.apply(derive, origin)

    async def update(
        self, hub: str, name: str, change: Callable[[Cascade], Cascade], secrets: Secrets, origin: Origin
    ) -> None:
        """Replace a cascade and its secret by what the functions make of them."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            old = find_cascade(snapshot, hub, name)
            new = replace(change(old), online=old.online)
            return _put(hub, new, secrets(find_secret(snapshot, hub, name)))

        await self._owner.apply(derive, origin)

    async def rename(self, hub: str, name: str, new_name: str, origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            old = find_cascade(snapshot, hub, name)
            if fold(new_name) == fold(old.name):
                return []
            _check_free(snapshot, hub, new_name)
            secret = find_secret(snapshot, hub, name)
            gone = DeletePrefix(keys.cascade_key(hub, name))
            return [gone, *_put(hub, replace(old, name=new_name), secret)]

        await self._owner.apply(derive, origin)

    async def set_online(self, hub: str, name: str, online: bool, origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            old = find_cascade(snapshot, hub, name)
            return [Put(keys.cascade_key(hub, name), replace(old, online=online))]

        await self._owner.apply(derive, origin)

    async def delete(self, hub: str, name: str, origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [DeletePrefix(keys.cascade_key(hub, find_cascade(snapshot, hub, name).name))]

        await self._owner.apply(derive, origin)


def _begin(policy: Policy) -> Policy:
    """What a new cascade may: items that say who gets in say nothing here."""
    return replace(
        policy,
        access=True,
        monitor_port=False,
        fix_password=False,
        no_bridge=False,
        no_routing=False,
        max_connection=DEFAULT_POLICY.max_connection,
        time_out=DEFAULT_POLICY.time_out,
    )


def _check_free(snapshot: Snapshot, hub: str, name: str) -> None:
    if snapshot.cascade(hub, name) is not None:
        raise Refusal(ErrorCode.LINK_ALREADY_EXISTS, f"hub {hub!r} has a cascade {name!r} already")


def _put(hub: str, cascade: Cascade, secret: CascadeSecret) -> list[Operation]:
    return [
        Put(keys.cascade_key(hub, cascade.name), replace(cascade, policy=fill_policy(cascade.policy))),
        Put(keys.cascade_secret_key(hub, cascade.name), secret),
    ]
