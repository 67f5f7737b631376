"""Local bridges as they are wanted. Whether a device could be opened is the devices' business."""

import fcntl
import socket
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold
from etherloom.services.hubs import find_hub
from etherloom.state import keys
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

# The original names a TAP adapter by what stands behind this; its interface has both.
TAP_PREFIX: Final = "tap_"
# Linux: the question for an interface's hardware address, which comes with its kind; 1 is Ethernet.
_SIOCGIFHWADDR: Final = 0x8927
_REQUEST: Final = struct.Struct("16sH22x")
_ETHERNET: Final = 1


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

    async def join(self, hub: str, device: str, *, tap: bool, origin: Origin) -> None:
        """Join a hub to a device, as the original does: neither need exist, and twice is once."""
        name = TAP_PREFIX + device if tap else device

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            if _find_shown(snapshot, hub, device) is not None:
                return []
            known = snapshot.hub(hub)
            bridge = LocalBridge(known.name if known is not None else hub, name, tap)
            return [Put(keys.bridge_key(bridge.hub, bridge.device), bridge)]

        await self._owner.apply(derive, origin)

    async def part(self, hub: str, device: str, origin: Origin) -> None:
        """Take a device off a hub. `device` is named as it was when they were joined, or in full."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            bridge = _find_shown(snapshot, hub, device)
            if bridge is None:
                raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {hub!r} is not joined to {device!r}")
            return [Delete(keys.bridge_key(bridge.hub, bridge.device))]

        await self._owner.apply(derive, origin)


def shown_device(bridge: LocalBridge) -> str:
    """The device as the original's calls name it."""
    return bridge.device.removeprefix(TAP_PREFIX) if bridge.tap else bridge.device


def list_ethernet_devices() -> Sequence[str]:
    """The network interfaces of this machine that Ethernet frames cross."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        return sorted(name for _, name in socket.if_nameindex() if _is_ethernet(channel, name))


def _is_ethernet(channel: socket.socket, name: str) -> bool:
    try:
        answer = fcntl.ioctl(channel, _SIOCGIFHWADDR, _REQUEST.pack(name.encode(), 0))
    except OSError:
        # It went away while we asked.
        return False
    return bool(_REQUEST.unpack(answer)[1] == _ETHERNET)


def _find_shown(snapshot: Snapshot, hub: str, device: str) -> LocalBridge | None:
    wanted = fold(device)
    bridges = snapshot.bridges(hub)
    shown = (one for one in bridges if fold(shown_device(one)) == wanted)
    return next(shown, None) or snapshot.bridge(hub, device)


def _check_kind(bridge: LocalBridge) -> None:
    if not bridge.tap:
        raise Refusal(
            ErrorCode.NOT_SUPPORTED, "only TAP devices can be bridged yet: create one with --tap NAME"
        )
