"""UDP acceleration as a server has it, looked at by clients whose every datagram the test makes itself.

What is written here holds for a stock server too (--full runs it there): it says what stock peers rely on.
"""

import contextlib
import secrets
import socket
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from tests.support.accelerated import Offer, Pulsing, ScriptedSession, Source, frame, join, live
from tests.support.acceleration_datagrams import Body
from tests.support.etherloom import EtherloomServer
from tests.support.peers import Kind
from tests.support.scripted import Login
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

both_kinds = pytest.mark.parametrize(
    "kind", [Kind.OURS, pytest.param(Kind.STOCK, marks=pytest.mark.full)], ids=["ours", "stock"]
)
_READY_SECONDS = 20.0
# A path that is dead is found out after 2.1 s, or after 9 s by peers of old.
_FAST_SECONDS, _NORMAL_SECONDS = 5.0, 13.0
_OLD_MS = 31_000


@dataclass(frozen=True)
class Mode:
    """One way to agree on datagrams."""

    offer: Offer = field(default_factory=Offer)
    encrypt: bool = True
    family: int = 4

    @property
    def dead_seconds(self) -> float:
        return _FAST_SECONDS if self.offer.fast else _NORMAL_SECONDS


_MODES = {
    "new": Mode(),
    "new-slow": Mode(Offer(fast=False)),
    "plain": Mode(encrypt=False),
    "plain-v6": Mode(encrypt=False, family=6),
    "new-v6": Mode(family=6),
}
_OLD = Mode(Offer(newest=1))


@dataclass(frozen=True)
class Room:
    """A hub on which scripted clients meet."""

    world: World
    kind: Kind
    hub: str

    def session(self, mode: Mode, seat: str = "anna") -> ScriptedSession:
        address = self.world.address(self.kind, mode.family)
        login = Login(self.hub, "guest", encrypt=mode.encrypt)
        return join(self.world.seat(seat), address, login, mode.offer)

    def neighbour(self) -> ScriptedSession:
        """Somebody on the same hub, by TCP."""
        address = self.world.address(self.kind)
        return join(self.world.seat("bert"), address, Login(self.hub, "guest"))


@contextlib.contextmanager
def _room(world: World, kind: Kind) -> Iterator[Room]:
    with world.hub(kind, plaintext=True) as hub:
        world.server(kind).create_user(hub, "guest", None)
        yield Room(world, kind, hub)


def _get_ready(sessions: Sequence[ScriptedSession], *everybody: Pulsing) -> None:
    live(
        lambda: all(session.carried("udp") >= 3 for session in sessions),
        _READY_SECONDS,
        "frames don't change over to datagrams",
        *everybody,
    )


# -- frames


@pytest.mark.full
@pytest.mark.timeout(300)
@both_kinds
def test_frames_change_over_and_back_and_none_is_lost(world: World, kind: Kind) -> None:
    with _room(world, kind) as room, contextlib.ExitStack() as stack:
        sessions = {name: stack.enter_context(room.session(mode)) for name, mode in _MODES.items()}
        deaf = stack.enter_context(room.session(Mode()))
        deaf.echoing = False
        neighbour = stack.enter_context(room.neighbour())
        source = Source(neighbour, 1)
        everybody: list[Pulsing] = [*sessions.values(), deaf, neighbour, source]

        _get_ready([*sessions.values()], *everybody)
        assert not deaf.carried("udp"), "the path to a client that never heard of the server carries nothing"
        for session in sessions.values():
            assert session.frames[0][0] == "tcp", "a path must prove itself first"
            _check_datagrams(session)
            upwards = frame(2, secrets.token_bytes(8))
            session.send_frame(upwards)
            live(partial(neighbour.carried, "tcp", upwards), 5, "nothing comes up", *everybody)

        for name, session in sessions.items():
            _fall_and_return(session, _MODES[name], everybody)
        for session in (*sessions.values(), deaf):
            _check_complete(session, source)


