"""Hooks of a whole server: what real log-ins and sessions set off, and the commands that administer them."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
import structlog

from etherloom.daemon.server import Server
from etherloom.handshake.messages import Refused, Welcome
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hook import Event, EventKind
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog import hook
from tests.support.asynchronous import until
from tests.support.configuration import hub, put, user
from tests.support.guest import guest, serving
from tests.support.receiver import answer, receiving, silence
from tests.unit.cli.support import Shell


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    """Log lines of the server in this process would land in the command's output."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path / "state", capsys, monkeypatch)


@asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[Server]:
    async with serving(folder) as server:
        await put(server.owner, hub("LAB"), user("LAB", "alice", "secret"))
        yield server


async def come_and_go(server: Server) -> None:
    """A session that ends, and a log-in that fails."""
    async with guest(server) as alice:
        assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)
        server.sessions.disconnect("LAB", alice.welcome.session_name)
    async with guest(server) as mallory:
        assert isinstance(await mallory.log_in("LAB", "alice", "wrong"), Refused)


async def test_callables_learn_of_everything(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server:
        seen: list[Event] = []
        server.events.subscribe(seen.append)
        await come_and_go(server)
        await until(lambda: len(seen) == 4, "all four")
        found = {event.kind: event for event in seen}
        assert set(found) == set(EventKind)
        for event in seen:
            assert (event.hub, event.user.lower(), event.address) == ("LAB", "alice", "127.0.0.1")
            assert event.client == "Etherloom VPN Client"
        assert [e.kind for e in seen[:2]] == [EventKind.LOGIN_GRANTED, EventKind.SESSION_UP]
        down, refused = found[EventKind.SESSION_DOWN], found[EventKind.LOGIN_REFUSED]
        assert (down.session, down.reason) == ("SID-ALICE-1", "disconnected by an administrator")
        assert found[EventKind.SESSION_UP].session == "SID-ALICE-1"
        assert refused.code == ErrorCode.AUTH_FAILED
        assert refused.reason


async def test_ports_of_programs_and_bridges_are_no_log_ins(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server:
        seen: list[Event] = []
        server.events.subscribe(seen.append)
        async with server.house.programs.attach("LAB"):
            pass
        await until(lambda: server.sessions.count() == 0, "it has left")
        await come_and_go(server)
        await until(lambda: len(seen) == 4, "only the client's")


async def test_commands_and_webhooks_from_the_command_line(tmp_path: Path, shell: Shell) -> None:
    async with furnished(tmp_path) as server, receiving(answer(503), answer(200), tls=True) as there:
        (tmp_path / "ca.pem").write_text(there.authority)
        log = tmp_path / "log"
        await shell.ok("hook", "add", "run", "--", "/bin/sh", "-c", f"echo $EL_EVENT >> {log}")
        added = await shell.table(
            *("hook", "add", "web", "--url", there.url(), "--on", "login-refused"),
            *("--hub", "lab", "--ca", str(tmp_path / "ca.pem")),
        )
        await come_and_go(server)
        await until(lambda: log.exists() and len(log.read_text().split()) == 4, "the command ran")
        assert sorted(log.read_text().split()) == sorted(kind.value for kind in EventKind)
        await until(lambda: server.house.deliveries.state("web").delivered == 1, "it is delivered")
        request = there.requests[-1]
        signed = request.headers["etherloom-timestamp"].encode() + b"." + request.body
        assert request.headers["etherloom-signature"] == "sha256=" + (
            hmac.new(added["secret"].encode(), signed, sha256).hexdigest()
        )
        assert json.loads(request.body)["event"] == "login-refused"
        rows = {row["name"]: row for row in await shell.table("hook", "list")}
        assert (rows["run"]["delivered"], rows["web"]["delivered"]) == (4, 1)
        assert rows["web"]["events"] == "login-refused"
        assert "secret" not in rows["web"]
        listed = (await shell.ok("hook", "list")).output
        assert there.url() in listed
        assert "/bin/sh -c" in listed


async def test_a_hook_is_tried_and_deleted(tmp_path: Path, shell: Shell) -> None:
    async with furnished(tmp_path):
        await shell.ok("hook", "add", "good", "--", "/bin/true")
        await shell.ok("hook", "add", "bad", "--timeout", "0.2", "--", "/bin/sleep", "9")
        assert "works" in (await shell.ok("hook", "test", "good")).output
        assert "longer than 200 ms" in await shell.refused("hook", "test", "bad")
        await shell.ok("hook", "delete", "bad")
        assert [row["name"] for row in await shell.table("hook", "list")] == ["good"]
        assert "no hook" in await shell.refused("hook", "delete", "bad")


async def test_a_secret_of_ones_own_is_not_shown(tmp_path: Path, shell: Shell) -> None:
    async with furnished(tmp_path) as server:
        url = ("--url", "https://receiver.example/")
        outcome = await shell.ok("hook", "add", "web", *url, "--secret-stdin", stdin="sixteen or longer\n")
        assert "sixteen" not in outcome.output
        secret = server.owner.snapshot.hook_secret("web")
        assert secret is not None
        assert secret.key == "sixteen or longer"
        database = b"".join(p.read_bytes() for p in sorted((tmp_path / "state").glob("state.sqlite*")))
        assert b"receiver.example" in database
        assert b"sixteen or longer" not in database
        assert "16 to 255" in await shell.refused("hook", "add", "w", *url, "--secret-stdin", stdin="x\n")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("x",), 2, "give either"),
        (("x", "--url", "https://a.example", "--", "/bin/true"), 2, "give either"),
        (("x", "--on", "breakfast", "--", "/bin/true"), 1, "no event"),
        (("x", "--hub", "NONE", "--", "/bin/true"), 1, "no hub"),
        (("x", "--", "true"), 1, "absolute path"),
        (("x", "--url", "http://a.example"), 1, "https://"),
        (("x", "--url", "https://a.example", "--ca", "/etc/passwd"), 1, "no certificate"),
        (("", "--", "/bin/true"), 1, "name the hook"),
    ],
)
async def test_wrong_hooks(
    tmp_path: Path, shell: Shell, arguments: tuple[str, ...], status: int, words: str
) -> None:
    async with furnished(tmp_path) as server:
        assert words in await shell.refused("hook", "add", *arguments, status=status)
        assert server.owner.snapshot.hooks() == []


