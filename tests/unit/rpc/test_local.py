"""The Unix socket: who is let in, what it answers to nonsense, and its client."""

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc import local
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import hub, server
from etherloom.rpc.client import SOCKET_NAME, AdminClient, ClientError, NoServer
from etherloom.rpc.dispatch import AnyHandler, Dispatcher, Handler
from etherloom.rpc.handlers.server import echo
from etherloom.rpc.house import House
from etherloom.rpc.local import MAXIMUM_CONNECTIONS, LocalServer
from etherloom.store.directory import StateDirectory

LONGEST_LINE = 1_048_576


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[Path]:
    """A socket that knows Test, and DeleteHub which is always refused."""

    async def refuse(_house: House, _caller: Caller, _request: Any) -> Any:
        raise Refusal(ErrorCode.HUB_NOT_FOUND, "there is no such hub")

    handlers: list[AnyHandler] = [Handler(server.TEST, echo), Handler(hub.DELETE_HUB, refuse)]
    with StateDirectory.open(path) as directory:
        dispatcher = Dispatcher(cast(House, None), handlers)
        served = LocalServer(directory.address(SOCKET_NAME), dispatcher, longest_line=LONGEST_LINE)
        await served.start()
        try:
            yield path
        finally:
            await served.stop()


async def exchange(path: Path, *lines: bytes) -> list[Any]:
    """Send lines and read answers until the server hangs up or all are answered."""
    reader, writer = await asyncio.open_unix_connection(path / SOCKET_NAME)
    writer.write(b"".join(lines))
    writer.write_eof()
    answers = [json.loads(line) async for line in reader]
    writer.close()
    await writer.wait_closed()
    return answers


def request(method: str, params: Any, identifier: Any = 1) -> bytes:
    return (
        json.dumps({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params}).encode() + b"\n"
    )


async def test_calls_are_answered_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path / "state") as path:
        answers = await exchange(
            path, request("Test", {"IntValue_u32": 5}, "a"), request("test", {"IntValue_u32": 6})
        )
    assert [answer["id"] for answer in answers] == ["a", 1]
    assert [answer["result"]["StrValue_str"] for answer in answers] == ["5", "6"]


async def test_the_socket_is_closed_to_others_and_goes_with_the_server(tmp_path: Path) -> None:
    async with serving(tmp_path / "state") as path:
        found = (path / SOCKET_NAME).stat()
        assert stat.S_ISSOCK(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == 0o600
    assert not (path / SOCKET_NAME).exists()


async def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    async with serving(tmp_path / "state") as path:
        os.rename(path / SOCKET_NAME, path / "kept")
    os.rename(path / "kept", path / SOCKET_NAME)
    async with serving(path):
        assert await exchange(path, request("Test", {}))


async def test_a_file_of_that_name_is_left_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / SOCKET_NAME).write_text("mine")
    with pytest.raises(OSError, match="in use"):
        async with serving(state):
            raise AssertionError("it started")
    assert (state / SOCKET_NAME).read_text() == "mine"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"nonsense\n", -32_700),
        (b"[" * 100_000 + b"\n", -32_700),
        (b"\xff\xfe\n", -32_700),
        (b"[]\n", -32_600),
        (b"7\n", -32_600),
        (b'{"jsonrpc":"1.0","method":"Test"}\n', -32_600),
        (b'{"jsonrpc":"2.0","method":7}\n', -32_600),
        (b'{"jsonrpc":"2.0","method":"Test","params":[1]}\n', -32_600),
        (b'{"jsonrpc":"2.0","method":"Nonsense"}\n', ErrorCode.NOT_SUPPORTED),
        (b'{"jsonrpc":"2.0","method":"Test","params":{"IntValue_u32":-1}}\n', ErrorCode.INVALID_PARAMETER),
        (b'{"jsonrpc":"2.0","method":"DeleteHub","params":{"HubName_str":"A"}}\n', ErrorCode.HUB_NOT_FOUND),
    ],
)
async def test_a_bad_request_costs_itself_only(tmp_path: Path, line: bytes, code: int) -> None:
    async with serving(tmp_path / "state") as path:
        answers = await exchange(path, line, request("Test", {}))
    assert answers[0]["error"]["code"] == code
    assert answers[0]["error"]["message"]
    assert answers[1]["result"]


async def test_a_line_has_a_limit(tmp_path: Path) -> None:
    async with serving(tmp_path / "state") as path:
        reader, writer = await asyncio.open_unix_connection(path / SOCKET_NAME)
        writer.write(b"x" * (LONGEST_LINE + 100_000))
        answer = json.loads(await reader.readline())
        assert "at most" in answer["error"]["message"]
        writer.transport.abort()


async def test_others_are_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "read_peer_user", lambda _connection: os.geteuid() + 4_711)
    async with serving(tmp_path / "state") as path:
        (answer,) = await exchange(path)
    assert answer["error"]["code"] == ErrorCode.NOT_ENOUGH_RIGHT


async def test_only_so_many_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path / "state") as path:
        crowd = [await asyncio.open_unix_connection(path / SOCKET_NAME) for _ in range(MAXIMUM_CONNECTIONS)]
        (answer,) = await exchange(path)
        assert answer["error"]["code"] == ErrorCode.TOO_MANY_CONNECTION
        for _, writer in crowd:
            writer.close()
            await writer.wait_closed()


# --- the client


async def test_the_client_makes_calls(tmp_path: Path) -> None:
    def work(path: Path) -> server.Echo:
        with AdminClient(path) as client:
            client.call(server.TEST, server.Echo(1))
            return client.call(server.TEST, server.Echo(41, unicode="Ü"))

    async with serving(tmp_path / "state") as path:
        assert await asyncio.to_thread(work, path) == server.Echo(41, text="41", unicode="Ü")


async def test_the_client_raises_refusals(tmp_path: Path) -> None:
    def work(path: Path) -> None:
        with AdminClient(path) as client:
            client.call(hub.DELETE_HUB, hub.HubName("LAB"))

    async with serving(tmp_path / "state") as path:
        with pytest.raises(Refusal, match="no such hub") as refused:
            await asyncio.to_thread(work, path)
    assert refused.value.code is ErrorCode.HUB_NOT_FOUND


async def test_deep_directories_work(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.parent.mkdir()

    def work() -> int:
        with AdminClient(deep) as client:
            return client.call(server.TEST, server.Echo(3)).number

    async with serving(deep):
        assert await asyncio.to_thread(work) == 3


@pytest.mark.parametrize("exists", [True, False])
def test_no_server(tmp_path: Path, exists: bool) -> None:
    state = tmp_path / "state"
    if exists:
        state.mkdir(mode=0o700)
    with pytest.raises(NoServer, match=r"no server is running on .*: start one with `etherloom serve`"):
        AdminClient(state)


async def test_a_killed_server_is_no_server(tmp_path: Path) -> None:
    async with serving(tmp_path / "state") as path:
        os.rename(path / SOCKET_NAME, path / "kept")
    os.rename(path / "kept", path / SOCKET_NAME)
    with pytest.raises(NoServer):
        AdminClient(path)


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\n", b"[]\n", b'{"error":{"code":-32700,"message":"no"}}\n']
)
async def test_a_server_that_makes_no_sense(tmp_path: Path, answer: bytes) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    def work() -> None:
        with AdminClient(state) as client:
            client.call(server.TEST, server.Echo())

    async with await asyncio.start_unix_server(talk, state / SOCKET_NAME):
        with pytest.raises(ClientError):
            await asyncio.to_thread(work)