def _fall_and_return(session: ScriptedSession, mode: Mode, everybody: Sequence[Pulsing]) -> None:
    """Frames go by TCP while the client is not heard of by datagram."""
    session.beating = False
    before = session.carried("tcp")
    live(lambda: session.carried("tcp") >= before + 3, mode.dead_seconds, "it doesn't fall back", *everybody)
    session.beating = True
    before = session.carried("udp")
    live(lambda: session.carried("udp") >= before + 3, _READY_SECONDS, "it doesn't return", *everybody)


def _check_complete(session: ScriptedSession, source: Source) -> None:
    """Each frame has come once, except those that are still under way."""
    got = [content for _, content in session.frames if content in set(source.sent)]
    assert len(got) == len(set(got)), "frames have come twice"
    first = source.sent.index(got[0])
    missing = set(source.sent[first:]) - set(got)
    assert missing <= set(source.sent[-5:]), f"{len(missing)} of {len(source.sent)} frames are lost"


def _check_datagrams(session: ScriptedSession) -> None:
    bodies = session.datagrams
    ticks = [body.tick for body in bodies]
    assert session.strangers == 0
    assert 0 not in ticks
    assert ticks == sorted(ticks)
    assert bodies[0].echo == 0 or bodies[0].echo <= bodies[-1].echo
    assert 0 < bodies[-1].echo <= session.body().tick
    if session.number("use_encryption"):
        size = 12 if session.version == 2 else 20
        beginnings = [datagram[:size] for datagram in session.sealed]
        assert len(set(beginnings)) == len(beginnings), "a nonce was used twice"


@both_kinds
def test_compressed_frames_come_in_whoever_said_so(world: World, kind: Kind) -> None:
    """Each datagram says for itself whether its frame is compressed."""
    with _room(world, kind) as room, room.session(Mode()) as session, room.neighbour() as neighbour:
        content = frame(3, bytes(1200))
        session.send(session.seal(session.body(zlib.compress(content), compressed=True)))
        live(lambda: neighbour.carried("tcp", content), 5, "nothing has come", session, neighbour)


# -- version 1


def test_version_1_is_not_granted_unasked(world: World) -> None:
    with _room(world, Kind.OURS) as room, room.session(_OLD) as session:
        assert session.version == 0


@both_kinds
def test_version_1_where_it_is_allowed(world: World, kind: Kind) -> None:
    with _room(world, kind) as room:
        server = world.server(kind)
        if isinstance(server, EtherloomServer):
            server.cli("hub", "set", room.hub, "--udp-acceleration-v1", "on")
        with room.session(_OLD) as session, room.neighbour() as neighbour:
            assert session.version == 1
            source = Source(neighbour, 1)
            _get_ready([session], session, neighbour, source)
            _check_datagrams(session)
            upwards = frame(2, secrets.token_bytes(8))
            session.send_frame(upwards)
            live(lambda: neighbour.carried("tcp", upwards), 5, "nothing comes up", session, neighbour)


# -- where the client is


@both_kinds
def test_server_follows_a_client_that_moves(world: World, kind: Kind) -> None:
    with _room(world, kind) as room, room.session(Mode()) as session, room.neighbour() as neighbour:
        source = Source(neighbour, 1)
        _get_ready([session], session, neighbour, source)
        session.move()
        before = session.carried("udp")
        live(
            lambda: session.carried("udp") >= before + 10,
            _FAST_SECONDS,
            "datagrams don't follow",
            *(session, neighbour, source),
        )


# -- strangers


