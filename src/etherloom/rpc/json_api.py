"""JSON-RPC as the original's official clients speak it (reference: administration, section 4.3).

Differs from json_rpc in its errors, which are the protocol's own numbers, in the form of its text, and in
being for stock calls only. Knows no transport.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.dispatch import Dispatcher
from etherloom.rpc.json_codec import Json, decode_record, encode_record

_NO_IDENTIFIER: Final = "0"


async def answer_text(dispatcher: Dispatcher, caller: Caller, text: bytes) -> bytes:
    """Carry out the request in `text` and return the answer's text, whatever is wrong."""
    identifier: Json = _NO_IDENTIFIER
    try:
        members = _parse(text)
        identifier = _identifier(members)
        result = await call_by_name(dispatcher, caller, *_read_call(members))
    except Refusal as refusal:
        return dump_error(refusal, identifier)
    return dump_result(result, identifier)


async def call_by_name(
    dispatcher: Dispatcher, caller: Caller, method: str, parameters: Mapping[str, Json]
) -> dict[str, Json]:
    """Make the call of this name. Raises Refusal."""
    call = dispatcher.find(caller, method)
    return encode_record(await dispatcher.call(caller, call, decode_record(call.request, parameters)))


def dump_result(result: Mapping[str, Json], identifier: Json) -> bytes:
    return _dump({"result": dict(result), "jsonrpc": "2.0", "id": identifier})


def dump_error(refusal: Refusal, identifier: Json) -> bytes:
    code = int(refusal.code)
    error: dict[str, Json] = {"code": code, "message": f"Error code {code}: {refusal.message}"}
    return _dump({"error": error, "jsonrpc": "2.0", "id": identifier})


def _dump(answer: dict[str, Json]) -> bytes:
    # Stock servers escape slashes; a client that compares texts sees no difference.
    return json.dumps(answer, indent=4, ensure_ascii=False).replace("/", "\\/").encode()


def _parse(text: bytes) -> dict[str, Any]:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        raise _invalid("the request is no JSON") from None
    if not isinstance(members, dict) or members.get("jsonrpc") != "2.0":
        raise _invalid("the request is no JSON-RPC 2.0 object (batches aren't served)")
    return members


def _identifier(members: Mapping[str, Any]) -> Json:
    identifier = members.get("id")
    return identifier if isinstance(identifier, str | int | float) else _NO_IDENTIFIER


def _read_call(members: Mapping[str, Any]) -> tuple[str, Mapping[str, Json]]:
    method, parameters = members.get("method"), members.get("params")
    if not isinstance(method, str) or not method:
        raise _invalid("the request names no method")
    if not isinstance(parameters, dict):
        raise _invalid("the request has no params object; {} will do where nothing is needed")
    return method, parameters


def _invalid(message: str) -> Refusal:
    return Refusal(ErrorCode.INVALID_PARAMETER, message)
