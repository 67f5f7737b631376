"""Local bridges as they are wanted. Whether a device could be opened is the devices' business."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services.hubs import find_hub
from etherloom.state import keys
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot


class Bridges:
    """The local bridges of this server."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def create(self, bridge: LocalBridge, origin: Origin) -> None:
        """Join a hub to a device; a device belongs to one hub."""
        _check_kind(bridge)

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            hub = find_hub(snapshot, bridge.hub)
            other = next((b for b in snapshot.bridges() if b.device == bridge.device), None)
            if other is not None:
                raise Refusal(
                    ErrorCode.OBJECT_EXISTS, f"device {bridge.device} is on hub {other.hub!r} already"
                )
            return [Put(keys.bridge_key(hub.name, bridge.device), replace(bridge, hub=hub.name))]

        await self._owner.apply(derive, origin)

    async def delete(self, hub: str, device: str, origin: Origin) -> None:
        """Take a device off a hub."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            if snapshot.bridge(hub, device) is None:
                raise Refusal(
                    ErrorCode.OBJECT_NOT_FOUND,
                    f"hub {hub!r} has no device {device!r}: see `etherloom bridge list`",
                )
            return [Delete(keys.bridge_key(hub, device))]

        await self._owner.apply(derive, origin)


def _check_kind(bridge: LocalBridge) -> None:
    if not bridge.tap:
        raise Refusal(
            ErrorCode.NOT_SUPPORTED, "only TAP devices can be bridged yet: create one with --tap NAME"
        )
