"""HTTP requests for the calls, handed from the reception to the applications that serve them."""

from collections.abc import Callable
from typing import Final

from etherloom.api.application import Application, is_served
from etherloom.api.authentication import HttpGate
from etherloom.api.spliced import SplicedServer
from etherloom.daemon.desk import Visitor
from etherloom.engine.facade import Connection
from etherloom.rpc.dispatch import Dispatcher
from etherloom.services.connections import Connections
from etherloom.wire.http import http_date


class Web:
    """Serves connections whose first request is for one of our applications."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        gate: HttpGate,
        connections: Connections,
        clock: Callable[[], int],
    ) -> None:
        self._dispatcher: Final = dispatcher
        self._gate: Final = gate
        self._connections: Final = connections
        self._clock: Final = clock
        self._server: Final = SplicedServer()

    def serves(self, target: str) -> bool:
        return is_served(target)

    async def take(self, connection: Connection, request: bytes, visitor: Visitor) -> None:
        """Serve the connection from its first request on, of which `request` has come so far."""
        application = Application(self._dispatcher, self._gate, visitor.peer[0], self._date)
        connection.set_deadline(0)
        presence = visitor.presence
        closed = self._connections.stay(presence)
        presence.hang_up = await self._server.serve(connection.splice(request), application, closed)

    async def stop(self) -> None:
        await self._server.stop()

    def _date(self) -> str:
        return http_date(self._clock() // 1000)
