"""Peers that mean harm: bounded memory and time, and only their own session suffers (acceptance 10).

Each behaviour is played by several peers at once beside a running session of two honest clients. Their ping
is watched, and the server's memory.
"""

import contextlib
import secrets
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.support import script_pack, scripted
from tests.support.latency import Pinger
from tests.support.peers import Account, Kind
from tests.support.process import resident_bytes
from tests.support.scripted import Login, Stream
from tests.support.traffic import check_frames, wait_ping
from tests.support.underlay import dropping
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow, pytest.mark.alone]

_PEERS = 20
_MEMORY_LIMIT = 48 << 20
_PING_LIMIT_MS = 50.0
_DEADLINE_SECONDS = 25.0
_TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class Target:
    """Where a hostile peer goes, and from where."""

    world: World
    kind: Kind
    hub: str
    source: str

    def call(self) -> socket.socket:
        return scripted.call(self.world.seat("bert"), self.address, source=self.source)

    def dial(self) -> Stream:
        return scripted.dial(self.world.seat("bert"), self.address, source=self.source)

    def log_in(self) -> Stream:
        stream = self.dial()
        assert scripted.log_in(stream, Login(self.hub, "guest")).get("error", 0) == 0
        return stream

    @property
    def address(self) -> str:
        return self.world.address(self.kind)


def silent(target: Target) -> socket.socket:
    return target.call()


def silent_inside_tls(target: Target) -> socket.socket:
    return target.dial().tcp


def not_tls(target: Target) -> socket.socket:
    tcp = target.call()
    tcp.sendall(secrets.token_bytes(2000))
    return tcp


def tls_record_without_end(target: Target) -> socket.socket:
    tcp = target.call()
    tcp.sendall(bytes.fromhex("1603014000") + secrets.token_bytes(100))
    return tcp


def endless_header(target: Target) -> socket.socket:
    stream = target.dial()
    with contextlib.suppress(OSError):
        for _ in range(200):
            stream.send(b"X" * 16_000)
    return stream.tcp


def four_gigabytes_announced(target: Target) -> socket.socket:
    stream = target.dial()
    scripted.greet(stream)
    head = script_pack.request(script_pack.PACK_PATH, b"").replace(b"Length: 0", b"Length: 4294967295")
    stream.send(head + b"start")
    return stream.tcp


def pack_of_four_giga_elements(target: Target) -> socket.socket:
    return _after_hello(target, struct.pack("!I", 0xFFFFFFFF) + b"\0" * 40)


def value_of_four_gigabytes(target: Target) -> socket.socket:
    huge = struct.pack("!II", 1, 2) + b"a" + struct.pack("!III", 1, 1, 0xFFFFFFFF)
    return _after_hello(target, huge)


def duplicate_names(target: Target) -> socket.socket:
    element = struct.pack("!I", 7) + b"method" + struct.pack("!III", 2, 1, 5) + b"login"
    return _after_hello(target, struct.pack("!I", 2) + element * 2)


