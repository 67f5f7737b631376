"""Ports of programs: whoever attaches gets a hub's frames as bytes and puts frames of its own in.

For code in the server's process; `etherloom.hub` is the same for programs of their own. Looks into no frame.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, Self

from etherloom.engine.commands import PortKind
from etherloom.engine.facade import ConnectionLost, Facade
from etherloom.model.policy import UNBOUND_POLICY
from etherloom.model.program import USUAL_QUEUE_FRAMES, PortClosed, check_port, is_frame
from etherloom.observe.logs import get_log
from etherloom.services.frame_rules import port_rules
from etherloom.services.hubs import find_hub
from etherloom.services.sessions import PROGRAM_USER, RunningSession, Sessions
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
        """Put frames into the hub, and return how many could be: those with a frame's size.

        The others are dropped and counted, and so are all frames of a monitor and what finds the queue full.
        Never waits. Raises PortClosed.
        """
        self._check_open()
        fit = [] if self._session.policy.monitor_port else [frame for frame in frames if is_frame(frame)]
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
        self,
        hub: str,
        *,
        name: str = "program",
        queue_frames: int = USUAL_QUEUE_FRAMES,
        monitor: bool = False,
    ) -> AsyncIterator[Port]:
        """A port at the hub until the end of the block; with `monitor` it sees all and may send nothing.

        Raises Refusal if there is no such hub on line.
        """
        check_port(name, queue_frames)
        where = find_hub(self._owner.snapshot, hub).name
        policy = replace(UNBOUND_POLICY, monitor_port=monitor)
        rules = port_rules(policy, kind=PortKind.PROGRAM, user=PROGRAM_USER)
        engine = self._engine.open_memory(self._switches.identifier(where), queue_frames, rules)
        session = self._sessions.add_program(where, name, engine, policy)
        _log.info("program attached", hub=where, session=session.name, program=name, monitor=monitor)
        port = Port(session)
        try:
            await _until_plugged_in(session)
            yield port
        finally:
            _log.info("program left", hub=where, session=session.name, dropped=port.dropped())
            self._sessions.end(session, "the program left")


async def _until_plugged_in(session: RunningSession) -> None:
    """A worker does it at once, but tells nobody."""
    while not session.engine.ended.done() and not session.engine.snapshot()["attached"]:  # noqa: ASYNC110
        await asyncio.sleep(_PAUSE_SECONDS)


def _closed(reason: str) -> PortClosed:
    return PortClosed(f"the port is gone ({reason}): is the hub on line, was the session disconnected?")
