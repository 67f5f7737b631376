"""Calls about licenses, which nobody needs: stock tools hide what is about them when they are refused."""

from typing import Any, Final, Never

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import license
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.house import House


async def refuse(_house: House, _caller: Caller, _request: Any) -> Never:
    raise Refusal(ErrorCode.NOT_SUPPORTED, "this server needs no licenses")


HANDLERS: Final = tuple(Handler(call, refuse) for call in license.CALLS)
