"""Binary framing: any cut of the bytes, sizes that are too large, answers to everything."""

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.binary import HUB_ADMINISTRATOR_BYTES, SERVER_ADMINISTRATOR_BYTES, BinaryRpc
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog import server
from etherloom.rpc.dispatch import AnyHandler, Dispatcher, Handler
from etherloom.rpc.handlers.server import echo
from etherloom.rpc.house import House
from etherloom.wire.pack import Pack, PackError, decode
from tests.vectors import load

SERVER = Caller(Role.SERVER, where="192.0.2.1")
HUB = Caller(Role.HUB, "LAB", "192.0.2.1")


def rpc(caller: Caller = SERVER) -> BinaryRpc:
    async def fail(_house: House, _caller: Caller, _request: Any) -> Any:
        raise Refusal(ErrorCode.HUB_NOT_FOUND, "x")

    handlers: list[AnyHandler] = [Handler(server.TEST, echo), Handler(server.GET_CAPS, fail)]
    return BinaryRpc(Dispatcher(cast(House, None), handlers), caller)


async def answer(pack: Pack, caller: Caller = SERVER) -> Pack:
    frame = await rpc(caller).handle(pack)
    assert int.from_bytes(frame[:4]) == len(frame) - 4
    return decode(frame[4:])


async def test_the_originals_example() -> None:
    connection = rpc()
    (call,) = connection.feed(load("administration_test_request"))
    assert await connection.handle(call) == load("administration_test_response")


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), max_size=20))
def test_calls_come_out_however_the_bytes_are_cut(sizes: list[int]) -> None:
    stream = load("administration_test_request") * 3
    connection, calls = rpc(), []
    for size in [*sizes, len(stream)]:
        calls += connection.feed(stream[:size])
        stream = stream[size:]
    assert [call.int("IntValue") for call in calls] == [7, 7, 7]


@pytest.mark.parametrize(
    ("caller", "limit"), [(SERVER, SERVER_ADMINISTRATOR_BYTES), (HUB, HUB_ADMINISTRATOR_BYTES)]
)
def test_a_frame_is_refused_by_its_size_alone(caller: Caller, limit: int) -> None:
    assert rpc(caller).feed(limit.to_bytes(4)) == []
    with pytest.raises(PackError):
        rpc(caller).feed((limit + 1).to_bytes(4))


@pytest.mark.parametrize("body", [b"", b"\xff" * 8, b"GET / HTTP/1.1\r\n"])
def test_what_is_no_pack_ends_the_connection(body: bytes) -> None:
    with pytest.raises(PackError):
        rpc().feed(len(body).to_bytes(4) + body)


@pytest.mark.parametrize("name", [None, "", "Nonsense", "Etherloom.GetSummary", "Debug"])
async def test_unknown_and_own_calls_are_not_supported(name: str | None) -> None:
    pack = Pack()
    if name is not None:
        pack.add_str("function_name", name)
    assert (await answer(pack)).int("error") == ErrorCode.NOT_SUPPORTED


async def test_a_refusal_is_its_number_alone() -> None:
    pack = Pack()
    pack.add_str("function_name", "getcaps")
    reply = await answer(pack)
    assert [element.name for element in reply] == ["error"]
    assert reply.int("error") == ErrorCode.HUB_NOT_FOUND