async def test_hooks_are_added_at_the_machine_only(tmp_path: Path) -> None:
    """They run programs as the server's user."""
    async with furnished(tmp_path) as server:
        wish = hook.HookWish(name="x", command=("/bin/true",))
        for caller in (Caller(Role.SERVER, where="192.0.2.1"), Caller(Role.HUB, "LAB", "192.0.2.1")):
            with pytest.raises(Refusal) as refused:
                await server.dispatcher.call(caller, hook.ADD_HOOK, wish)
            assert refused.value.code is ErrorCode.NOT_ENOUGH_RIGHT


async def test_log_ins_do_not_wait_for_hooks(tmp_path: Path) -> None:
    count = 20
    async with furnished(tmp_path) as server, receiving(silence) as dead:
        began = tmp_path / "began"
        for wish in (
            hook.HookWish(name="dead", url=dead.url(), timeout_ms=30_000),
            hook.HookWish(
                name="hangs", command=("/bin/sh", "-c", f"touch {began}; exec sleep 1000"), timeout_ms=30_000
            ),
        ):
            await server.dispatcher.call(Caller.local(), hook.ADD_HOOK, wish)
        for _ in range(count):
            async with guest(server) as alice:
                assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)
        await until(lambda: began.exists() and bool(dead.requests), "both are at work")
        # One event is under way; all others wait.
        for name in ("dead", "hangs"):
            state = server.house.deliveries.state(name)
            assert state.waiting >= 2 * count - 1
            assert (state.delivered, state.failed, state.dropped) == (0, 0, 0)


async def test_a_server_stops_while_hooks_are_at_work(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server:
        began = tmp_path / "began"
        wish = hook.HookWish(name="x", command=("/bin/sh", "-c", f"touch {began}; exec sleep 1000"))
        await server.dispatcher.call(Caller.local(), hook.ADD_HOOK, wish)
        await come_and_go(server)
        await until(began.exists, "it began")
        stopping = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - stopping < 3
