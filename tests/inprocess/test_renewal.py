"""A new certificate under running sessions: who has one is shown the old certificate until it ends."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

from etherloom.daemon.server import Server
from etherloom.handshake.messages import Welcome
from etherloom.services.identity import make_identity
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support.asynchronous import settle
from tests.support.configuration import hub, put, user
from tests.support.guest import guest, server_port, serving

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"


async def shown_to(server: Server, source: str) -> bytes:
    """The certificate that a new connection from this address sees."""
    return await asyncio.to_thread(_look, server_port(server), source)


def _look(port: int, source: str) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), 10, (source, 0)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


async def renew(server: Server, name: str) -> bytes:
    """Put another certificate in place and return it."""
    identity = await asyncio.to_thread(make_identity, name, datetime.now(UTC))
    await put(server.owner, Put(keys.SERVER_IDENTITY, identity))
    return identity.chain[0]


async def test_the_old_certificate_stays_for_whoever_has_a_session(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as alice:
        await put(server.owner, hub("LAB"), user("LAB", "alice", "secret"))
        first = await shown_to(server, HERE)
        assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)
        second = await renew(server, "second.example")
        assert (await shown_to(server, HERE), await shown_to(server, ELSEWHERE)) == (first, second)
        third = await renew(server, "third.example")
        assert (await shown_to(server, HERE), await shown_to(server, ELSEWHERE)) == (first, third)
        async with guest(server) as again:
            assert isinstance(await again.log_in("LAB", "alice", "secret"), Welcome)
            server.sessions.disconnect("LAB", "SID-ALICE-1")
            await alice.ended()
            assert await shown_to(server, HERE) == first
            server.sessions.disconnect("LAB", "SID-ALICE-2")
            await again.ended()
        async with asyncio.timeout(10):
            while await shown_to(server, HERE) != third:
                await settle()


async def test_without_sessions_everybody_sees_the_new_one(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        new = await renew(server, "new.example")
        assert await shown_to(server, HERE) == new
