"""Ports of programs: whoever attaches gets a hub's frames as bytes and puts frames of its own in.

For code in the server's process; `etherloom.hub` is the same for programs of their own. Looks into no frame.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self

from etherloom.engine.facade import ConnectionLost, Facade
from etherloom.model.program import USUAL_QUEUE_FRAMES, PortClosed, check_port, is_frame
from etherloom.observe.logs import get_log
from etherloom.services.hubs import find_hub
from etherloom.services.sessions import RunningSession, Sessions
from etherloom.services.switches import Switches
from etherloom.state.owner import Owner

_BATCH: Final = 64
_PAUSE_SECONDS: Final = 0.001
_log = get_log("program")


class Port:
    """One program's place at a hub. Made by Programs.attach; one reader at a time."""

    def __init__(self, session: RunningSession) -> None:
        self._session: Final = session
        self._read: Final[deque[bytes]] = deque()
        self._refused = 0
        self._dropped = 0

    @property
    def name(self) -> str:
        """The session's name, under which `etherloom session list` has it."""
        return self._session.name

    @property
    def hub(self) -> str:
        return self._session.hub

    @property
    def closed(self) -> bool:
        return self._session.engine.ended.done()

    async def send(self, *frames: bytes) -> int:
        """Put frames into the hub, and return how many had a frame's size; the others are counted.

        Never waits: what finds the queue full is dropped and counted. Raises PortClosed.
        """
        self._check_open()
        fit = [frame for frame in frames if is_frame(frame)]
        self._refused += len(frames) - len(fit)
        if fit:
            self._session.engine.send_frames(fit)
        return len(fit)

    async def receive(self, maximum: int = _BATCH) -> list[bytes]:
        """Wait for frames of the hub. Raises PortClosed."""
        self._check_open()
        try:
            return await self._session.engine.receive_frames(maximum)
        except ConnectionLost as error:
            raise _closed(str(error)) from None

    def dropped(self) -> int:
        """How many frames were dropped so far, in both directions."""
        if not self.closed:
            self._dropped = sum(self._session.engine.snapshot()["drops"].values())
        return self._refused + self._dropped

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

    def _check_open(self) -> None:
        if self.closed:
            raise _closed(self._session.engine.ended.result())


class Programs:
    """The programs at this server's hubs."""

    def __init__(self, owner: Owner, engine: Facade, switches: Switches, sessions: Sessions) -> None:
        self._owner: Final = owner
        self._engine: Final = engine
        self._switches: Final = switches
        self._sessions: Final = sessions

    @asynccontextmanager
    async def attach(
        self, hub: str, *, name: str = "program", queue_frames: int = USUAL_QUEUE_FRAMES
    ) -> AsyncIterator[Port]:
        """A port at the hub until the end of the block. Raises Refusal if there is no such hub on line."""
        check_port(name, queue_frames)
        where = find_hub(self._owner.snapshot, hub).name
        engine = self._engine.open_memory(self._switches.identifier(where), queue_frames)
        session = self._sessions.add_program(where, name, engine)
        _log.info("program attached", hub=where, session=session.name, program=name)
        try:
            await _until_plugged_in(session)
            yield Port(session)
        finally:
            self._sessions.end(session, "the program left")


async def _until_plugged_in(session: RunningSession) -> None:
    """A worker does it at once, but tells nobody."""
    while not session.engine.ended.done() and not session.engine.snapshot()["attached"]:  # noqa: ASYNC110
        await asyncio.sleep(_PAUSE_SECONDS)


def _closed(reason: str) -> PortClosed:
    return PortClosed(f"the port is gone ({reason}): is the hub on line, was the session disconnected?")
