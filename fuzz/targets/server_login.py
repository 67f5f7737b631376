"""The server's handshake: whatever comes, the machine answers the same however it is cut, and in bounds.

The first byte says how to cut. With the next one odd, the rest is a PACK after a good signature; else it
is the raw stream.
"""

from typing import assert_never

from etherloom.handshake.messages import (
    AdditionalConnection,
    AdminLogin,
    ClientRequest,
    Close,
    Direction,
    EnumerateHubs,
    LoginRequest,
    PasswordChange,
    Send,
    UnknownMethod,
    WelcomeParameters,
)
from etherloom.handshake.negotiation import Manner, negotiate, session_policy
from etherloom.handshake.server_login import Action, HttpRequest, Request, ServerLogin
from etherloom.model.errors import ErrorCode
from etherloom.model.policy import DEFAULT_POLICY
from etherloom.wire import http
from etherloom.wire.pack import Pack
from fuzz.targets.cutting import cut

_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
# A page for each of the requests allowed, and one failure.
_MAXIMUM_ANSWER = 64 * 1_024


def fuzz_one(data: bytes) -> None:
    if len(data) < 2:
        return
    stream = data[2:]
    if data[1] % 2:
        stream = http.signature_request("h") + http.pack_request("h", stream, _DATE)
    whole, pieces = _run(stream, 0), _run(stream, data[0])
    assert whole == pieces


def _run(stream: bytes, size: int) -> list[object]:
    machine = ServerLogin(bytes(20))
    actions: list[Action] = []
    for piece in cut(stream, size):
        actions += machine.feed(piece, _DATE)
    last = actions[-1:]
    assert all(not isinstance(action, Request | Close) for action in actions[:-1])
    seen = [_seen(action) for action in actions]
    assert sum(len(answer) for answer in seen if isinstance(answer, bytes)) <= _MAXIMUM_ANSWER
    for action in last:
        if isinstance(action, Request):
            seen += [_decide(machine, action.request), machine.leftover]
    return seen


def _seen(action: Action) -> object:
    """What must not depend on the cutting: all but how much of a request had come when it was shown."""
    if isinstance(action, Send):
        return action.data
    if isinstance(action, HttpRequest):
        return action.answer
    return action


def _decide(machine: ServerLogin, request: ClientRequest) -> bytes:
    match request:
        case LoginRequest():
            return machine.accept_login(_welcome(request), b"")
        case AdditionalConnection():
            return machine.accept_additional(Direction.BOTH, b"")
        case AdminLogin():
            return machine.accept_admin(True, b"")
        case EnumerateHubs():
            return machine.answer(Pack(), b"")
        case PasswordChange() | UnknownMethod():
            return machine.refuse(ErrorCode.PROTOCOL_ERROR, b"")
        case _:
            assert_never(request)


def _welcome(request: LoginRequest) -> WelcomeParameters:
    modes = negotiate(request.wishes, DEFAULT_POLICY)
    return WelcomeParameters(
        session_name=f"SID-{request.user}-1",
        connection_name="CID-1",
        max_connection=modes.max_connection,
        use_encrypt=modes.use_encrypt,
        use_compress=modes.use_compress,
        half_connection=modes.half_connection,
        timeout_ms=modes.timeout_ms,
        qos=modes.qos,
        session_key=bytes(20),
        policy=session_policy(DEFAULT_POLICY, Manner.wished(request.wishes)),
    )
