"""The demonstration without root: the same server and the same log-in; the clients have ports, no adapters.

The server is the real program over TCP and TLS on the loopback interface; the clients live in this process.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Final, TypeVar

from demo.cargo import make_file
from demo.frames import (
    Station,
    answer_echoes,
    describe_round_trips,
    measure_round_trips,
    receive_file,
    send_content,
)
from demo.machine import Machine
from demo.narration import StepFailed, facts, tell, title
from demo.server import HUB, USERS, Server, serving
from etherloom.client import events
from etherloom.client.account import Account, PinTrust, RetryRule
from etherloom.client.program import client_facts
from etherloom.client.session import AccountRunner
from etherloom.engine.commands import HubRules
from etherloom.engine.facade import Facade, Session
from etherloom.handshake.client_login import PasswordLogin
from etherloom.wire.digest import hash_password

_T = TypeVar("_T")
_HARDWARE: Final = {"alice": bytes.fromhex("02000000000a"), "bob": bytes.fromhex("02000000000b")}
_ROUND_TRIPS: Final = 50
_PATIENCE_SECONDS: Final = 30.0


def show(folder: Path, size: int) -> None:
    """The whole story; everything is taken away at its end, however it ends."""
    title("1. A server with its embedded store, a hub, two users")
    with serving(Machine("here", folder / "server"), folder, "127.0.0.1:0") as server:
        asyncio.run(_meet(server, folder, size))
        title("4. The end")
    tell("Clients, server and state directory are gone; this machine is as it was.")


async def _meet(server: Server, folder: Path, size: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        engine = Facade()
        stack.push_async_callback(engine.stop)
        title("2. Two clients join the hub, each with a port of this process for an adapter")
        guests = [await stack.enter_async_context(_connected(engine, user, server)) for user in USERS]
        await asyncio.to_thread(server.show, "session", "list", HUB)
        title("3. They reach each other")
        alice, bob = (_station(guest) for guest in guests)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await _echo(alice, bob)
                await _carry(alice, bob, folder, size)
        except TimeoutError as error:
            raise StepFailed(f"the frames did not get through within {_PATIENCE_SECONDS:g} s") from error
        tell("The server's own view of alice's session, counters and cipher included:")
        await asyncio.to_thread(server.show, "session", "show", HUB, guests[0].session)


@dataclass
class Guest:
    """A user in this process. `port` is where an adapter would be; `session` is told by the server."""

    user: str
    port: Session
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    session: str = ""

    def report(self, event: events.Event) -> None:
        """Take what the client tells."""
        if isinstance(event, events.Established):
            self.session = event.session
            cipher = f"{event.tls_version} {event.cipher}"
            facts({self.user: f"session {event.session}, {cipher}, a port of this process"})
            self.connected.set()


@contextlib.asynccontextmanager
async def _connected(engine: Facade, user: str, server: Server) -> AsyncIterator[Guest]:
    hub = engine.open_hub(HubRules(wire=True))
    guest = Guest(user, engine.open_memory(hub))
    account = Account(
        host="127.0.0.1",
        port=server.port,
        hub=HUB,
        user=user,
        login=PasswordLogin(hash_password(server.passwords[user], user)),
        trust=PinTrust(bytes.fromhex(server.pin)),
        retry=RetryRule(0),
    )
    runner = AccountRunner(engine, hub, account, client_facts(), guest.report, SystemRandom())
    async with _beside(runner.run()) as running:
        async with _beside(guest.connected.wait()) as waiting:
            await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            raise StepFailed(f"{user} could not connect: {running.result().message}")
        yield guest


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[object, object, _T]) -> AsyncIterator[asyncio.Task[_T]]:
    """Do this work until the end of the block at most. Unlike a TaskGroup it lets errors of the block be."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait((task,))


def _station(guest: Guest) -> Station:
    own, (other,) = _HARDWARE[guest.user], (_HARDWARE[user] for user in USERS if user != guest.user)
    return Station(guest.port, own, other)


async def _echo(alice: Station, bob: Station) -> None:
    tell("alice sends bob echoes, Ethernet frames of an EtherType for experiments; bob answers each.")
    async with _beside(answer_echoes(bob)):
        facts({"round trip": describe_round_trips(await measure_round_trips(alice, _ROUND_TRIPS))})


async def _carry(alice: Station, bob: Station, folder: Path, size: int) -> None:
    tell("alice sends bob a file in such frames; every frame is made and read in Python here.")
    sha256 = make_file(folder / "file", size)
    content = await asyncio.to_thread((folder / "file").read_bytes)
    # What has arrived has arrived, even if the last acknowledgement gets lost.
    async with _beside(send_content(alice, content)):
        carried = await receive_file(bob, folder / "copy")
    carried.check(size, sha256)
    facts({"throughput": carried, "SHA-256": f"{sha256[:16]}... at both ends"})
