"""Ports for programs of their own: a Unix socket in the state directory, a connection a port.

The first packet says what is wished, in JSON; the answer is JSON, too; from then on each packet is a frame,
in both directions, and the connection's end is the port's. Root and the server's own user are let in.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.program import USUAL_QUEUE_FRAMES, PortClosed
from etherloom.observe.logs import get_log
from etherloom.rpc.local import ROOT, read_peer_user, remove_socket
from etherloom.rpc.packets import Packets
from etherloom.services.programs import Port, Programs

MAXIMUM_PORTS: Final = 64
_BATCH: Final = 64
_WISH_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.2
_log = get_log("program")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a program asks for."""

    hub: str
    name: str
    queue_frames: int
    monitor: bool


class PortServer:
    """The socket and the ports on it. `address` is a path short enough for a Unix socket."""

    def __init__(
        self, address: str, programs: Programs, tasks: asyncio.TaskGroup, user: int | None = None
    ) -> None:
        self._address: Final = address
        self._programs: Final = programs
        self._tasks: Final = tasks
        self._user: Final = os.geteuid() if user is None else user
        self._open = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Bind and serve until the end of the block; ports end with the task group. Raises OSError."""
        remove_socket(self._address)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            listening.setblocking(False)
            listening.bind(self._address)
            # Nobody connects before listen(); the directory is closed to others besides.
            os.chmod(self._address, 0o600)
            listening.listen()
            accepting = self._tasks.create_task(self._accept(listening), name="ports")
            try:
                yield
            finally:
                accepting.cancel()
                await asyncio.wait([accepting])
                remove_socket(self._address)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError as error:
                # Out of descriptors: others need them, too.
                _log.warning("can't accept a program", error=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            self._tasks.create_task(self._serve(connection), name="port")

    async def _serve(self, connection: socket.socket) -> None:
        self._open += 1
        try:
            with connection:
                await self._talk(Packets(connection), read_peer_user(connection))
        except OSError:
            # The program went away; there is nobody left to tell.
            return
        except Exception:
            # One program's port must not cost the server.
            _log.exception("port failed by an error of this program")
        finally:
            self._open -= 1

    async def _talk(self, packets: Packets, user: int) -> None:
        try:
            async with asyncio.timeout(_WISH_SECONDS):
                first = await packets.receive(1)
            # Not earlier: what is unread at the end would take the answer with it.
            self._check(user)
            if first:
                await self._attach(packets, read_wish(first[0]))
        except Refusal as refusal:
            await packets.send(_dump({"error": {"code": int(refusal.code), "message": refusal.message}}))
        except TimeoutError:
            packets.hang_up()

    def _check(self, user: int) -> None:
        if user not in (ROOT, self._user):
            _log.warning("program refused", user=user)
            raise Refusal(
                ErrorCode.NOT_ENOUGH_RIGHT, "only root and the server's own user may attach programs here"
            )
        if self._open > MAXIMUM_PORTS:
            raise Refusal(
                ErrorCode.TOO_MANY_CONNECTION, f"{MAXIMUM_PORTS} programs are attached already: end one"
            )

    async def _attach(self, packets: Packets, wish: Wish) -> None:
        attaching = self._programs.attach(
            wish.hub, name=wish.name, queue_frames=wish.queue_frames, monitor=wish.monitor
        )
        async with attaching as port:
            await packets.send(_dump({"session": port.name, "hub": port.hub}))
            async with asyncio.TaskGroup() as tasks:
                outward = tasks.create_task(_carry_out(port, packets))
                await _carry_in(port, packets)
                outward.cancel()


async def _carry_in(port: Port, packets: Packets) -> None:
    """From the program into the hub, until either is gone."""
    while frames := await packets.receive(_BATCH):
        try:
            await port.send(*frames)
        except PortClosed:
            return
        # A program that never pauses must leave room for everybody else.
        await asyncio.sleep(0)


async def _carry_out(port: Port, packets: Packets) -> None:
    """From the hub to the program. While it takes nothing, the port's queue fills and drops."""
    with suppress(PortClosed, OSError):
        while True:
            for frame in await port.receive(_BATCH):
                await packets.send(frame)
    packets.hang_up()


def read_wish(packet: bytes) -> Wish:
    """Raises Refusal if the packet is no wish."""
    try:
        members: Any = json.loads(packet)
    except (ValueError, RecursionError):
        members = None
    match members:
        case {"hub": str(hub)} if isinstance(members, Mapping):
            name, monitor = members.get("name", "program"), members.get("monitor", False)
            queue_frames = members.get("queue_frames", USUAL_QUEUE_FRAMES)
        case _:
            raise _no_wish()
    if not isinstance(name, str) or not isinstance(queue_frames, int) or not isinstance(monitor, bool):
        raise _no_wish()
    return Wish(hub, name, queue_frames, monitor)


def _no_wish() -> Refusal:
    example = '{"hub": "LAB", "name": "my program", "queue_frames": 1024}'
    return Refusal(ErrorCode.INVALID_PARAMETER, f"the first packet has to be like {example}")


def _dump(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer).encode()
