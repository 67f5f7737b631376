"""Whole packets over a Unix socket that keeps their borders, on the running event loop: a frame a packet.

Both ends of a program's port use it. An empty packet can't be told from the end, so it is one.
"""

import asyncio
import socket
from typing import Final

# One byte more than a frame may have: what is longer is cut there, and so known to be too long.
_ROOM: Final = 1_601


class Packets:
    """A connected SOCK_SEQPACKET socket, made non-blocking. One reader and one writer at a time."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection: Final = connection
        self._loop: Final = asyncio.get_running_loop()
        self._ended = False

    async def receive(self, maximum: int) -> list[bytes]:
        """Wait for packets; an empty list once the other end has left."""
        packets = self._take(maximum)
        while not packets and not self._ended:
            await self._until_readable()
            packets = self._take(maximum)
        return packets

    async def send(self, packet: bytes) -> None:
        """Wait until the socket has room. Raises OSError once the other end has left."""
        await self._loop.sock_sendall(self._connection, packet)

    def hang_up(self) -> None:
        """Let both ends see the end."""
        self._ended = True
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The other end was faster.
            return

    def _take(self, maximum: int) -> list[bytes]:
        packets: list[bytes] = []
        while len(packets) < maximum and not self._ended:
            try:
                packet = self._connection.recv(_ROOM)
            except BlockingIOError:
                break
            except OSError:
                packet = b""
            self._ended = not packet
            if packet:
                packets.append(packet)
        return packets

    async def _until_readable(self) -> None:
        readable: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._connection, _resolve, readable)
        try:
            await readable
        finally:
            self._loop.remove_reader(self._connection)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
