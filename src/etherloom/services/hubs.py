"""Hubs: created, changed and deleted with all that belongs to them. What runs on them follows elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import AdministratorSecret, Hub, HubType
from etherloom.model.names import check_hub_name, fold
from etherloom.state import keys
from etherloom.state.changes import Delete, DeletePrefix, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot
from etherloom.wire.digest import hash_administrator_password, hash_password

MAXIMUM_HUBS: Final = 100_000
_ADMINISTRATOR: Final = "administrator"


def make_administrator_secret(password: str) -> AdministratorSecret | None:
    """Return what is kept of the password of a hub's administrator; None for the empty one."""
    if not password:
        return None
    return AdministratorSecret(hash_administrator_password(password), hash_password(password, _ADMINISTRATOR))


def find_hub(snapshot: Snapshot, name: str) -> Hub:
    """Return the hub. Raises Refusal (HUB_NOT_FOUND)."""
    hub = snapshot.hub(name)
    if hub is None:
        raise Refusal(ErrorCode.HUB_NOT_FOUND, f"there is no hub {name!r}: see `etherloom hub list`")
    return hub


def check_named(name: str) -> str:
    """Return the name of something that belongs to a hub. Raises Refusal if it is empty."""
    if not name:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "the name is missing")
    return name


class Hubs:
    """The hubs of this server."""

    def __init__(self, owner: Owner, clock: Callable[[], int]) -> None:
        self._owner: Final = owner
        self._clock: Final = clock

    async def create(self, hub: Hub, administrator: AdministratorSecret | None, origin: Origin) -> None:
        """Add a hub; `created` is filled in. Without a secret nobody administers it from afar."""
        check_hub_name(hub.name)
        _check_type(hub)

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            if snapshot.hub(hub.name) is not None:
                raise Refusal(ErrorCode.HUB_ALREADY_EXISTS, f"there is a hub {hub.name!r} already")
            if len(snapshot.hubs()) >= MAXIMUM_HUBS:
                raise Refusal(ErrorCode.TOO_MANY_HUBS, f"a server holds at most {MAXIMUM_HUBS} hubs")
            put = Put(keys.hub_key(hub.name), replace(hub, created=self._clock()))
            return [put, *_put_administrator(hub.name, administrator)]

        await self._owner.apply(derive, origin)

    async def update(
        self,
        name: str,
        change: Callable[[Hub], Hub],
        origin: Origin,
        *,
        administrator: AdministratorSecret | None = None,
        drop_administrator: bool = False,
    ) -> None:
        """Replace a hub's settings by what `change` makes of them, and the secret if one is given."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            old = find_hub(snapshot, name)
            new = change(old)
            if fold(new.name) != fold(old.name) or new.type != old.type:
                raise Refusal(ErrorCode.NOT_SUPPORTED, "a hub keeps its name and its type")
            dropped = [Delete(keys.administrator_key(old.name))] if drop_administrator else []
            return [
                Put(keys.hub_key(old.name), new),
                *dropped,
                *_put_administrator(old.name, administrator),
            ]

        await self._owner.apply(derive, origin)

    async def set_online(self, name: str, online: bool, origin: Origin) -> None:
        """Open a hub for sessions, or end them all."""
        await self.update(name, lambda hub: replace(hub, online=online), origin)

    async def delete(self, name: str, origin: Origin) -> None:
        """Delete a hub with its users, secrets and bridges, in one step."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            hub = find_hub(snapshot, name)
            return [DeletePrefix(keys.hub_key(hub.name)), DeletePrefix(keys.bridges_prefix(hub.name))]

        await self._owner.apply(derive, origin)


def _check_type(hub: Hub) -> None:
    if hub.type is not HubType.STANDALONE:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "this server is no cluster: the hub's type has to be 0")


def _put_administrator(name: str, secret: AdministratorSecret | None) -> Sequence[Operation]:
    return [] if secret is None else [Put(keys.administrator_key(name), secret)]
