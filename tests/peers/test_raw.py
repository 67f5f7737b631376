"""Sessions without encryption leave TLS in the middle of a TCP stream, at any segment border (acceptance 4).

A scripted peer sends the first plain bytes in the same segment as the last TLS record, or every byte alone.
It cuts a frame in two there: if one byte is swallowed or taken for TLS, the second half ends in nonsense.
"""

import secrets
from collections.abc import Callable

import pytest

from tests.support import script_pack, scripted
from tests.support.peers import Account, Kind
from tests.support.scripted import Login, ScriptedServer, Stream
from tests.support.traffic import ETHERTYPE, FramePort, Station
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_PORT = 4433
_ANYBODY = b"\xff" * 6
Send = Callable[[Stream, bytes], None]


def in_one_segment(stream: Stream, content: bytes) -> None:
    stream.tcp.sendall(content)


def byte_by_byte(stream: Stream, content: bytes) -> None:
    stream.dribble(content)


both_ways = pytest.mark.parametrize("send", [in_one_segment, byte_by_byte])
both_kinds = pytest.mark.parametrize("kind", list(Kind), ids=[kind.value for kind in Kind])


def _frame(payload: bytes, number: int = 1) -> bytes:
    source = bytes([2, 0, 0, 0, 99, number])
    return _ANYBODY + source + ETHERTYPE.to_bytes(2, "big") + payload


@both_ways
@both_kinds
def test_client_leaves_tls_at_the_right_byte(world: World, kind: Kind, send: Send) -> None:
    client = world.client(kind, "anna")
    address = world.address(kind)
    payload = secrets.token_bytes(400)
    block = script_pack.group([_frame(payload)])
    with ScriptedServer(world.host(kind), address, _PORT) as server:
        client.connect(Account(address, "ANY", "anna", None, port=_PORT, encrypt=False))
        stream, request = server.accept()
        with stream:
            assert request["use_encrypt"] == 0
            send(stream, stream.seal(scripted.welcome(encrypt=False)) + block[:100])
            world.wait_established(client)
            with FramePort(world.station(client)) as port:
                stream.tcp.sendall(block[100:])
                port.expect(payload)
                _check_upwards(stream, port)
        client.disconnect()


def _check_upwards(stream: Stream, port: FramePort) -> None:
    """What the client sends is plain blocks from the first byte."""
    payload = secrets.token_bytes(60)
    port.send(payload)
    reader, frames = script_pack.BlockReader(), [b""]
    while frames[-1][14:] != payload:
        frames.extend(reader.feed(stream.tcp.recv(65536)))


@both_ways
@both_kinds
def test_server_leaves_tls_at_the_right_byte(world: World, kind: Kind, send: Send) -> None:
    namespace, address = world.seat("anna"), world.address(kind)
    with world.hub(kind, plaintext=True) as hub:
        world.server(kind).create_user(hub, "guest", None)
        wish = Login(hub, "guest", connections=2, encrypt=False)
        with scripted.dial(namespace, address) as first, scripted.dial(namespace, address) as second:
            listener = _listener(world, kind, hub)
            key = _enter(first, scripted.login_request(wish), send)["session_key"]
            assert isinstance(key, bytes)
            _arrives(first, listener)
            _enter(second, scripted.additional_request(key), send)
            _arrives(second, listener)


_HALF = script_pack.group([_frame(b"half" * 50)])


def _enter(stream: Stream, request: bytes, send: Send) -> dict[str, script_pack.Value]:
    """Ask, with the first half of a frame right behind the request, and return the answer."""
    scripted.greet(stream)
    send(stream, stream.seal(request) + _HALF[:50])
    reply = scripted.answer(stream)
    assert reply.get("error", 0) == 0
    stream.tcp.sendall(_HALF[50:])
    return reply


def _listener(world: World, kind: Kind, hub: str) -> Station:
    client = world.client(Kind.STOCK, "bert")
    client.connect(Account(world.address(kind), hub, "bert"))
    world.wait_established(client)
    return world.station(client)


def _arrives(stream: Stream, listener: Station) -> None:
    """Frames sent in the clear come out at a client, and its frames come back in the clear."""
    payload = secrets.token_bytes(200)
    with FramePort(listener) as port:
        wait_until(lambda: _passes(stream, port, payload), 10, "the frame does not arrive")


def _passes(stream: Stream, port: FramePort, payload: bytes) -> bool:
    stream.tcp.sendall(script_pack.group([_frame(payload)]))
    return port.receive(0.3) == payload
