"""Remote administrators: who is let in, and their calls until they leave.

The calls themselves and their rights are the dispatcher's.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from etherloom.auth.administration import (
    address_permitted,
    check_administrator,
    parse_peer,
)
from etherloom.auth.attempts import Attempts
from etherloom.auth.authenticator import Denied
from etherloom.daemon.desk import Visitor
from etherloom.engine.facade import Connection
from etherloom.handshake.messages import AdminLogin
from etherloom.model.errors import ErrorCode
from etherloom.rpc.binary import BinaryRpc
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.dispatch import Dispatcher
from etherloom.state.owner import Owner
from etherloom.wire.pack import PackError

ADDRESS_LIST: Final = "adminip.txt"
_LONGEST_LIST: Final = 1_048_576
_READ_BYTES: Final = 65_536


class RemoteAdministration:
    """The door for administrators who come over the network."""

    def __init__(
        self,
        owner: Owner,
        dispatcher: Dispatcher,
        read_address_list: Callable[[], str | None],
        attempts: Attempts,
    ) -> None:
        self._owner: Final = owner
        self._dispatcher: Final = dispatcher
        self._read_address_list: Final = read_address_list
        self._attempts: Final = attempts

    def admit(self, request: AdminLogin, challenge: bytes, visitor: Visitor) -> Denied | None:
        """Refuse in the original's order, or let in."""
        address = parse_peer(visitor.peer[0])
        rules = self._read_address_list()
        if rules is not None and not address_permitted(rules, address, request.hub):
            return Denied(ErrorCode.IP_ADDRESS_DENIED, f"the address is not in {ADDRESS_LIST}")
        if not self._attempts.allows(address):
            return Denied(ErrorCode.ACCESS_DENIED, "too many failed attempts from this address")
        snapshot = self._owner.snapshot
        if request.hub and snapshot.hub(request.hub) is None:
            return Denied(ErrorCode.HUB_NOT_FOUND, "no such hub")
        secret = snapshot.administrator(request.hub or None)
        denied = check_administrator(secret, request.secure_password, challenge, of_hub=bool(request.hub))
        if denied is not None:
            self._attempts.fail(address)
        return denied

    async def serve(
        self, request: AdminLogin, connection: Connection, leftover: bytes, visitor: Visitor
    ) -> None:
        """Answer calls until the administrator leaves."""
        rpc = BinaryRpc(self._dispatcher, _caller(request, visitor))
        data = leftover
        try:
            while True:
                for call in rpc.feed(data):
                    connection.send(await rpc.handle(call))
                data = await connection.read(_READ_BYTES)
                if not data:
                    return
        except PackError as error:
            visitor.log.info("administrator sent what is no call", reason=str(error))


def read_address_list(directory: Path) -> str | None:
    """The list of permitted addresses beside the state; None if there is none. Read at each log-in."""
    try:
        with (directory / ADDRESS_LIST).open("rb") as file:
            return file.read(_LONGEST_LIST).decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def _caller(request: AdminLogin, visitor: Visitor) -> Caller:
    role = Role.HUB if request.hub else Role.SERVER
    return Caller(role, hub=request.hub, where=visitor.peer[0])
