"""SecureNAT of a hub, as it is configured. Nothing runs here."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold
from etherloom.model.securenat import SecureNat
from etherloom.services.hubs import find_hub
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

MAXIMUM_PUSH_ROUTES: Final = 64
_MAC_BYTES: Final = 6
_MAC_PREFIX: Final = b"\x5e"
_EVERYBODY: Final = IPv4Address("255.255.255.255")


def find_securenat(snapshot: Snapshot, hub: str) -> SecureNat:
    """Return the settings, with a MAC address that stays the same. Raises Refusal (HUB_NOT_FOUND)."""
    name = find_hub(snapshot, hub).name
    found = snapshot.find(keys.securenat_key(name), SecureNat) or SecureNat()
    return found if any(found.mac) else replace(found, mac=_usual_mac(snapshot, name))


def _usual_mac(snapshot: Snapshot, hub: str) -> bytes:
    digest = hashlib.sha256(snapshot.server.identifier + fold(hub).encode()).digest()
    return _MAC_PREFIX + digest[: _MAC_BYTES - len(_MAC_PREFIX)]


def check_host(mac: bytes, address: IPv4Address, mask: IPv4Address) -> None:
    """Raises Refusal unless the virtual router can be a host with these addresses."""
    if len(mac) != _MAC_BYTES or not any(mac):
        raise _invalid(f"the router's MAC address has {_MAC_BYTES} bytes, not all of them zero")
    host = int(address) & ~int(mask) & int(_EVERYBODY)
    if not _is_mask(mask) or not host or address == _EVERYBODY:
        raise _invalid(f"{address} with the mask {mask} is no address of a host")


def _is_mask(mask: IPv4Address) -> bool:
    inverse = int(mask) ^ int(_EVERYBODY)
    return inverse & (inverse + 1) == 0


def complete_routes(text: str) -> str:
    """Return routes to hand out in their usual form. Raises Refusal naming the one that can't be read."""
    routes = [part for part in re.split(r"[,\s]+", text) if part]
    if len(routes) > MAXIMUM_PUSH_ROUTES:
        raise _invalid(f"at most {MAXIMUM_PUSH_ROUTES} routes can be handed out, not {len(routes)}")
    return ", ".join(map(_complete_route, routes))


def _complete_route(text: str) -> str:
    try:
        network, mask, gateway = text.split("/")
        found = IPv4Network(f"{network}/{mask}", strict=False)
        return f"{found.network_address}/{found.netmask}/{IPv4Address(gateway)}"
    except ValueError as error:
        raise _invalid(f"{text!r} is no route: write NETWORK/MASK/GATEWAY") from error


def _invalid(message: str) -> Refusal:
    return Refusal(ErrorCode.INVALID_PARAMETER, message)


class SecureNats:
    """SecureNAT of all hubs."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def configure(self, hub: str, wanted: SecureNat, origin: Origin, *, keep_routes: bool) -> None:
        """Change everything but whether it runs. `keep_routes`: those handed out stay as they are."""
        check_host(wanted.mac, wanted.address, wanted.mask)
        routes = "" if keep_routes else complete_routes(wanted.push_routes)

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            old = find_securenat(snapshot, hub)
            kept = old.push_routes if keep_routes else routes
            return [_put(snapshot, hub, replace(wanted, enabled=old.enabled, push_routes=kept))]

        await self._owner.apply(derive, origin)

    async def enable(self, hub: str, enabled: bool, origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [_put(snapshot, hub, replace(find_securenat(snapshot, hub), enabled=enabled))]

        await self._owner.apply(derive, origin)


def _put(snapshot: Snapshot, hub: str, record: SecureNat) -> Operation:
    return Put(keys.securenat_key(find_hub(snapshot, hub).name), record)
