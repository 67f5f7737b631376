"""Administration calls as JSON: any bytes get an answer that is JSON, and break nothing.

The handlers only give back what they were asked, so that every record is read and written.
"""

import asyncio
import json
from typing import Any, cast

from structlog.testing import capture_logs

from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog.index import CALLS
from etherloom.rpc.dispatch import AnyHandler, Dispatcher, Handler
from etherloom.rpc.house import House
from etherloom.rpc.json_api import answer_text
from etherloom.rpc.json_rpc import answer_request, dump_line


def _make_dispatcher() -> Dispatcher:
    async def echo(_house: House, _caller: Caller, request: Any) -> Any:
        return request

    handlers: list[AnyHandler] = [Handler(call, echo) for call in CALLS]
    return Dispatcher(cast(House, None), handlers)


_DISPATCHER = _make_dispatcher()
_STRANGER = Caller(Role.SERVER, where="192.0.2.1")


def fuzz_one(data: bytes) -> None:
    with capture_logs():  # the audit lines of calls that only come back are noise
        asyncio.run(_answer(data))


async def _answer(data: bytes) -> None:
    answer = json.loads(await answer_text(_DISPATCHER, _STRANGER, data))
    assert answer["jsonrpc"] == "2.0"
    assert ("error" in answer) != ("result" in answer)
    line = dump_line(await answer_request(_DISPATCHER, Caller.local(), data))
    assert line.count(b"\n") == 1
