"""UDP acceleration as a client has it, looked at by a server whose every datagram the test makes itself.

What is written here holds for a stock client too, except where it says so (--full runs it there).
"""

import contextlib
import secrets
import time
from collections.abc import Iterator, Mapping

import pytest

from tests.support import scripted
from tests.support.accelerated import ScriptedSession, frame, grant, live, open_datagrams
from tests.support.peers import Account, Client, Kind
from tests.support.script_pack import Value
from tests.support.scripted import ScriptedServer
from tests.support.traffic import ETHERTYPE, FramePort
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

both_kinds = pytest.mark.parametrize(
    "kind", [Kind.OURS, pytest.param(Kind.STOCK, marks=pytest.mark.full)], ids=["ours", "stock"]
)
_PORT = 4434
_READY_SECONDS = 20.0
_FAST_SECONDS = 5.0
_FRAME_SECONDS = 0.1
# In the time that so many take, a client would have sent several keep-alives.
_ENOUGH_FRAMES = 30


@contextlib.contextmanager
def _served(
    world: World, kind: Kind, *, encrypt: bool = True, changes: Mapping[str, Value] | None = None
) -> Iterator[tuple[ScriptedSession, Client, dict[str, Value]]]:
    """The server's end of a session with the client at Anna's, the client, and what it asked for."""
    client, host, address = world.client(kind, "anna"), world.host(kind), world.address(kind)
    account = Account(address, "ANY", "anna", None, port=_PORT, encrypt=encrypt, udp_acceleration=True)
    with ScriptedServer(host, address, _PORT) as server:
        client.connect(account)
        stream, request = server.accept()
        opened = open_datagrams(host, address)
        granted = grant(opened, **{"use_encryption": int(encrypt), **(changes or {})})
        welcome = {"use_encrypt": int(encrypt), **granted}
        peer = stream.tcp.getpeername()[0]
        session = ScriptedSession(host, stream, peer, request, welcome, opened, serving=True)
        with session:
            stream.send(scripted.welcome(encrypt=encrypt, more=granted))
            world.wait_established(client)
            yield session, client, request
            assert client.established()
        client.disconnect()


def test_offer_is_what_stock_servers_look_for(world: World) -> None:
    with _served(world, Kind.OURS) as (_, _, request):
        assert request["use_udp_acceleration"] == 1
        assert request["udp_acceleration_version"] == 1
        assert request["udp_acceleration_max_version"] == 2
        assert "udp_acceleration_client_ip" in request
        assert isinstance(request["udp_acceleration_client_port"], int)
        keys = request["udp_acceleration_client_key"], request["udp_acceleration_client_key_v2"]
        assert [len(key) for key in keys if isinstance(key, bytes)] == [20, 128]
        assert request["support_hmac_on_udp_acceleration"] == 1
        assert request["support_udp_accel_fast_disconnect_detect"] == 1


@both_kinds
@pytest.mark.parametrize("encrypt", [True, False], ids=["new", "plain"])
def test_frames_change_over_and_back(world: World, kind: Kind, encrypt: bool) -> None:
    served = _served(world, kind, encrypt=encrypt)
    with served as (session, client, _), FramePort(world.station(client)) as port:
        sent = _Sending(port)
        _await_way("udp", session, sent, _READY_SECONDS)
        assert session.strangers == 0
        assert session.carried("tcp", sent.mark), "a path must prove itself first"
        payload = secrets.token_bytes(40)
        session.send_frame(frame(1, payload))
        port.expect(payload.ljust(50, b"."))

        session.beating = False
        _await_way("tcp", session, sent, _FAST_SECONDS)
        session.beating = True
        _await_way("udp", session, sent, _READY_SECONDS)


def _await_way(way: str, session: ScriptedSession, sent: "_Sending", timeout: float) -> None:
    """Wait until some more frames have come this way."""
    before = session.carried(way, sent.mark)
    live(lambda: session.carried(way, sent.mark) >= before + 3, timeout, f"no frames by {way}", session, sent)


class _Sending:
    """Sends the same frame from the client's adapter again and again."""

    def __init__(self, port: FramePort) -> None:
        self._port = port
        self._payload = secrets.token_bytes(60)
        self._due = 0.0
        self.mark = b"\xff" * 6 + port.mac + ETHERTYPE.to_bytes(2, "big") + self._payload

    def pulse(self) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _FRAME_SECONDS
            self._port.send(self._payload)


def test_a_grant_without_a_port_is_none(world: World) -> None:
    """A stock client resets the session for it."""
    with _served(world, Kind.OURS, changes={"server_port": 0}) as (session, client, _):
        _check_silent(session, client, world)


@pytest.mark.parametrize(
    "changes",
    [
        {"server_port": 65_536 + 40_000},
        {"server_cookie": 0},
        {"client_cookie": 0},
        {"server_key_v2": b"k" * 127},
        {"server_key_v2": b""},
        {"version": 3},
        {"version": 0xFFFF_FFFF},
        {"use_encryption": 0},
        {"version": 1},
    ],
    ids=str,
)
def test_our_client_refuses_what_would_lay_its_frames_open(world: World, changes: dict[str, Value]) -> None:
    """No frame of a session inside TLS goes in plain text beside it, or by what can be changed on the way."""
    with _served(world, Kind.OURS, changes=changes) as (session, client, _):
        _check_silent(session, client, world)


def _check_silent(session: ScriptedSession, client: Client, world: World) -> None:
    """The client goes on by TCP and sends no datagram at all."""
    session.beating = False
    with FramePort(world.station(client)) as port:
        sent = _Sending(port)
        live(
            lambda: session.carried("tcp", sent.mark) >= _ENOUGH_FRAMES,
            _READY_SECONDS,
            "no frames by TCP",
            *(session, sent),
        )
    assert not session.datagrams
    assert not session.strangers
