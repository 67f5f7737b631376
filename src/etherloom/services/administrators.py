"""The password of the server's administrator. That of a hub's administrator belongs to the hub (see hubs)."""

from typing import Final

from etherloom.model.hub import AdministratorSecret
from etherloom.state import keys
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.wire.digest import hash_administrator_password

_EMPTY: Final = hash_administrator_password("")


async def set_server_password(owner: Owner, hashed: bytes, origin: Origin) -> None:
    """Keep the hashed password. The empty one is none: nobody administers the server from afar then."""
    key = keys.SERVER_ADMINISTRATOR
    operation: Operation = Delete(key) if hashed == _EMPTY else Put(key, AdministratorSecret(hashed))
    await owner.apply(lambda _snapshot: [operation], origin)
