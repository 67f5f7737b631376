"""The program's end of its port: a Unix socket whose packets are frames. The server's is `rpc/ports.py`."""

import asyncio
import json
import os
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.program import PORTS_SOCKET, USUAL_QUEUE_FRAMES, PortClosed, is_frame
from etherloom.rpc.catalog import own
from etherloom.rpc.catalog.session import SessionName
from etherloom.rpc.client import AdminClient, ClientError, connect
from etherloom.rpc.packets import Packets
from etherloom.store.directory import find_directory

_BATCH: Final = 64
_SECONDS: Final = 20.0


class Port:
    """A place at a hub. Made by `attach`; one reader at a time."""

    def __init__(self, directory: Path, packets: Packets, hub: str, name: str) -> None:
        self._directory: Final = directory
        self._packets: Final = packets
        self._read: Final[deque[bytes]] = deque()
        self._refused = 0
        self._closed = False
        self.hub: Final = hub
        self.name: Final = name

    @property
    def closed(self) -> bool:
        """True once a call has found out that the port is gone."""
        return self._closed

    async def send(self, *frames: bytes) -> int:
        """Put frames into the hub, and return how many had a frame's size. Raises PortClosed.

        Waits while the server has not taken what was sent before.
        """
        fit = [frame for frame in frames if is_frame(frame)]
        self._refused += len(frames) - len(fit)
        try:
            for frame in fit:
                await self._packets.send(frame)
        except OSError:
            raise self._gone() from None
        return len(fit)

    async def receive(self, maximum: int = _BATCH) -> list[bytes]:
        """Wait for frames of the hub. Raises PortClosed."""
        frames = await self._packets.receive(maximum)
        if not frames:
            raise self._gone()
        return frames

    def dropped(self) -> int:
        """How many frames were dropped so far, in both directions: asks the server and waits for it.

        Raises Refusal once the port is gone.
        """
        with AdminClient(self._directory) as client:
            details = client.call(own.GET_SESSION, SessionName(self.hub, self.name))
        return self._refused + sum(drop.frames for drop in details.drops)

    def __aiter__(self) -> Self:
        """Frame after frame, until the port is closed."""
        return self

    async def __anext__(self) -> bytes:
        if not self._read:
            try:
                self._read.extend(await self.receive())
            except PortClosed:
                raise StopAsyncIteration from None
        return self._read.popleft()

    def _gone(self) -> PortClosed:
        self._closed = True
        return PortClosed(
            f"the port at {self.hub} is gone: did the hub go off line, the session end, or the server?"
        )


@asynccontextmanager
async def attach(
    hub: str,
    *,
    name: str = "program",
    queue_frames: int = USUAL_QUEUE_FRAMES,
    monitor: bool = False,
    state: Path | None = None,
) -> AsyncIterator[Port]:
    """A port at the hub until the end of the block.

    `name` is for `etherloom session list`; `queue_frames`: what may wait in the server; the rest is dropped
    and counted. With `monitor` it sees every frame of the hub and may send none. `state`: the server's state
    directory, unless it is the usual one. Raises Refusal if the server refuses, ClientError if there is none.
    """
    directory = find_directory(state, os.environ, root=os.geteuid() == 0)
    with connect(directory, PORTS_SOCKET, socket.SOCK_SEQPACKET, _SECONDS) as connection:
        wish = {"hub": hub, "name": name, "queue_frames": queue_frames, "monitor": monitor}
        packets = Packets(connection)
        answer = await _ask(packets, json.dumps(wish).encode())
        yield Port(directory, packets, answer["hub"], answer["session"])


async def _ask(packets: Packets, wish: bytes) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_SECONDS):
            await packets.send(wish)
            answer = json.loads(b"".join(await packets.receive(1)))
    except (OSError, ValueError):
        raise ClientError("the server doesn't answer: is it being stopped?") from None
    match answer:
        case {"error": {"code": int(code), "message": str(message)}} if code in set(ErrorCode):
            raise Refusal(ErrorCode(code), message)
        case {"hub": str(), "session": str()}:
            return dict(answer)
        case _:
            raise ClientError("the server's answer makes no sense: do its version and this one differ?")
