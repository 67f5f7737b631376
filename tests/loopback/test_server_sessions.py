"""Our client's end and our server's, joined over the loopback in every mode that they can agree on."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from etherloom.daemon.server import Server
from etherloom.engine.commands import Direction, HubRules, LinkSettings, SessionRules
from etherloom.engine.facade import Connection, Facade, Session
from etherloom.handshake.additional_connection import AdditionalConnect
from etherloom.handshake.client_login import AnonymousLogin, ClientLogin
from etherloom.handshake.exchange import Hello
from etherloom.handshake.messages import (
    AdditionalAccepted,
    Send,
    SessionWishes,
    Welcome,
    WelcomeParameters,
)
from tests.support.configuration import hub, put, user
from tests.support.engine import frame, until
from tests.support.guest import DATE, FACTS, server_port, serving

WAIT = 10.0


class Client:
    """A session of our client's on a server, whose frames come and go by a memory port."""

    def __init__(self, facade: Facade, port: int) -> None:
        self.facade = facade
        self._port = port
        self._wire = facade.open_hub(HubRules(wire=True))
        self.memory: Session = facade.open_memory(self._wire)
        self.session: Session
        self.granted: WelcomeParameters

    async def log_in(self, hub: str, name: str, wishes: SessionWishes) -> None:
        connection, machine = await self._connect(), ClientLogin("127.0.0.1", hub, name)
        connection.send(machine.start())
        (hello,) = await feed(connection, machine)
        assert isinstance(hello, Hello)
        connection.send(machine.login(AnonymousLogin(), wishes, FACTS, secrets.token_bytes(100)))
        (welcome,) = await feed(connection, machine)
        assert isinstance(welcome, Welcome), welcome
        self.granted = granted = welcome.parameters
        rules = SessionRules(
            server=False,
            timeout_ms=granted.timeout_ms,
            compress=granted.use_compress,
            half_duplex=granted.half_connection,
        )
        self.session = self.facade.open_session(self._wire, rules)
        direction = Direction.CLIENT_TO_SERVER if granted.half_connection else Direction.BOTH
        self._promote(connection, machine.leftover, direction)

    async def widen(self) -> None:
        """Open one more connection."""
        connection = await self._connect()
        machine = AdditionalConnect("127.0.0.1", self.granted.session_key, FACTS)
        connection.send(machine.start())
        (send,) = await feed(connection, machine)
        assert isinstance(send, Send)
        connection.send(send.data)
        (accepted,) = await feed(connection, machine)
        assert isinstance(accepted, AdditionalAccepted), accepted
        self._promote(connection, machine.leftover, Direction(accepted.direction))

    async def _connect(self) -> Connection:
        return await self.facade.connect("127.0.0.1", self._port, "localhost", 5_000)

    def _promote(self, connection: Connection, leftover: bytes, direction: Direction) -> None:
        link = LinkSettings(direction, raw=not self.granted.use_encrypt)
        self.facade.promote(connection, self.session, b"", leftover, link)


async def feed(connection: Connection, machine: ClientLogin | AdditionalConnect) -> list[object]:
    """Read until the machine has something to say."""
    while True:
        data = await asyncio.wait_for(connection.read(), WAIT)
        assert data, "the server closed"
        actions: list[object] = [*machine.feed(data, DATE)]
        if actions:
            return actions


@asynccontextmanager
async def pair(server: Server, wishes: SessionWishes) -> AsyncIterator[tuple[Client, Client]]:
    """Two clients that are logged in with the same wishes and have all their connections."""
    facade = Facade(workers=1)
    try:
        clients = [Client(facade, server_port(server)) for _ in range(2)]
        for name, client in zip(("alice", "bob"), clients, strict=True):
            await client.log_in("LAB", name, wishes)
            for _ in range(client.granted.max_connection - 1):
                await client.widen()
        yield clients[0], clients[1]
    finally:
        assert await facade.stop(3_000)


MODES = [
    SessionWishes(most, encrypt, compress, half, qos=False)
    for most, encrypt, compress, half in itertools.product((1, 4), *((True, False),) * 3)
]


@pytest.mark.parametrize("wishes", MODES, ids=str)
async def test_frames_go_both_ways(tmp_path: Path, wishes: SessionWishes) -> None:
    async with serving(tmp_path) as server:
        await put(server.owner, hub("LAB"), user("LAB", "alice"), user("LAB", "bob"))
        async with pair(server, wishes) as (alice, bob):
            sessions = server.sessions.list("LAB")
            expected = alice.granted.max_connection
            await until(lambda: all(s.connections == expected for s in sessions))
            assert all(s.is_plaintext is not wishes.use_encrypt for s in sessions)
            for size in (46, 1_486):
                payload = secrets.token_bytes(size)
                alice.memory.send_frames([frame(0, 1, payload)])
                assert await asyncio.wait_for(bob.memory.receive_frames(), WAIT) == [frame(0, 1, payload)]
                bob.memory.send_frames([frame(1, 2, payload)])
                assert await asyncio.wait_for(alice.memory.receive_frames(), WAIT) == [frame(1, 2, payload)]


async def test_many_frames_arrive_in_order(tmp_path: Path) -> None:
    frames = [frame(2, 1, number.to_bytes(4) + bytes(1_000)) for number in range(500)]
    async with serving(tmp_path) as server:
        await put(server.owner, hub("LAB"), user("LAB", "alice"), user("LAB", "bob"))
        async with pair(server, SessionWishes(4, qos=False)) as (alice, bob):
            bob.memory.send_frames([frame(0, 2)])
            await asyncio.wait_for(alice.memory.receive_frames(), WAIT)
            alice.memory.send_frames(frames)
            got: list[bytes] = []
            async with asyncio.timeout(WAIT):
                while len(got) < len(frames):
                    got += await bob.memory.receive_frames()
            assert got == frames


async def test_a_client_that_leaves_is_gone_after_its_time_and_can_come_back(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        await put(server.owner, hub("LAB"), user("LAB", "alice"), user("LAB", "bob"))
        async with pair(server, SessionWishes(2, qos=False)) as (alice, _):
            (first, _) = server.sessions.list("LAB")
            alice.session.close()
            await until(lambda: first.connections == 0)
            await alice.log_in("LAB", "alice", SessionWishes(2, qos=False))
            assert [s.name for s in server.sessions.list("LAB")] == [
                "SID-ALICE-1",
                "SID-BOB-2",
                "SID-ALICE-3",
            ]
