"""What a server needs that nobody configured: its identifier, its certificate and the default ports."""

import asyncio
import secrets
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from etherloom.model.listener import DEFAULT_PORTS, Listener
from etherloom.model.server import ServerIdentity, ServerSettings
from etherloom.observe.logs import get_log
from etherloom.services.identity import make_identity
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

_ORIGIN: Final = Origin("first start")
_IDENTIFIER_BYTES: Final = 16
_log = get_log("server")


async def complete_configuration(owner: Owner, host_name: Callable[[], str] = socket.gethostname) -> None:
    """Add what is missing; nothing happens on every later start."""
    identity: ServerIdentity | None = None
    if owner.snapshot.identity is None:
        # Finding two primes takes long enough to be felt.
        identity = await asyncio.to_thread(make_identity, host_name(), datetime.now(UTC))
        _log.info("made a certificate for this server", name=host_name())
    await owner.apply(lambda snapshot: _missing(snapshot, identity), _ORIGIN)


def _missing(snapshot: Snapshot, identity: ServerIdentity | None) -> Sequence[Operation]:
    operations: list[Operation] = []
    if not snapshot.server.identifier:
        settings = ServerSettings(secrets.token_bytes(_IDENTIFIER_BYTES))
        operations.append(Put(keys.SERVER_SETTINGS, settings))
        operations += [Put(keys.listener_key(port), Listener(port)) for port in DEFAULT_PORTS]
    if snapshot.identity is None and identity is not None:
        operations.append(Put(keys.SERVER_IDENTITY, identity))
    return operations
