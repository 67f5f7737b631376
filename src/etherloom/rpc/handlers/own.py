"""Calls of our own about the server: its summary, local bridges, backups."""

import os
from hashlib import sha256
from typing import Final

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.product import SERVER_PRODUCT, VERSION
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import own
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.house import House
from etherloom.services.encryption import set_encryption


async def get_summary(house: House, _caller: Caller, _request: Empty) -> own.Summary:
    snapshot = house.owner.snapshot
    identity = snapshot.identity
    return own.Summary(
        product=SERVER_PRODUCT,
        version=VERSION,
        process=os.getpid(),
        revision=snapshot.revision,
        started=house.status.started,
        now=house.status.now(),
        hubs=len(snapshot.hubs()),
        users=house.status.user_count(),
        sessions=house.sessions.count(),
        remote_administration=snapshot.administrator(None) is not None,
        fingerprint=sha256(identity.chain[0]).hexdigest() if identity else "",
        sockets=tuple(
            own.SocketState(state.endpoint.address, state.bound, state.error)
            for state in sorted(
                house.actual.endpoints(), key=lambda state: (state.bound, str(state.endpoint))
            )
        ),
    )


async def get_encryption(house: House, _caller: Caller, _request: Empty) -> own.Encryption:
    settings = house.owner.snapshot.server
    return own.Encryption(",".join(settings.ciphers), settings.tls_minimum)


async def change_encryption(house: House, caller: Caller, request: own.Encryption) -> own.Encryption:
    ciphers = (
        None if request.ciphers is None else [c.strip() for c in request.ciphers.split(",") if c.strip()]
    )
    await set_encryption(house.owner, ciphers, request.minimum, caller.origin)
    return await get_encryption(house, caller, Empty())


async def get_bridges(house: House, _caller: Caller, _request: Empty) -> own.BridgeTable:
    rows = (
        own.Bridge(bridge.hub, bridge.device, bridge.tap, house.actual.bridge_state(bridge).error)
        for bridge in house.owner.snapshot.bridges()
    )
    return own.BridgeTable(tuple(rows))


async def create_bridge(house: House, caller: Caller, request: own.Bridge) -> own.Bridge:
    await house.bridges.create(LocalBridge(request.hub, request.device, request.tap), caller.origin)
    return request


async def delete_bridge(house: House, caller: Caller, request: own.Bridge) -> own.Bridge:
    await house.bridges.delete(request.hub, request.device, caller.origin)
    return request


async def backup(house: House, _caller: Caller, request: own.BackupFile) -> own.BackupFile:
    if not os.path.isabs(request.path):
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{request.path!r} is not an absolute path")
    await house.backup(request.path)
    return request


HANDLERS: Final = (
    Handler(own.GET_SUMMARY, get_summary),
    Handler(own.GET_ENCRYPTION, get_encryption),
    Handler(own.SET_ENCRYPTION, change_encryption),
    Handler(own.GET_BRIDGES, get_bridges),
    Handler(own.CREATE_BRIDGE, create_bridge),
    Handler(own.DELETE_BRIDGE, delete_bridge),
    Handler(own.BACKUP, backup),
)
