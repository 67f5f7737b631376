"""A client of the native protocol for tests of the server: our machines over Python's own TLS."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self, TypeVar

from etherloom.daemon.reception import Patience
from etherloom.daemon.server import Server, open_server
from etherloom.handshake.additional_connection import AdditionalConnect
from etherloom.handshake.admin_login import AdminConnect
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.client_login import (
    AnonymousLogin,
    ClientLogin,
    LoginCredential,
    PasswordLogin,
)
from etherloom.handshake.exchange import Hello
from etherloom.handshake.messages import (
    AdditionalAccepted,
    AdminAccepted,
    Refused,
    Send,
    SessionWishes,
    Welcome,
    WelcomeParameters,
)
from etherloom.services.listening import Endpoint
from etherloom.wire import http
from etherloom.wire.digest import hash_administrator_password, hash_password
from etherloom.wire.pack import Pack, decode, encode
from tests.support.engine import Visitor

DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
WAIT = 10.0
FACTS = ClientFacts(product="Etherloom VPN Client", version=501, build=9674, hostname="guest")
ONE = SessionWishes(max_connection=1, qos=False)
_Outcome = TypeVar("_Outcome")


def server_port(server: Server) -> int:
    """The port that the system chose for the test."""
    (state,) = server.network.endpoints()
    return state.bound


@asynccontextmanager
async def serving(path: Path, patience: Patience | None = None) -> AsyncIterator[Server]:
    """A server on a free port of the loopback, on a state of its own."""
    async with open_server(path / "state", (Endpoint("127.0.0.1", 0),), patience) as server:
        yield server


class Guest(Visitor):
    """One TLS connection to a server. After a log-in it speaks blocks (see Visitor)."""

    welcome: WelcomeParameters

    @classmethod
    async def arrive(cls, port: int, connected: socket.socket | None = None) -> Self:
        """Connect to the loopback, or start TLS on a socket that is connected already."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        where = {"sock": connected} if connected else {"host": "127.0.0.1", "port": port}
        opening = asyncio.open_connection(**where, ssl=context, server_hostname="localhost")
        reader, writer = await asyncio.wait_for(opening, WAIT)
        return cls(reader, writer)

    # -- the handshake

    async def response(self) -> bytes:
        """Exactly one HTTP response, so that what follows it stays in the reader."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), WAIT)
        lines = head.decode("latin-1").lower().split("\r\n")
        size = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
        return head + await asyncio.wait_for(self.reader.readexactly(size), WAIT)

    async def pack(self) -> Pack:
        """The PACK in the next response."""
        return decode((await self.response()).split(b"\r\n\r\n", 1)[1])

    async def greet(self) -> Pack:
        """Send the signature and return the Hello."""
        self.writer.write(http.signature_request("127.0.0.1"))
        return await self.pack()

    async def ask(self, request: Pack) -> Pack:
        """Send a PACK and return the answer."""
        self.writer.write(http.pack_request("127.0.0.1", encode(request), DATE))
        return await self.pack()

    async def log_in(
        self,
        hub: str,
        user: str,
        password: str | None = None,
        wishes: SessionWishes = ONE,
        facts: ClientFacts = FACTS,
        credential: LoginCredential | None = None,
    ) -> Welcome | Refused:
        machine = ClientLogin("127.0.0.1", hub, user)
        self.writer.write(machine.start())
        (hello,) = machine.feed(await self.response(), DATE)
        assert isinstance(hello, Hello)
        if credential is None:
            credential = (
                AnonymousLogin() if password is None else PasswordLogin(hash_password(password, user))
            )
        self.writer.write(machine.login(credential, wishes, facts, b"padding"))
        (outcome,) = machine.feed(await self.response(), DATE)
        assert isinstance(outcome, Welcome | Refused)
        assert machine.leftover == b""
        if isinstance(outcome, Welcome):
            self.welcome = outcome.parameters
        return outcome

    async def join(self, session_key: bytes) -> AdditionalAccepted | Refused:
        machine = AdditionalConnect("127.0.0.1", session_key, FACTS)
        self.writer.write(machine.start())
        (send,) = machine.feed(await self.response(), DATE)
        assert isinstance(send, Send)
        self.writer.write(send.data)
        (outcome,) = machine.feed(await self.response(), DATE)
        assert isinstance(outcome, AdditionalAccepted | Refused)
        return outcome

    async def administer(self, password: str, hub: str = "") -> AdminAccepted | Refused:
        machine = AdminConnect("127.0.0.1", hub, hash_administrator_password(password), FACTS)
        self.writer.write(machine.start())
        _, send = machine.feed(await self.response(), DATE)
        assert isinstance(send, Send)
        self.writer.write(send.data)
        (outcome,) = machine.feed(await self.response(), DATE)
        assert isinstance(outcome, AdminAccepted | Refused)
        return outcome

    async def call(self, function: str, request: Pack | None = None) -> Pack:
        """One administration call."""
        body = request or Pack()
        body.add_str("function_name", function)
        self.send_call(body)
        size = int.from_bytes(await asyncio.wait_for(self.reader.readexactly(4), WAIT))
        return decode(await asyncio.wait_for(self.reader.readexactly(size), WAIT))

    def send_call(self, request: Pack) -> None:
        data = encode(request)
        self.writer.write(len(data).to_bytes(4) + data)

    # -- afterwards

    async def frames(self) -> list[bytes]:
        return await asyncio.wait_for(self.receive_frames(), WAIT)

    async def ended(self) -> bool:
        """Wait until the server has closed; True if nothing came before."""
        try:
            return await asyncio.wait_for(self.reader.read(), WAIT) == b""
        except (ConnectionError, ssl.SSLError):
            return True


@asynccontextmanager
async def guest(server: Server, port: int = 0) -> AsyncIterator[Guest]:
    """A guest who leaves at the end."""
    arrived = await Guest.arrive(port or server_port(server))
    try:
        yield arrived
    finally:
        arrived.writer.transport.abort()