def half_a_pack(target: Target) -> socket.socket:
    stream = target.dial()
    scripted.greet(stream)
    request = scripted.login_request(Login(target.hub, "guest"))
    stream.send(request[: len(request) // 2])
    return stream.tcp


def garbage_after_welcome(target: Target) -> socket.socket:
    stream = target.log_in()
    with contextlib.suppress(OSError):
        stream.send(b"\xfe" + secrets.token_bytes(50_000))
    return stream.tcp


def four_gigabyte_block(target: Target) -> socket.socket:
    stream = target.log_in()
    stream.send(struct.pack("!II", 1, 0xFFFFFFF0) + bytes(1000))
    return stream.tcp


def _after_hello(target: Target, pack: bytes) -> socket.socket:
    stream = target.dial()
    scripted.greet(stream)
    stream.send(script_pack.request(script_pack.PACK_PATH, pack))
    return stream.tcp


_BEHAVIOURS: list[Callable[[Target], socket.socket]] = [
    silent,
    silent_inside_tls,
    not_tls,
    tls_record_without_end,
    endless_header,
    four_gigabytes_announced,
    pack_of_four_giga_elements,
    value_of_four_gigabytes,
    duplicate_names,
    half_a_pack,
    garbage_after_welcome,
    four_gigabyte_block,
]
# A stock server waits for ever for the first byte, and lets go of nothing before its time.
_STOCK_WAITS = {silent, tls_record_without_end}


@pytest.mark.parametrize("behave", _BEHAVIOURS)
@pytest.mark.parametrize(
    "kind", [Kind.OURS, pytest.param(Kind.STOCK, marks=pytest.mark.full)], ids=["ours", "stock"]
)
def test_hostile_peers_hurt_only_themselves(
    world: World, kind: Kind, behave: Callable[[Target], socket.socket]
) -> None:
    with _honest_session(world, kind) as (hub, pinger):
        before = _memory(world, kind)
        with contextlib.ExitStack() as stack, pinger:
            for source in world.more_addresses("bert", _PEERS):
                tcp = behave(Target(world, kind, hub, source))
                stack.callback(tcp.close)
            assert _memory(world, kind) - before < _MEMORY_LIMIT
            if kind is Kind.OURS or behave not in _STOCK_WAITS:
                assert _ends(tcp, _DEADLINE_SECONDS), "the server lets the peer stay"
        assert _memory(world, kind) - before < _MEMORY_LIMIT
        _check_ping(pinger)


def test_one_byte_a_second_wins_no_time(world: World) -> None:
    """The time for the TLS handshake is one budget; bytes now and then do not prolong it."""
    with _honest_session(world, Kind.OURS) as (hub, pinger):
        target = Target(world, Kind.OURS, hub, world.more_addresses("bert", 1)[0])
        hello = iter(bytes.fromhex("16030102000100") + bytes(100))
        with target.call() as tcp, pinger:
            wait_until(
                lambda: _refuses(tcp, bytes([next(hello)])),
                _DEADLINE_SECONDS,
                "the peer may go on",
                interval=1.0,
            )
        _check_ping(pinger)


@pytest.mark.full
@pytest.mark.timeout(180)
def test_one_byte_a_second_does_not_prolong_the_log_in(world: World) -> None:
    """So with the log-in, whose whole leaves a person time to type a PIN."""
    with _honest_session(world, Kind.OURS) as (hub, pinger):
        target = Target(world, Kind.OURS, hub, world.more_addresses("bert", 1)[0])
        text = iter(b"POST /vpnsvc/connect.cgi HTTP/1.1\r\n" + b"X-Long: y\r\n" * 100)
        with target.dial() as stream, pinger:
            wait_until(
                lambda: _refuses(stream.tcp, stream.seal(bytes([next(text)]))),
                130,
                "the peer may go on",
                interval=1.0,
            )
        _check_ping(pinger)


def _refuses(tcp: socket.socket, content: bytes) -> bool:
    try:
        tcp.sendall(content)
    except OSError:
        return True
    return _ends(tcp, 0.05)


@pytest.mark.parametrize(
    "kind", [Kind.OURS, pytest.param(Kind.STOCK, marks=pytest.mark.full)], ids=["ours", "stock"]
)
def test_vanished_peers_are_forgotten(world: World, kind: Kind) -> None:
    """No FIN ever comes: the session ends by its time-out, and its place is free."""
    with _honest_session(world, kind) as (hub, pinger):
        server = world.server(kind)
        server.set_timeout(hub, "guest", _TIMEOUT_SECONDS)
        target = Target(world, kind, hub, world.more_addresses("bert", 1)[0])
        with target.log_in() as stream, pinger:
            port = stream.tcp.getsockname()[1]
            with dropping(world.seat("bert"), port):
                assert "guest" in {session.user for session in server.sessions(hub)}
                wait_until(
                    lambda: "guest" not in {session.user for session in server.sessions(hub)},
                    3 * _TIMEOUT_SECONDS,
                    "the session is still there",
                )
        _check_ping(pinger)


@contextlib.contextmanager
def _honest_session(world: World, kind: Kind) -> Iterator[tuple[str, Pinger]]:
    with world.hub(kind) as hub:
        world.server(kind).create_user(hub, "guest", None)
        left, right = world.connect(kind, Kind.STOCK, hub, Account("", "", ""))
        wait_ping(left, right.v4)
        yield hub, Pinger(world.stock, left, right.v4, world.folder)
        check_frames(left, right)
        with scripted.dial(world.seat("bert"), world.address(kind)) as stream:
            assert scripted.log_in(stream, Login(hub, "guest")).get("error", 0) == 0


def _check_ping(pinger: Pinger) -> None:
    latency = pinger.latency()
    assert latency.p99 < _PING_LIMIT_MS, str(latency)
    assert latency.loss < 0.02, str(latency)


def _memory(world: World, kind: Kind) -> int:
    return sum(resident_bytes(pid) for pid in world.server(kind).pids())


def _ends(tcp: socket.socket, timeout: float) -> bool:
    """Tell whether the other side ends the connection in time."""
    tcp.settimeout(timeout)
    try:
        while tcp.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
