"""HTTP on connections that were accepted by the engine: each is served by uvicorn over a socket pair.

The only place that knows uvicorn. An application is made for each connection, so that it knows the peer.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

Application = Callable[..., Any]
# A connection that has not had an answer for so long is idle, or sends a request a byte at a time.
_PATIENCE_SECONDS: Final = 60.0


class SplicedServer:
    """Serves descriptors that `Connection.splice` gave away."""

    def __init__(self) -> None:
        self._state: Final = ServerState()

    async def serve(
        self, descriptor: int, application: Application, closed: Callable[[], None]
    ) -> Callable[[], None]:
        """Serve one connection from now on, until `closed` is called; returns the way to end it."""
        pair = socket.socket(fileno=descriptor)
        pair.setblocking(False)
        loop = asyncio.get_running_loop()
        config = Config(
            application,
            http=H11Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=15,
        )
        config.load()
        transport, _ = await loop.connect_accepted_socket(
            lambda: _Impatient(config, self._state, {}, closed), pair
        )
        return transport.close

    async def stop(self) -> None:
        """End all connections, after the answers that are being made."""
        for connection in tuple(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(tuple(self._state.tasks), timeout=1)


class _Impatient(H11Protocol):
    """uvicorn waits for the rest of a request for ever."""

    def __init__(
        self, config: Config, state: ServerState, lifespan: dict[str, Any], closed: Callable[[], None]
    ) -> None:
        super().__init__(config, state, lifespan)
        self._closed: Final = closed

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch = self.loop.call_later(_PATIENCE_SECONDS, self._give_up)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch.cancel()
        self._watch = self.loop.call_later(_PATIENCE_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)
        self._closed()

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            self.transport.abort()
