"""JSON-RPC 2.0: from the text of one request to the text of its answer. Knows no transport.

A refusal's code is the protocol's number; the standard's negative numbers mean that the request is none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from etherloom.model.errors import Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.dispatch import Dispatcher
from etherloom.rpc.json_codec import Json, decode_record, encode_record

PARSE_ERROR: Final = -32_700
INVALID_REQUEST: Final = -32_600


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it came."""

    identifier: Json
    method: str
    parameters: Mapping[str, Json]


async def answer_request(dispatcher: Dispatcher, caller: Caller, text: bytes) -> dict[str, Json]:
    """Carry out the request in `text` and return the answer, whatever is wrong."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return error_answer(None, PARSE_ERROR, "this is no JSON")
    request = read_request(members)
    if request is None:
        identifier = members.get("id") if isinstance(members, dict) else None
        return error_answer(
            identifier, INVALID_REQUEST, "this is no JSON-RPC 2.0 request with named parameters"
        )
    try:
        result = await _call(dispatcher, caller, request)
    except Refusal as refusal:
        return error_answer(request.identifier, refusal.code, refusal.message)
    return {"jsonrpc": "2.0", "id": request.identifier, "result": result}


def read_request(members: Any) -> Request | None:
    """Return the request that a JSON value is, or None if it isn't one."""
    match members:
        case {"jsonrpc": "2.0", "method": str(method)}:
            identifier, parameters = members.get("id"), members.get("params", {})
        case _:
            return None
    if not isinstance(parameters, dict) or not isinstance(identifier, str | int | float | None):
        return None
    return Request(identifier, method, parameters)


async def _call(dispatcher: Dispatcher, caller: Caller, request: Request) -> dict[str, Json]:
    call = dispatcher.find(caller, request.method)
    reply = await dispatcher.call(caller, call, decode_record(call.request, request.parameters))
    return encode_record(reply)


def error_answer(identifier: Json, code: int, message: str) -> dict[str, Json]:
    """The answer to a request that failed."""
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": int(code), "message": message}}


def dump_line(answer: Mapping[str, Json]) -> bytes:
    """An answer or a request as one line."""
    return json.dumps(answer, separators=(",", ":")).encode() + b"\n"
