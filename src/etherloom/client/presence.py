"""Hold one session: its connections opened, replaced and counted, until it ends for whatever reason.

The engine carries the frames and watches for silence; the plan beside this file says when to do what.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, assert_never

from etherloom.client import events
from etherloom.client.account import Account
from etherloom.client.dial import Endpoint
from etherloom.client.login import STEP_LIMIT_MS, join
from etherloom.client.plan import CloseLink, LinkPlan, LinkState, OpenLink, Rebuild
from etherloom.engine.commands import Direction, LinkSettings
from etherloom.engine.facade import Connection, ConnectionLost, Facade, Session
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.messages import WelcomeParameters
from etherloom.model.errors import ErrorCode, Refusal

_CLOSE_LIMIT_S: Final = 3.0
# The engine plugs a connection in a moment after it was told to.
_APPEARS_WITHIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Admitted:
    """A log-in that succeeded, its first connection already plugged in."""

    session: Session
    endpoint: Endpoint
    leaf: bytes
    parameters: WelcomeParameters
    first_link: int
    first_direction: Direction


class Presence:
    """One session, from its first connection to its end; `run` says why it ended."""

    def __init__(
        self,
        engine: Facade,
        account: Account,
        facts: ClientFacts,
        chance: Random,
        report: Callable[[events.Event], None],
        admitted: Admitted,
    ) -> None:
        self._engine = engine
        self._account = account
        self._facts = facts
        self._chance = chance
        self._report = report
        self._admitted = admitted
        self._parameters = admitted.parameters
        now = engine.loop.time()
        self._plugged = [LinkState(admitted.first_link, admitted.first_direction, now)]
        self._seen: set[int] = set()
        self._wake = asyncio.Event()
        self._opening = 0
        self._shown = 1
        self._fault: Refusal | None = None
        auto_disconnect_s = admitted.parameters.policy.auto_disconnect
        self._ends_at = now + auto_disconnect_s if auto_disconnect_s else None
        self._plan = LinkPlan(
            now,
            maximum=admitted.parameters.max_connection,
            interval_s=account.additional_interval_s,
            lifetime_s=account.connection_lifetime_s,
            half_duplex=admitted.parameters.half_connection,
        )

    async def run(self) -> Refusal:
        session = self._admitted.session
        session.on_links_changed = self._wake.set
        session.ended.add_done_callback(lambda _: self._wake.set())
        async with asyncio.TaskGroup() as group:
            openers: set[asyncio.Task[None]] = set()
            while (reason := self._end()) is None:
                self._wake.clear()
                for _ in range(self._advance()):
                    opener = group.create_task(self._open_link())
                    openers.add(opener)
                    opener.add_done_callback(openers.discard)
                await self._sleep()
            for opener in openers:
                opener.cancel()
        return reason

    def _end(self) -> Refusal | None:
        session = self._admitted.session
        if session.ended.done():
            return _why_ended(session.ended.result(), self._parameters)
        if self._ends_at is not None and self._engine.loop.time() >= self._ends_at:
            return Refusal(
                ErrorCode.AUTO_DISCONNECTED,
                f"the hub's policy ends sessions after {self._parameters.policy.auto_disconnect} seconds",
            )
        return self._fault

    def _advance(self) -> int:
        """Do what the plan says; return how many connections are to be opened."""
        links = self._links()
        started = 0
        for step in self._plan.decide(self._engine.loop.time(), links, self._opening):
            match step:
                case OpenLink():
                    self._opening += 1
                    started += 1
                case CloseLink(connection):
                    with contextlib.suppress(KeyError):
                        self._admitted.session.close_link(connection)
                case Rebuild():
                    self._fault = Refusal(ErrorCode.SESSION_TIMEOUT, "no connection could be kept up")
                    self._wake.set()
                case _:
                    assert_never(step)
        if len(links) != self._shown:
            self._shown = len(links)
            self._report(events.LinksChanged(len(links), self._parameters.max_connection))
        return started

    def _links(self) -> list[LinkState]:
        present = {link["connection"] for link in self._admitted.session.snapshot()["links"]}
        oldest = self._engine.loop.time() - _APPEARS_WITHIN_S
        self._plugged = [
            link
            for link in self._plugged
            if link.connection in present or (link.connection not in self._seen and link.opened_at > oldest)
        ]
        self._seen |= present
        return self._plugged

    async def _sleep(self) -> None:
        until = min(self._plan.wake_at, self._ends_at or self._plan.wake_at)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(until - self._engine.loop.time(), 0.0)):
                await self._wake.wait()

    async def _open_link(self) -> None:
        try:
            await self._join()
        except Refusal as refusal:
            if refusal.code in (ErrorCode.SESSION_TIMEOUT, ErrorCode.INVALID_PROTOCOL):
                self._fault = refusal
        except (ConnectionLost, OSError, KeyError):
            pass  # tried again at the plan's next chance
        finally:
            self._opening -= 1
            self._wake.set()

    async def _join(self) -> None:
        admitted, account = self._admitted, self._account
        endpoint = admitted.endpoint
        connection = await self._engine.connect(endpoint.address, endpoint.port, account.host, STEP_LIMIT_MS)
        try:
            self._check_leaf(connection)
            key = self._parameters.session_key
            joined = await join(connection, account, key, self._facts, self._chance)
            link = LinkSettings(joined.direction, raw=not self._parameters.use_encrypt)
            self._engine.promote(connection, admitted.session, b"", joined.leftover, link)
            opened_at = self._engine.loop.time()
            self._plugged.append(LinkState(connection.identifier, joined.direction, opened_at))
        except BaseException:
            connection.close()
            raise

    def _check_leaf(self, connection: Connection) -> None:
        if connection.facts.peer_chain[:1] != (self._admitted.leaf,):
            # Not the code for a bad certificate: the new log-in judges it properly.
            raise Refusal(
                ErrorCode.SESSION_TIMEOUT, f"{self._account.host} shows another certificate than before"
            )


async def close_session(session: Session) -> None:
    """End a session politely and drop its counters; the engine has a few seconds."""
    session.on_links_changed = None
    session.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_LIMIT_S):
            await asyncio.shield(session.ended)
    session.forget()


def _why_ended(reason: str, parameters: WelcomeParameters) -> Refusal:
    if reason == "timeout":
        seconds = parameters.timeout_ms / 1000
        return Refusal(ErrorCode.SESSION_TIMEOUT, f"nothing came from the server for {seconds:g} seconds")
    if reason == "closed":
        return Refusal(ErrorCode.DISCONNECTED, "the session was closed")
    return Refusal(ErrorCode.INTERNAL_ERROR, f"the session failed: {reason}")
