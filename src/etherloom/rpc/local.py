"""Local administration: JSON-RPC 2.0, one request a line, on a Unix socket in the state directory.

Who connects is known from the operating system: root and the server's own user are its administrators,
nobody else is let in.
"""

import asyncio
import os
import socket
import stat
import struct
from contextlib import suppress
from typing import Final

import structlog

from etherloom.model.errors import ErrorCode
from etherloom.rpc.caller import Caller
from etherloom.rpc.dispatch import Dispatcher
from etherloom.rpc.json_rpc import INVALID_REQUEST, answer_request, dump_line, error_answer

# As much as the longest configuration file needs in base64.
LONGEST_LINE: Final = 96 << 20
MAXIMUM_CONNECTIONS: Final = 64
ROOT: Final = 0
_CREDENTIALS: Final = struct.Struct("3i")
_log = structlog.get_logger(room="administration")


class LocalServer:
    """The socket and its connections. `address` is a path short enough for a Unix socket."""

    def __init__(
        self,
        address: str,
        dispatcher: Dispatcher,
        user: int | None = None,
        longest_line: int = LONGEST_LINE,
    ) -> None:
        self._address: Final = address
        self._dispatcher: Final = dispatcher
        self._user: Final = os.geteuid() if user is None else user
        self._longest_line: Final = longest_line
        self._writers: Final[set[asyncio.StreamWriter]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Bind and serve. What a server that was killed left behind is replaced. Raises OSError."""
        remove_socket(self._address)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            bound.bind(self._address)
            # Nobody connects before listen(); the directory is closed to others besides.
            os.chmod(self._address, 0o600)
            self._server = await asyncio.start_unix_server(self._serve, sock=bound, limit=self._longest_line)
        except BaseException:
            bound.close()
            raise

    async def stop(self) -> None:
        """Close the socket and all connections."""
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._writers):
            writer.close()
        await self._server.wait_closed()
        self._server = None
        remove_socket(self._address)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._is_welcome(writer):
                await self._talk(reader, writer)
        except ConnectionError:
            # The caller went away; there is nobody left to tell.
            return
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _is_welcome(self, writer: asyncio.StreamWriter) -> bool:
        user = read_peer_user(writer.get_extra_info("socket"))
        if user not in (ROOT, self._user):
            _log.warning("local administration refused", user=user)
            message = "only root and the server's own user may administer the server here"
            writer.write(dump_line(error_answer(None, ErrorCode.NOT_ENOUGH_RIGHT, message)))
            return False
        if len(self._writers) > MAXIMUM_CONNECTIONS:
            message = "too many administrators at once; try again when one has left"
            writer.write(dump_line(error_answer(None, ErrorCode.TOO_MANY_CONNECTION, message)))
            return False
        return True

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = Caller.local()
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                message = f"a request has at most {self._longest_line} bytes"
                writer.write(dump_line(error_answer(None, INVALID_REQUEST, message)))
                return
            writer.write(dump_line(await answer_request(self._dispatcher, caller, line)))
            await writer.drain()


def read_peer_user(connection: socket.socket) -> int:
    """Ask the kernel which user is at the other end."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(raw)
    return int(user)


def remove_socket(address: str) -> None:
    """Remove the socket's name if there is one; anything else that bears it stays."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(address).st_mode):
            os.unlink(address)
