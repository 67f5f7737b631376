"""Every accepted connection until it is part of a session, an administrator's, or gone.

One task a connection, which drives the pure machine of the handshake; whatever a peer does costs only its
own connection. Decides nothing about rights: admission, administration and sessions do.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, assert_never

from etherloom.daemon.desk import Desk, Visitor, make_padding
from etherloom.daemon.web import Web
from etherloom.engine.facade import Connection, ConnectionLost
from etherloom.handshake.messages import Close, Send
from etherloom.handshake.server_login import CHALLENGE_BYTES, HttpRequest, Request, ServerLogin
from etherloom.observe.logs import Log, get_log
from etherloom.observe.quota import LineQuota
from etherloom.services.connections import Connections, Presence
from etherloom.wire.http import http_date

_READ_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a peer may take before it has logged in: without a byte, and in all.

    The whole must leave room for a person who is asked for a PIN (30 pauses of 3 s, reference 2.4).
    """

    progress_ms: int = 15_000
    whole_ms: int = 120_000
    requests_at_once: int = 64


class Reception:
    """Takes connections from the listeners."""

    def __init__(
        self,
        desk: Desk,
        web: Web,
        connections: Connections,
        tasks: asyncio.TaskGroup,
        clock: Callable[[], int],
        patience: Patience = Patience(),
    ) -> None:
        self._desk: Final = desk
        self._web: Final = web
        self._connections: Final = connections
        self._tasks: Final = tasks
        self._clock: Final = clock
        self._patience: Final = patience
        self._turns: Final = asyncio.Semaphore(patience.requests_at_once)
        self._number = 0
        self._log: Final = get_log("connection")
        self._quota: Final = LineQuota(asyncio.get_running_loop().time)

    def accept(self, connection: Connection) -> None:
        """Called by the engine for each connection whose TLS is up."""
        self._number += 1
        name = f"CID-{self._number}"
        self._tasks.create_task(self._serve(connection, name), name=name)

    async def _serve(self, connection: Connection, name: str) -> None:
        log = self._log.bind(connection=name)
        presence: Presence | None = None
        try:
            facts = connection.facts
            log = log.bind(peer=facts.peer[0], port=facts.peer[1])
            presence = self._connections.arrive(name, connection, facts.peer)
            visitor = Visitor(name, facts.peer, facts.local, log, presence)
            talk = _Talk(connection, visitor, self._desk, self._web, self._clock, self._patience)
            await talk.run(self._turns)
        except ConnectionLost as lost:
            log.debug("connection lost", reason=str(lost))
        except Exception:
            self._report(log)
        finally:
            connection.close()
            if presence is not None:
                self._connections.leave(presence)

    def _report(self, log: Log) -> None:
        """A fault of ours that a peer found: worth a trace, but not one for each of its tries."""
        left_out = self._quota.take()
        if left_out is not None:
            log.exception("connection failed by an error of this program", lines_left_out=left_out)


class _Talk:
    """The conversation with one peer before its log-in."""

    def __init__(
        self,
        connection: Connection,
        visitor: Visitor,
        desk: Desk,
        web: Web,
        clock: Callable[[], int],
        patience: Patience,
    ) -> None:
        self._connection: Final = connection
        self._visitor: Final = visitor
        self._desk: Final = desk
        self._web: Final = web
        self._clock: Final = clock
        self._patience: Final = patience
        self._machine: Final = ServerLogin(secrets.token_bytes(CHALLENGE_BYTES))

    async def run(self, turns: asyncio.Semaphore) -> None:
        request = await self._await_request()
        if request is None:
            return
        async with turns:
            conversation = await self._desk.carry_out(
                request.request, self._machine, self._connection, self._visitor
            )
        if conversation is not None:
            self._connection.set_deadline(0)
            await conversation()

    async def _await_request(self) -> Request | None:
        """Feed the machine until the peer has asked for something, or is through with us."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience.whole_ms / 1000
        while (left := int((end - loop.time()) * 1000)) > 0:
            self._connection.set_deadline(min(self._patience.progress_ms, left))
            data = await self._connection.read(_READ_BYTES)
            if not data:
                return None
            date = http_date(self._clock() // 1000)
            for action in self._machine.feed(data, date, make_padding()):
                match action:
                    case Send(answer):
                        self._connection.send(answer)
                    case HttpRequest(target=target) if self._web.serves(target):
                        await self._web.take(self._connection, action.request_bytes, self._visitor)
                        return None
                    case HttpRequest():
                        self._connection.send(action.answer)
                    case Request():
                        return action
                    case Close(reason):
                        self._visitor.log.debug("connection closed", reason=reason)
                        return None
                    case _:
                        assert_never(action)
        return None