@both_kinds
def test_forged_and_replayed_datagrams_do_nothing(world: World, kind: Kind) -> None:
    with _room(world, kind) as room, room.session(Mode()) as session, room.neighbour() as neighbour:
        source = Source(neighbour, 1)
        _get_ready([session], session, neighbour, source)
        evil = frame(66, secrets.token_bytes(8))
        recorded = session.seal(session.body())
        session.send(recorded)
        live(lambda: session.datagrams[-1].echo, 5, "no answer", session, neighbour, source)
        with session.open_socket() as stranger:
            before = session.carried("udp")
            for datagram in [*_forgeries(session, evil), recorded]:
                session.send(datagram, via=stranger)
            live(
                lambda: session.carried("udp") >= before + 20,
                _FAST_SECONDS,
                "the client gets no datagrams any more",
                *(session, neighbour, source),
            )
            assert _is_silent(stranger), "a stranger gets datagrams"
        assert neighbour.carried("tcp", evil) == 0
        honest = frame(4, secrets.token_bytes(8))
        session.send_frame(honest)
        live(lambda: neighbour.carried("tcp", honest), 5, "nothing comes up", session, neighbour, source)


def _forgeries(session: ScriptedSession, evil: bytes) -> Iterator[bytes]:
    """What somebody can send who doesn't have the key, has an old datagram, or is the client and lies."""
    yield b""
    for size in (1, 11, 12, 27, 28, 50, 51, 100, 1500, 9000):
        yield secrets.token_bytes(size)
    proper = session.seal(session.body(evil))
    for place in (0, 11, 12, 40, len(proper) - 1):
        damaged = bytearray(proper)
        damaged[place] ^= 1
        yield bytes(damaged)
    yield proper[:-1]
    yield proper + b"\0"
    yield session.cipher(own=False).seal(session.body(evil).encode())
    body = session.body(evil)
    yield session.seal(replace(body, cookie=body.cookie ^ 1))
    yield session.seal(replace(body, cookie=session.number("client_cookie")))
    yield session.seal(replace(body, tick=body.tick - _OLD_MS))
    yield from (session.seal(lie) for lie in _lies(body))
    yield session.cipher(own=True).seal(body.encode()[:22])


def _lies(body: Body) -> Iterator[Body]:
    # Older than what was received, so that an honest header doesn't move the peer's address.
    body = replace(body, tick=body.tick - 1_000)
    yield replace(body, length=65_535)
    yield replace(body, payload=body.payload.ljust(1_601, b"."))
    yield replace(body, compressed=True)
    yield replace(body, payload=zlib.compress(body.payload.ljust(60_000, b".")), compressed=True)


def _is_silent(stranger: socket.socket) -> bool:
    try:
        stranger.recv(65_535)
    except BlockingIOError:
        return True
    return False


# -- offers that aren't any


@pytest.mark.parametrize(
    "offer",
    [
        Offer(port=0),
        Offer(port=65_536 + 40_000),
        Offer(more={"udp_acceleration_client_key": b"k" * 19}),
        Offer(more={"udp_acceleration_client_key_v2": b"k" * 127}),
        Offer(more={"udp_acceleration_client_ip": "somewhere"}),
        Offer(more={"use_udp_acceleration": 0}),
        Offer(more={"udp_acceleration_version": 0}),
        Offer(newest=0),
        Offer(newest=77),
    ],
    ids=str,
)
@both_kinds
def test_odd_offers_cost_nobody_the_session(world: World, kind: Kind, offer: Offer) -> None:
    _check_goes_on(world, kind, offer)


def test_an_empty_key_costs_nobody_the_session(world: World) -> None:
    """A stock server accepts it, with nothing that a datagram could be sealed by."""
    _check_goes_on(world, Kind.OURS, Offer(more={"udp_acceleration_client_key_v2": b""}))


def _check_goes_on(world: World, kind: Kind, offer: Offer) -> None:
    with _room(world, kind) as room, room.session(Mode(offer)) as session, room.neighbour() as neighbour:
        assert session.version in (0, 1, 2)
        content = frame(5, secrets.token_bytes(8))
        neighbour.send_frame(content)
        live(lambda: session.carried("tcp", content), 5, "nothing comes down", session, neighbour)
