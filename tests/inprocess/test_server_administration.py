"""Administrators who come over the network: who is let in, and what they can do."""

from contextlib import AsyncExitStack
from ipaddress import ip_address
from pathlib import Path

import pytest

from etherloom.auth.attempts import MAXIMUM_FAILURES
from etherloom.daemon.reception import Patience
from etherloom.daemon.server import Server
from etherloom.handshake.messages import AdminAccepted, Refused, Welcome
from etherloom.model.errors import ErrorCode
from etherloom.model.hub import Hub
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.wire.pack import Pack, decode
from tests.support.configuration import administrator, hub, put, user
from tests.support.guest import Guest, guest, serving


async def fill(server: Server) -> None:
    await put(
        server.owner,
        hub("LAB"),
        Put(keys.hub_key("open"), Hub("open")),
        user("LAB", "alice", "secret"),
        administrator(None, "adminpw"),
        administrator("LAB", "hubpw"),
    )


@pytest.mark.parametrize(
    ("password", "hub_name", "code"),
    [
        ("adminpw", "", ErrorCode.NO_ERROR),
        ("hubpw", "lab", ErrorCode.NO_ERROR),
        ("wrong", "", ErrorCode.ACCESS_DENIED),
        ("", "", ErrorCode.ACCESS_DENIED),
        ("adminpw", "LAB", ErrorCode.ACCESS_DENIED),
        ("adminpw", "nowhere", ErrorCode.HUB_NOT_FOUND),
        ("", "open", ErrorCode.NULL_PASSWORD_LOCAL_ONLY),
        ("x", "open", ErrorCode.ACCESS_DENIED),
    ],
)
async def test_who_is_let_in(tmp_path: Path, password: str, hub_name: str, code: ErrorCode) -> None:
    async with serving(tmp_path) as server, guest(server) as chief:
        await fill(server)
        outcome = await chief.administer(password, hub_name)
        assert (outcome.code if isinstance(outcome, Refused) else ErrorCode.NO_ERROR) == code


async def test_without_a_password_nobody_is_let_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as chief:
        outcome = await chief.administer("")
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.ACCESS_DENIED


@pytest.mark.parametrize("hub_name", ["", "LAB"])
async def test_an_empty_password_that_an_import_brought_lets_nobody_in(tmp_path: Path, hub_name: str) -> None:
    async with serving(tmp_path) as server, guest(server) as chief:
        await put(server.owner, hub("LAB"), administrator(hub_name or None, ""))
        outcome = await chief.administer("", hub_name)
        assert isinstance(outcome, Refused)
        assert outcome.code == (51 if hub_name else 12)


async def test_a_hubs_administrator_can_t_be_guessed_by_logging_in_either(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        await fill(server)
        for _ in range(MAXIMUM_FAILURES - 1):
            server.attempts.fail(ip_address("127.0.0.1"))
        for password in ("wrong", "hubpw"):
            async with guest(server) as one:
                outcome = await one.log_in("LAB", "administrator", password)
            assert isinstance(outcome, Refused)
            assert outcome.code == ErrorCode.AUTH_FAILED
        # Users have passwords of their own.
        async with guest(server) as alice:
            assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)


async def test_who_fails_too_often_is_not_listened_to(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        await put(server.owner, administrator(None, "pw"))
        for _ in range(MAXIMUM_FAILURES):
            server.attempts.fail(ip_address("127.0.0.1"))
        async with guest(server) as chief:
            outcome = await chief.administer("pw")
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.ACCESS_DENIED


@pytest.mark.parametrize(
    ("rules", "hub_name", "code"),
    [
        ("", "", ErrorCode.IP_ADDRESS_DENIED),
        ("192.0.2.0/24\n", "", ErrorCode.IP_ADDRESS_DENIED),
        ("127.0.0.0/8\n", "", ErrorCode.NO_ERROR),
        ("127.0.0.1 LAB\n", "", ErrorCode.IP_ADDRESS_DENIED),
        ("127.0.0.1 LAB\n", "lab", ErrorCode.NO_ERROR),
    ],
)
async def test_the_address_list_is_read_at_each_log_in(
    tmp_path: Path, rules: str, hub_name: str, code: ErrorCode
) -> None:
    async with serving(tmp_path) as server, guest(server) as chief:
        await fill(server)
        (server.directory.path / "adminip.txt").write_text(rules)
        outcome = await chief.administer("hubpw" if hub_name else "adminpw", hub_name)
        assert (outcome.code if isinstance(outcome, Refused) else ErrorCode.NO_ERROR) == code


async def administering(stack: AsyncExitStack, server: Server) -> Guest:
    chief = await stack.enter_async_context(guest(server))
    assert isinstance(await chief.administer("adminpw"), AdminAccepted)
    return chief


async def test_calls_act_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        chief = await administering(stack, server)
        request = Pack()
        request.add_str("HubName", "new")
        request.add_bool("Online", True)
        assert (await chief.call("CreateHub", request)).int("error") == 0
        assert server.switches.find("NEW") is not None
        alice = await stack.enter_async_context(guest(server))
        assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)
        listing = Pack()
        listing.add_str("HubName", "LAB")
        assert (await chief.call("EnumSession", listing)).strs("Name") == ("SID-ALICE-1",)
        farewell = Pack()
        farewell.add_str("HubName", "LAB")
        farewell.add_str("Name", "SID-ALICE-1")
        assert (await chief.call("DeleteSession", farewell)).int("error") == 0
        assert server.sessions.count() == 0


async def test_pipelined_calls_are_answered_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        chief = await administering(stack, server)
        for number in range(20):
            request = Pack()
            request.add_str("function_name", "Test")
            request.add_int("IntValue", number)
            chief.send_call(request)
        chief.send_call(_call("GetServerInfo"))
        answers = [await _answer(chief) for _ in range(21)]
        assert [answer.int("IntValue") for answer in answers[:20]] == list(range(20))
        assert answers[20].str("ServerProductName")


def _call(name: str) -> Pack:
    pack = Pack()
    pack.add_str("function_name", name)
    return pack


async def _answer(chief: Guest) -> Pack:
    size = int.from_bytes(await chief.reader.readexactly(4))
    return decode(await chief.reader.readexactly(size))


async def test_what_is_no_call_ends_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, AsyncExitStack() as stack:
        await fill(server)
        for nonsense in (b"\xff\xff\xff\xff", b"\0\0\0\4\xff\xff\xff\xff"):
            chief = await administering(stack, server)
            chief.writer.write(nonsense)
            assert await chief.ended()
        assert isinstance(await administering(stack, server), Guest)


async def test_an_idle_administrator_stays(tmp_path: Path) -> None:
    """The deadline of the log-in is taken back."""
    async with (
        serving(tmp_path, Patience(progress_ms=200, whole_ms=400)) as server,
        AsyncExitStack() as stack,
    ):
        await fill(server)
        chief = await administering(stack, server)
        late = await stack.enter_async_context(guest(server))
        assert await late.ended()
        assert (await chief.call("GetServerInfo")).str("ServerProductName")
