"""Our vpncmd administers our server: what it shows, what it asks, and a connection that breaks."""

import asyncio
import io
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import structlog

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.server import GET_SERVER_INFO
from etherloom.rpc.remote import Login, RemoteClient
from etherloom.vpncmd.main import run
from tests.support.configuration import administrator, put
from tests.support.guest import server_port, serving

PASSWORD = "adminpw"
Vpncmd = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    """Log lines of the server in this process would land in the command's output."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(tmp_path))
        await put(server.owner, administrator(None, PASSWORD))
        yield server_port(server)


@pytest.fixture
def vpncmd(port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Vpncmd:
    """The program beside the server's event loop; returns code and output."""

    async def call(*arguments: str, password: str = PASSWORD, keyboard: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(keyboard))
        argv = [f"127.0.0.1:{port}", "/SERVER", f"/PASSWORD:{password}", *arguments]
        code = await asyncio.to_thread(run, argv)
        return code, capsys.readouterr().out

    return call


async def test_a_hub_and_its_users(vpncmd: Vpncmd, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(
        "HubCreate LAB /PASSWORD:none\nHub LAB\nUserCreate alice /GROUP:none /REALNAME:Alice /NOTE:none\n"
        "UserPasswordSet alice /PASSWORD:word\nUserPolicySet alice /NAME:MaxConnection /VALUE:5\nUserList\n"
        "UserGet alice\nUserDelete bob\n"
    )
    code, output = await vpncmd("/CSV", "/PROGRAMMING", f"/IN:{script}")
    assert code == ErrorCode.OBJECT_NOT_FOUND, output
    assert "[PROMPT:0:VPN Server/LAB>]\nUserList\nUser Name,Full Name,Group Name," in output
    assert "\nalice,Alice,-,,Password Authentication,0," in output
    assert "MaxConnection,Maximum Number of TCP Connections,5 \n" in output
    assert output.endswith("Error occurred. (Error code: 29)\nObject not found.\n")


async def test_json_shows_the_reply(vpncmd: Vpncmd) -> None:
    code, output = await vpncmd("/JSON", "/CMD", "ServerInfoGet")
    assert code == 0
    assert json.loads(output)["ServerProductName_str"] == "Etherloom VPN Server"
    code, output = await vpncmd("/JSON", "/CMD", "HubDelete", "NO")
    assert (code, json.loads(output)["error"]["code"]) == (8, 8)
    code, output = await vpncmd("/JSON", "/CMD", "HubList", password="wrong")
    assert (code, json.loads(output)["error"]["code"]) == (12, 12)


async def test_a_hub_is_selected_on_the_way(vpncmd: Vpncmd) -> None:
    await vpncmd("/CMD", "HubCreate", "LAB", "/PASSWORD:hubpw")
    code, output = await vpncmd("/ADMINHUB:lab", "/CMD", "StatusGet")
    assert code == 0
    assert "VPN Server/LAB>StatusGet\n" in output
    code, output = await vpncmd("/ADMINHUB:NO", "/CMD", "StatusGet")
    assert code == ErrorCode.INVALID_PARAMETER
    assert "Error occurred. (Error code: 8)" in output
    code, output = await vpncmd("/HUB:LAB", "/CMD", "UserList", password="hubpw")
    assert code == 0
    assert "You have administrator privileges for Virtual Hub 'LAB' on the VPN Server." in output


async def test_a_wrong_password(vpncmd: Vpncmd) -> None:
    code, output = await vpncmd("/PROGRAMMING", "/CSV", "/CMD", "HubList", password="wrong")
    assert (code, output) == (12, "Error occurred. (Error code: 12)\nAccess has been denied.\n")
    code, output = await vpncmd("/CSV", "/CMD", "HubList", password="wrong", keyboard=f"bad\n{PASSWORD}\n")
    assert code == 0
    assert output.count("You can try inputting the password again.") == 2


async def test_a_new_password_is_asked_for_twice(vpncmd: Vpncmd) -> None:
    code, output = await vpncmd("/CMD", "ServerPasswordSet", keyboard="one\ntwo\nnew\nnew\n")
    assert code == 0
    assert output.count("Confirm input: ") == 2
    assert (await vpncmd("/CMD", "HubList", password="new"))[0] == 0


class Relay:
    """A TCP relay whose connections can be cut."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0
        self._links: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self.accepted += 1
                self._links += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)

    def cut(self) -> None:
        for link in self._links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        self._links.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    made = Relay(port)
    try:
        yield made
    finally:
        made.close()


async def test_a_broken_connection_is_opened_once_more(port: int) -> None:
    def administer() -> int:
        with relay(port) as between:
            client = RemoteClient(Login("127.0.0.1", between.port, password=PASSWORD))
            try:
                client.call(GET_SERVER_INFO, Empty())
                between.cut()
                assert client.call(GET_SERVER_INFO, Empty()).product == "Etherloom VPN Server"
                return between.accepted
            finally:
                client.close()

    assert await asyncio.to_thread(administer) == 2


async def test_a_server_that_is_gone(port: int) -> None:
    def administer() -> ErrorCode:
        with relay(port) as between:
            client = RemoteClient(Login("127.0.0.1", between.port, password=PASSWORD))
            between.close()
            try:
                client.call(GET_SERVER_INFO, Empty())
            except Refusal as refusal:
                return refusal.code
            finally:
                client.close()
        return ErrorCode.NO_ERROR

    assert await asyncio.to_thread(administer) == ErrorCode.CONNECT_FAILED
