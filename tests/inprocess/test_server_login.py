"""Log-ins at a running server: who gets which Welcome, and who gets which code."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from etherloom.daemon.server import Server
from etherloom.handshake.client_login import CertificateLogin, PlainPasswordLogin
from etherloom.handshake.messages import AdditionalAccepted, Direction, Refused, SessionWishes, Welcome
from etherloom.model.errors import ErrorCode
from etherloom.model.policy import Policy
from etherloom.services.sessions import RunningSession
from etherloom.wire import http
from etherloom.wire.digest import hash_password, secure_password
from etherloom.wire.pack import Pack
from tests.support.configuration import administrator, hub, put, user
from tests.support.engine import frame, until
from tests.support.guest import Guest, guest, server_port, serving


async def fill(server: Server) -> None:
    await put(
        server.owner,
        hub("LAB"),
        hub("off", online=False),
        hub("full", maximum=1),
        hub("safe", encrypt=True, hidden=True),
        user("LAB", "alice", "secret"),
        user("LAB", "bob", "secret"),
        user("LAB", "guest"),
        user("LAB", "old", "secret", expires=1),
        user("LAB", "slow", policy=Policy(time_out=5, max_connection=3)),
        user("full", "guest"),
        user("safe", "guest"),
        administrator("LAB", "hubpw"),
    )


def _has_connections(session: RunningSession, count: int) -> bool:
    return session.connections == count


async def visit(stack: AsyncExitStack, server: Server) -> Guest:
    return await stack.enter_async_context(guest(server))


async def test_a_user_logs_in_and_the_session_is_listed(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as alice:
        await fill(server)
        outcome = await alice.log_in("lab", "Alice", "secret")
        assert isinstance(outcome, Welcome)
        assert outcome.parameters.session_name == "SID-ALICE-1"
        assert outcome.parameters.connection_name == "CID-1"
        assert outcome.parameters.timeout_ms == 20_000
        (session,) = server.sessions.list("LAB")
        assert (session.user, session.client.hostname, session.peer[0]) == ("alice", "guest", "127.0.0.1")
        assert session.connections == 1


@pytest.mark.parametrize(
    ("hub_name", "name", "password", "code"),
    [
        ("LAB", "alice", "wrong", ErrorCode.AUTH_FAILED),
        ("LAB", "nobody", "secret", ErrorCode.AUTH_FAILED),
        ("nowhere", "alice", "secret", ErrorCode.HUB_NOT_FOUND),
        ("off", "alice", "secret", ErrorCode.HUB_STOPPING),
        ("LAB", "old", "secret", ErrorCode.ACCESS_DENIED),
    ],
)
async def test_refusals_have_the_originals_codes_and_close_the_connection(
    tmp_path: Path, hub_name: str, name: str, password: str, code: ErrorCode
) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await fill(server)
        outcome = await visitor.log_in(hub_name, name, password)
        assert isinstance(outcome, Refused)
        assert outcome.code == code
        assert await visitor.ended()
        assert server.sessions.count() == 0


async def test_the_full_hub_is_16(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as first, guest(server) as second:
        await fill(server)
        assert isinstance(await first.log_in("full", "guest"), Welcome)
        outcome = await second.log_in("full", "guest")
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.HUB_IS_BUSY


async def test_plain_passwords_administrators_and_foreign_credentials(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        plain = await visit(stack, server)
        credential = PlainPasswordLogin("secret")
        assert isinstance(await plain.log_in("LAB", "alice", credential=credential), Welcome)
        chief = await visit(stack, server)
        assert isinstance(await chief.log_in("LAB", "administrator", "hubpw"), Welcome)
        certified = await visit(stack, server)
        outcome = await certified.log_in("LAB", "alice", credential=CertificateLogin(b"der", b"signature"))
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.AUTH_FAILED


async def test_the_policy_shapes_the_welcome(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await fill(server)
        outcome = await visitor.log_in(
            "LAB", "slow", wishes=SessionWishes(max_connection=8, use_compress=True, qos=False)
        )
        assert isinstance(outcome, Welcome)
        granted = outcome.parameters
        assert (granted.max_connection, granted.timeout_ms, granted.use_compress) == (3, 5_000, True)


async def test_a_hub_may_require_encryption(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await fill(server)
        wishes = SessionWishes(max_connection=1, use_encrypt=False, qos=False)
        outcome = await visitor.log_in("safe", "guest", wishes=wishes)
        assert isinstance(outcome, Welcome)
        assert outcome.parameters.use_encrypt
        (session,) = server.sessions.list("safe")
        assert not session.is_plaintext
        assert not session.engine.snapshot()["links"][0]["raw"]


async def test_further_connections_join_up_to_one_more_than_agreed(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        first = await visit(stack, server)
        await first.log_in("LAB", "alice", "secret", SessionWishes(max_connection=2, qos=False))
        (session,) = server.sessions.list("LAB")
        for count in (2, 3):
            more = await visit(stack, server)
            assert await more.join(first.welcome.session_key) == AdditionalAccepted(Direction.BOTH)
            await until(partial(_has_connections, session, count))
        last = await visit(stack, server)
        outcome = await last.join(first.welcome.session_key)
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.TOO_MANY_CONNECTION


async def test_half_duplex_gives_the_originals_directions(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        first = await visit(stack, server)
        wishes = SessionWishes(max_connection=6, half_connection=True, qos=False)
        await first.log_in("LAB", "alice", "secret", wishes)
        (session,) = server.sessions.list("LAB")
        given = []
        for count in range(2, 7):
            outcome = await (await visit(stack, server)).join(first.welcome.session_key)
            assert isinstance(outcome, AdditionalAccepted)
            given.append(int(outcome.direction))
            await until(partial(_has_connections, session, count))
        assert given == [1, 1, 2, 1, 2]


async def test_an_unknown_session_key_is_13(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        outcome = await visitor.join(bytes(20))
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.SESSION_TIMEOUT


async def test_a_session_outlives_its_connections_and_takes_a_new_one(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as first, guest(server) as second:
        await fill(server)
        await first.log_in("LAB", "alice", "secret")
        (session,) = server.sessions.list("LAB")
        await first.close()
        await until(lambda: session.connections == 0)
        assert isinstance(await second.join(first.welcome.session_key), AdditionalAccepted)
        await until(lambda: session.connections == 1)


async def test_a_session_that_lost_its_peer_ends_after_its_time(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as first:
        await fill(server)
        await first.log_in("LAB", "slow")
        first.reset()
        await until(lambda: server.sessions.count() == 0, 8)


async def test_frames_cross_a_hub_and_no_other(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        alice, bob, stranger = [await visit(stack, server) for _ in range(3)]
        await alice.log_in("LAB", "alice", "secret")
        await bob.log_in("LAB", "bob", "secret")
        await stranger.log_in("safe", "guest")
        await alice.send_frames(frame(0, 1))
        assert await bob.frames() == [frame(0, 1)]
        await bob.send_frames(frame(1, 2))
        assert await alice.frames() == [frame(1, 2)]
        (outsider,) = server.sessions.list("safe")
        assert outsider.engine.snapshot()["frames_sent"] == 0
        names = {row.address: row.session for row in server.network.mac_table("LAB")}
        assert names == {frame(0, 1)[6:12]: "SID-ALICE-1", frame(0, 2)[6:12]: "SID-BOB-2"}


async def test_frames_reach_a_memory_port(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as alice:
        await fill(server)
        await alice.log_in("LAB", "alice", "secret")
        port = server.engine.open_memory(server.switches.identifier("LAB"))
        await alice.send_frames(frame(0, 1))
        assert await asyncio.wait_for(port.receive_frames(), 5) == [frame(0, 1)]
        port.send_frames([frame(1, 3)])
        assert await alice.frames() == [frame(1, 3)]


async def test_disconnected_by_an_administrator(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as alice, guest(server) as again:
        await fill(server)
        await alice.log_in("LAB", "alice", "secret")
        server.sessions.disconnect("LAB", "SID-ALICE-1")
        assert server.sessions.count() == 0
        await alice.ended()
        outcome = await again.join(alice.welcome.session_key)
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.SESSION_TIMEOUT


async def test_a_hub_that_goes_off_line_sends_its_sessions_away(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as alice, guest(server) as again:
        await fill(server)
        await alice.log_in("LAB", "alice", "secret")
        await put(server.owner, hub("LAB", online=False))
        await alice.ended()
        outcome = await again.log_in("LAB", "alice", "secret")
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.HUB_STOPPING


async def test_noop_keeps_a_thinking_client_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await visitor.greet()
        noop = Pack()
        noop.add_int("noop", 1)
        for _ in range(31):
            answer = await visitor.ask(noop)
            assert (answer.int("error"), answer.int("noop")) == (0, 1)
        assert (await visitor.pack()).int("error") == ErrorCode.DISCONNECTED
        assert await visitor.ended()


async def test_unknown_method_is_4(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await visitor.greet()
        request = Pack()
        request.add_str("method", "farm_dance")
        assert (await visitor.ask(request)).int("error") == ErrorCode.PROTOCOL_ERROR


async def test_hubs_are_enumerated_but_hidden_ones(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor, guest(server) as early:
        request = Pack()
        request.add_str("method", "enum_hub")
        await early.greet()
        empty = await early.ask(request)
        assert (empty.int("NumHub"), empty.count("HubName")) == (0, 0)
        await fill(server)
        await visitor.greet()
        answer = await visitor.ask(request)
        assert answer.strs("HubName") == ("full", "LAB", "off")
        assert answer.int("NumHub") == 3


async def test_a_user_changes_the_password(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        for old, expected in (("wrong", ErrorCode.OLD_PASSWORD_WRONG), ("secret", ErrorCode.NO_ERROR)):
            visitor = await visit(stack, server)
            challenge = (await visitor.greet()).data("random") or b""
            request = Pack()
            request.add_str("method", "password")
            request.add_str("hubname", "LAB")
            request.add_str("username", "alice")
            proof = secure_password(hash_password(old, "alice"), challenge)
            request.add_data("secure_old_password", proof)
            request.add_data("new_password", hash_password("fresh", "alice"))
            assert (await visitor.ask(request)).int("error") == expected
        assert isinstance(await (await visit(stack, server)).log_in("LAB", "alice", "fresh"), Welcome)
        assert isinstance(await (await visit(stack, server)).log_in("LAB", "alice", "secret"), Refused)


async def test_a_browser_gets_a_page_and_may_still_log_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as visitor:
        await fill(server)
        visitor.writer.write(b"GET / HTTP/1.1\r\nX-VPN: 1\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n")
        page = await visitor.response()
        assert b"9C37197CA7C2428388C2E6E59B829B30" in page[:1_400]
        assert isinstance(await visitor.log_in("LAB", "alice", "secret"), Welcome)


async def test_fifty_log_ins_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)

        async def enter() -> Welcome | Refused:
            return await (await visit(stack, server)).log_in("LAB", "alice", "secret")

        async with asyncio.timeout(20):
            outcomes = await asyncio.gather(*(enter() for _ in range(50)))
        assert all(isinstance(outcome, Welcome) for outcome in outcomes)
        names = {s.name for s in server.sessions.list("LAB")}
        assert names == {f"SID-ALICE-{number}" for number in range(1, 51)}
        assert len({s.session_key for s in server.sessions.list("LAB")}) == 50


async def test_log_ins_and_traffic_outlive_the_server(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as alice:
        await fill(server)
        await put(server.owner, administrator(None, "adminpw"))
        await alice.log_in("LAB", "alice", "secret")
        await alice.send_frames(frame(0, 1))
        (session,) = server.sessions.list("LAB")
        await until(lambda: session.engine.snapshot()["frames_received"] == 1)
        assert await _alice(server) == (1, len(frame(0, 1)))
    async with serving(tmp_path) as server:
        assert await _alice(server) == (1, len(frame(0, 1)))


async def _alice(server: Server) -> tuple[int, int]:
    """Her log-ins, and the bytes that she flooded, as administrators see them."""
    async with guest(server) as chief:
        await chief.administer("adminpw")
        request = Pack()
        request.add_str("HubName", "LAB")
        request.add_str("Name", "alice")
        answer = await chief.call("GetUser", request)
        return answer.int("NumLogin"), answer.int64("Recv.BroadcastBytes")


def test_the_signature_is_the_short_one() -> None:
    """What these tests send is no picture; the stock programs' picture is tested with them."""
    assert http.SIGNATURE in http.signature_request("h")


async def test_the_port_is_the_systems_choice(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        assert server_port(server) > 0
