"""The client's account runner against a scripted server, both on real engines, joined by loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from random import Random

import pytest

from etherloom.client import events
from etherloom.client.account import Account, CaTrust, NoTrust, RetryRule, SystemTrust
from etherloom.client.program import client_facts
from etherloom.client.session import AccountRunner
from etherloom.engine.commands import Direction, HubRules
from etherloom.engine.facade import Facade
from etherloom.handshake.client_login import AnonymousLogin, PasswordLogin
from etherloom.handshake.messages import AnonymousAuth, PasswordAuth, Redirect, TicketAuth
from etherloom.model.errors import ErrorCode
from etherloom.model.policy import Policy
from etherloom.wire.digest import hash_password
from tests.inprocess.client_relay import Relay
from tests.inprocess.client_server import ClientServer, Identity, make_identity

FRAME = bytes.fromhex("ffffffffffff 020000000001 88b5") + bytes(50)


@dataclass
class World:
    """A server, and what the client needs to meet it."""

    server: ClientServer
    engine: Facade
    identity: Identity
    seen: list[events.Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def account(self, **changes: object) -> Account:
        account = Account(
            host="127.0.0.1",
            port=self.server.port,
            hub="LAB",
            user="alice",
            login=AnonymousLogin(),
            trust=CaTrust((self.identity.certificate,)),
            retry=RetryRule(interval_s=0.05),
            additional_interval_s=0.05,
        )
        return replace(account, **changes)  # type: ignore[arg-type]

    def report(self, event: events.Event) -> None:
        self.seen.append(event)
        self.changed.set()

    def count(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.seen)

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait for what must become true; looks again at every event and twenty times a second."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await self.changed.wait()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    server_engine, client_engine = Facade(workers=1), Facade(workers=1)
    identity = make_identity()
    server = ClientServer(server_engine, identity)
    yield World(server, client_engine, identity)
    server.close()
    assert await client_engine.stop()
    assert await server_engine.stop()


@contextlib.asynccontextmanager
async def running(world: World, account: Account) -> AsyncIterator[tuple[AccountRunner, int]]:
    """A running account; the second value is its hub."""
    hub = world.engine.open_hub(HubRules(wire=True))
    runner = AccountRunner(world.engine, hub, account, client_facts(), world.report, Random(1))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(runner.run())
        yield runner, hub
        task.cancel()


async def run_to_end(world: World, account: Account) -> events.Ended:
    hub = world.engine.open_hub(HubRules(wire=True))
    runner = AccountRunner(world.engine, hub, account, client_facts(), world.report, Random(1))
    async with asyncio.timeout(10):
        return await runner.run()


def links(runner: AccountRunner) -> list[int]:
    if runner.session is None:
        return []
    return [link["connection"] for link in runner.session.snapshot()["links"]]


def opened(runner: AccountRunner) -> int:
    return 0 if runner.session is None else runner.session.snapshot()["links_opened"]


def directions(runner: AccountRunner) -> list[Direction]:
    assert runner.session is not None
    return [Direction(link["direction"]) for link in runner.session.snapshot()["links"]]


async def assert_frames_cross(world: World, hub: int) -> None:
    """Both ways, by memory ports at both ends. Repeated, since frames may be lost while a session begins."""
    ours, theirs = world.engine.open_memory(hub), world.server.engine.open_memory(world.server.hub)
    try:
        for sender, receiver in ((ours, theirs), (theirs, ours)):
            async with asyncio.timeout(10):
                frames: list[bytes] = []
                while FRAME not in frames:
                    sender.send_frames([FRAME])
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.2):
                            frames = await receiver.receive_frames()
    finally:
        ours.close()
        theirs.close()


@pytest.mark.parametrize("encrypt", [True, False])
@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(("connections", "half"), [(1, False), (4, False), (2, True), (4, True)])
async def test_frames_cross(
    world: World, encrypt: bool, compress: bool, connections: int, half: bool
) -> None:
    account = world.account(encrypt=encrypt, compress=compress, connections=connections, half_duplex=half)
    async with running(world, account) as (runner, hub):
        await world.until(lambda: len(links(runner)) == connections)
        await assert_frames_cross(world, hub)
    wishes = world.server.logins[0].wishes
    assert (wishes.use_encrypt, wishes.use_compress, wishes.half_connection) == (encrypt, compress, half)


async def test_password_is_proved_not_sent(world: World) -> None:
    account = world.account(login=PasswordLogin(hash_password("secret", "alice")))
    async with running(world, account) as (runner, _):
        await world.until(lambda: len(links(runner)) == 1)
    auth = world.server.logins[0].auth
    assert isinstance(auth, PasswordAuth)
    assert len(auth.secure_password) == 20


async def test_half_duplex_gets_both_directions(world: World) -> None:
    async with running(world, world.account(half_duplex=True, connections=4)) as (runner, _):
        await world.until(lambda: len(links(runner)) == 4)
        assert directions(runner)[0] is Direction.CLIENT_TO_SERVER
        assert set(directions(runner)) == {Direction.CLIENT_TO_SERVER, Direction.SERVER_TO_CLIENT}


async def test_untrusted_server_gets_no_byte_and_no_second_try(world: World) -> None:
    ended = await run_to_end(world, world.account(trust=SystemTrust()))
    assert ended.code is ErrorCode.CERT_NOT_TRUSTED
    assert "--pin" in ended.message
    assert not world.server.logins
    assert world.count(events.LoggingIn) == 0


async def test_refused_login_stops_when_none_succeeded_before(world: World) -> None:
    world.server.decide = lambda _: ErrorCode.AUTH_FAILED
    ended = await run_to_end(world, world.account(trust=NoTrust()))
    assert ended.code is ErrorCode.AUTH_FAILED
    assert len(world.server.logins) == 1


async def test_refused_login_is_retried_when_one_succeeded_before(world: World) -> None:
    async with running(world, world.account()):
        await world.until(lambda: world.count(events.Established) == 1)
        world.server.decide = lambda _: ErrorCode.AUTH_FAILED
        world.server.forget_sessions()
        await world.until(lambda: len(world.server.logins) >= 3)
        world.server.decide = lambda _: None
        await world.until(lambda: world.count(events.Established) == 2)


async def test_unknown_hub_is_retried_as_often_as_asked(world: World) -> None:
    world.server.decide = lambda _: ErrorCode.HUB_NOT_FOUND
    ended = await run_to_end(world, world.account(retry=RetryRule(2, 0.01)))
    assert ended.code is ErrorCode.HUB_NOT_FOUND
    assert "LAB" in ended.message
    assert len(world.server.logins) == 3


async def test_restarted_server_is_joined_again(world: World) -> None:
    async with running(world, world.account(connections=2)) as (runner, hub):
        await world.until(lambda: len(links(runner)) == 2)
        world.server.forget_sessions()
        await world.until(lambda: world.count(events.Established) == 2)
        await world.until(lambda: len(links(runner)) == 2)
        await assert_frames_cross(world, hub)


async def test_dropped_connections_are_added_again(world: World) -> None:
    async with running(world, world.account(connections=3)) as (runner, hub):
        await world.until(lambda: len(links(runner)) == 3)
        server = world.server.newest.session
        await world.until(lambda: len(server.snapshot()["links"]) == 3)
        for link in server.snapshot()["links"]:
            server.close_link(link["connection"])
        await world.until(lambda: opened(runner) >= 6)
        await world.until(lambda: len(links(runner)) == 3)
        await assert_frames_cross(world, hub)
    assert len(world.server.logins) == 1


async def test_unknown_session_key_means_a_new_login(world: World) -> None:
    async with running(world, world.account(connections=2)):
        await world.until(lambda: world.count(events.Established) == 1)
        world.server.refuse_additional = ErrorCode.SESSION_TIMEOUT
        await world.until(lambda: world.count(events.Established) == 2)


async def test_other_refusals_of_a_connection_leave_the_session_alone(world: World) -> None:
    world.server.refuse_additional = ErrorCode.TOO_MANY_CONNECTION
    async with running(world, world.account(connections=2)) as (runner, _):
        await world.until(lambda: world.server.refused_additional >= 3)
        world.server.refuse_additional = None
        await world.until(lambda: len(links(runner)) == 2)
    assert len(world.server.logins) == 1


@pytest.mark.parametrize("half", [False, True])
async def test_old_connections_are_replaced(world: World, half: bool) -> None:
    account = world.account(connections=2, connection_lifetime_s=0.4, half_duplex=half)
    async with running(world, account) as (runner, hub):
        await world.until(lambda: len(links(runner)) == 2)
        first = set(links(runner))
        await world.until(lambda: len(links(runner)) == 2 and not first & set(links(runner)))
        await assert_frames_cross(world, hub)
    assert len(world.server.logins) == 1


async def test_policy_ends_the_session_for_good(world: World) -> None:
    world.server.policy = Policy(auto_disconnect=1)
    ended = await run_to_end(world, world.account())
    assert ended.code is ErrorCode.AUTO_DISCONNECTED
    assert len(world.server.logins) == 1


async def test_silence_ends_the_session(world: World) -> None:
    world.server.timeout_ms = 1_500
    async with Relay.open(world.server.port) as relay, running(world, world.account(port=relay.port)):
        await world.until(lambda: world.count(events.Established) == 1)
        relay.freeze()
        await world.until(lambda: world.count(events.Waiting) == 1)
        relay.thaw()
        await world.until(lambda: world.count(events.Established) == 2)
    waiting = next(event for event in world.seen if isinstance(event, events.Waiting))
    assert waiting.code is ErrorCode.SESSION_TIMEOUT


async def test_reset_connections_are_added_again(world: World) -> None:
    async with (
        Relay.open(world.server.port) as relay,
        running(world, world.account(port=relay.port, connections=3)) as (runner, hub),
    ):
        await world.until(lambda: len(links(runner)) == 3)
        relay.reset()
        await world.until(lambda: opened(runner) == 6 and len(links(runner)) == 3)
        await assert_frames_cross(world, hub)
    assert len(world.server.logins) == 1


async def test_redirect_is_followed_with_the_ticket(world: World) -> None:
    member_engine = Facade(workers=1)
    member = ClientServer(member_engine, make_identity("member"))
    ticket = bytes(range(20))
    world.server.decide = lambda _: Redirect(
        IPv4Address("127.0.0.1"), (member.port,), ticket, member.identity.certificate
    )
    try:
        async with running(world, world.account()) as (runner, _):
            await world.until(lambda: len(links(runner)) == 1)
        assert member.logins[0].auth == TicketAuth(ticket)
        assert isinstance(world.server.logins[0].auth, AnonymousAuth)
    finally:
        member.close()
        await member_engine.stop()


async def test_redirect_to_another_certificate_is_not_followed(world: World) -> None:
    other = make_identity("other")
    world.server.decide = lambda _: Redirect(
        IPv4Address("127.0.0.1"), (world.server.port,), bytes(20), other.certificate
    )
    ended = await run_to_end(world, world.account())
    assert ended.code is ErrorCode.CERT_NOT_TRUSTED
    assert len(world.server.logins) == 1


async def test_second_redirect_is_refused(world: World) -> None:
    world.server.decide = lambda _: Redirect(
        IPv4Address("127.0.0.1"), (world.server.port,), bytes(20), world.identity.certificate
    )
    ended = await run_to_end(world, world.account(retry=RetryRule(0)))
    assert ended.code is ErrorCode.PROTOCOL_ERROR


async def test_nobody_listening(world: World) -> None:
    world.server.close()
    ended = await run_to_end(world, world.account(retry=RetryRule(1, 0.01)))
    assert ended.code is ErrorCode.CONNECT_FAILED
    assert world.count(events.Connecting) == 2
