"""Listeners as they are wanted. Whether a port could be opened is the network's business."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.listener import Listener
from etherloom.state import keys
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot


class Listeners:
    """The TCP ports of this server."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def create(self, listener: Listener, origin: Origin) -> None:
        """Add a port."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            if snapshot.listener(listener.port) is not None:
                raise Refusal(
                    ErrorCode.LISTENER_ALREADY_EXISTS, f"there is a listener on port {listener.port} already"
                )
            return [Put(keys.listener_key(listener.port), listener)]

        await self._owner.apply(derive, origin)

    async def set_enabled(self, port: int, enabled: bool, origin: Origin) -> None:
        """Open or close a port."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [Put(keys.listener_key(port), replace(_find(snapshot, port), enabled=enabled))]

        await self._owner.apply(derive, origin)

    async def set_caps(self, port: int, per_source: int, total: int, origin: Origin) -> None:
        """Cap the connections that have not logged in, of one source and in all; 0 changes nothing."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            listener = _find(snapshot, port)
            capped = replace(
                listener,
                unestablished_per_source=per_source or listener.unestablished_per_source,
                unestablished_total=total or listener.unestablished_total,
            )
            return [Put(keys.listener_key(port), capped)]

        await self._owner.apply(derive, origin)

    async def delete(self, port: int, origin: Origin) -> None:
        """Remove a port. Connections that were accepted on it live on."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [Delete(keys.listener_key(_find(snapshot, port).port))]

        await self._owner.apply(derive, origin)


def _find(snapshot: Snapshot, port: int) -> Listener:
    listener = snapshot.listener(port)
    if listener is None:
        raise Refusal(
            ErrorCode.LISTENER_NOT_FOUND,
            f"there is no listener on port {port}: see `etherloom listener list`",
        )
    return listener
