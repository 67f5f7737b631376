"""Every call of the catalog, as PACK and as JSON, by every kind of administrator, with any record.

Whatever is asked, the answer is a record of the call or one of the protocol's numbers, rights are as the
catalog says, and the server makes no error of its own.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from etherloom.daemon.server import Server
from etherloom.model.errors import ErrorCode
from etherloom.rpc import json_codec, pack_codec
from etherloom.rpc.binary import BinaryRpc
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog.call import AnyCall, Who
from etherloom.rpc.catalog.index import CALLS
from etherloom.rpc.json_api import answer_text
from etherloom.wire.pack import Pack, decode
from tests.support.configuration import administrator, hub, put, user
from tests.support.guest import serving
from tests.unit.rpc.elements import records

CALLERS: Final = {
    "server": Caller(Role.SERVER, where="192.0.2.1"),
    "own hub": Caller(Role.HUB, "LAB", "192.0.2.1"),
    "other hub": Caller(Role.HUB, "ELSEWHERE", "192.0.2.1"),
    "nobody": Caller(Role.HUB, "", "192.0.2.1"),
}
# They end the process that the test itself runs in.
DEADLY: Final = {"Crash", "RebootServer"}
HARMLESS: Final[dict[str, dict[str, Any]]] = {
    "AddLocalBridge": {"tap": False},
    "SetKeep": {"enabled": False},
}
EXAMPLES: Final = 3


@asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[Server]:
    async with serving(folder) as server:
        await put(
            server.owner,
            hub("LAB"),
            hub("ELSEWHERE"),
            user("LAB", "alice", "secret"),
            administrator(None, "adminpw"),
            administrator("LAB", "hubpw"),
        )
        yield server


async def by_pack(server: Server, caller: Caller, call: AnyCall, request: Any) -> ErrorCode:
    pack = pack_codec.encode_record(request)
    pack.add_str("function_name", call.name)
    frame = await BinaryRpc(server.dispatcher, caller).handle(pack)
    answer: Pack = decode(frame[4:])
    if "error" in answer:
        return ErrorCode(answer.int("error"))
    pack_codec.decode_record(call.reply, answer)
    return ErrorCode.NO_ERROR


async def by_json(server: Server, caller: Caller, call: AnyCall, request: Any) -> ErrorCode:
    envelope: dict[str, Any] = {"jsonrpc": "2.0", "id": "1", "method": call.name}
    envelope["params"] = json_codec.encode_record(request)
    text = json.dumps(envelope).encode()
    answer = json.loads(await answer_text(server.dispatcher, caller, text))
    if "error" in answer:
        return ErrorCode(answer["error"]["code"])
    json_codec.decode_record(call.reply, answer["result"])
    return ErrorCode.NO_ERROR


def requests(call: AnyCall) -> list[Any]:
    """A few records, the same in every run; the first names what is there."""
    found: list[Any] = []

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(records(call.request))
    def collect(record: Any) -> None:
        found.append(record)

    collect()
    return found


def about(call: AnyCall, request: Any, hub_name: str) -> Any:
    """The same request about this hub, without what would touch the machine or the network around it."""
    known = {field.name for field in fields(request)}
    changed: dict[str, Any] = {"hub": hub_name} if "hub" in known else {}
    if call.name in HARMLESS:
        changed |= HARMLESS[call.name]
    return replace(request, **changed)


STOCK: Final = [call for call in CALLS if call.stock and call.name not in DEADLY]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", [by_pack, by_json])
async def test_every_call_by_every_caller(tmp_path: Path, way: Any) -> None:
    async with furnished(tmp_path) as server:
        for call in STOCK:
            for request in requests(call):
                for name, caller in CALLERS.items():
                    asked = about(call, request, "LAB")
                    if name == "server" and call.name in ("DeleteHub", "SetConfig"):
                        asked = about(call, request, "")
                    code = await way(server, caller, call, asked)
                    check(call, name, code)


def check(call: AnyCall, caller: str, code: ErrorCode) -> None:
    where = f"{call.name} by {caller}: {code.name}"
    assert code is not ErrorCode.INTERNAL_ERROR, where
    may = {
        "server": True,
        "own hub": call.who is not Who.SERVER,
        "other hub": call.who is Who.ANY,
        "nobody": call.who is Who.ANY,
    }[caller]
    if not may:
        # A call that looks at its parameters before the rights may complain of them instead.
        early = {ErrorCode.INVALID_PARAMETER} if call.check else set()
        assert code in {ErrorCode.NOT_ENOUGH_RIGHT, *early}, where
