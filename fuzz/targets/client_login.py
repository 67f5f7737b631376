"""The client's handshakes: whatever a server says, the outcome is the same however it is cut.

The first byte says how to cut, the second which machine listens and how far its handshake has come.
"""

from collections.abc import Callable
from functools import partial

from etherloom.handshake.additional_connection import AdditionalConnect
from etherloom.handshake.admin_login import AdminConnect
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.client_login import AnonymousLogin, ClientLogin
from etherloom.handshake.messages import SessionWishes, Welcome
from etherloom.wire import http
from etherloom.wire.pack import Pack, encode
from fuzz.targets.cutting import cut

_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
_FACTS = ClientFacts(product="Fuzzed VPN Client", version=501, build=9674)
_WISHES = SessionWishes(max_connection=8)


def _hello() -> bytes:
    pack = Pack()
    pack.add_str("hello", "server")
    pack.add_data("random", bytes(20))
    return http.pack_response(encode(pack), _DATE)


def fuzz_one(data: bytes) -> None:
    if len(data) < 2:
        return
    stream = data[2:]
    # One bit: the stream is raw, or a PACK in a good response.
    if data[1] & 1:
        stream = http.pack_response(stream, _DATE)
    make = _MACHINES[(data[1] >> 1) % len(_MACHINES)]
    assert _run(make, stream, 0) == _run(make, stream, data[0])


_Machine = ClientLogin | AdditionalConnect | AdminConnect


def _run(make: Callable[[], _Machine], stream: bytes, size: int) -> tuple[list[object], bytes]:
    machine = make()
    actions: list[object] = []
    for piece in cut(stream, size):
        actions += machine.feed(piece, _DATE)
    for action in actions:
        if isinstance(action, Welcome):
            assert 1 <= action.parameters.max_connection <= 32
            assert action.parameters.use_encrypt
            assert len(action.parameters.session_key) == 20
    return actions, machine.leftover


def _fresh_login() -> ClientLogin:
    return ClientLogin("h", "hub", "user")


def _greeted_login() -> ClientLogin:
    machine = _fresh_login()
    machine.feed(_hello(), _DATE)
    machine.login(AnonymousLogin(), _WISHES, _FACTS, b"")
    return machine


def _additional(*, greeted: bool) -> AdditionalConnect:
    machine = AdditionalConnect("h", bytes(20), _FACTS)
    machine.feed(_hello() if greeted else b"", _DATE)
    return machine


def _admin(*, greeted: bool) -> AdminConnect:
    machine = AdminConnect("h", "", bytes(20), _FACTS)
    machine.feed(_hello() if greeted else b"", _DATE)
    return machine


_MACHINES: list[Callable[[], _Machine]] = [
    _fresh_login,
    _greeted_login,
    partial(_additional, greeted=False),
    partial(_additional, greeted=True),
    partial(_admin, greeted=False),
    partial(_admin, greeted=True),
]
