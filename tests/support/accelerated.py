"""Scripted ends of sessions with UDP acceleration: every datagram is made and judged by the test."""

import contextlib
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from tests.support import script_pack, scripted
from tests.support.acceleration_datagrams import Body, Cipher, New, NotAuthentic, Old, Plain
from tests.support.netns import Namespace
from tests.support.script_pack import BlockReader, Value
from tests.support.scripted import Login, Stream
from tests.support.traffic import ETHERTYPE
from tests.support.waiting import wait_until

_BEAT_SECONDS = 0.4
# Silence on TCP ends a session, however busy its datagrams are.
_TCP_BEAT_SECONDS = 4.0
_FRAME_SECONDS = 0.1
_TCP_SECONDS = 10.0
_BIGGEST_DATAGRAM = 65_535


@dataclass(frozen=True)
class Offer:
    """What the client says of UDP acceleration in its log-in."""

    newest: int = 2
    fast: bool = True
    port: int | None = None
    more: dict[str, Value] = field(default_factory=dict)

    def elements(self, port: int, key: bytes, key_v2: bytes) -> dict[str, Value]:
        return {
            "use_udp_acceleration": 1,
            "udp_acceleration_version": 1,
            "udp_acceleration_max_version": self.newest,
            "udp_acceleration_client_ip": 0,
            "udp_acceleration_client_port": port if self.port is None else self.port,
            "udp_acceleration_client_key": key,
            "udp_acceleration_client_key_v2": key_v2,
            "support_hmac_on_udp_acceleration": 1,
            "support_udp_accel_fast_disconnect_detect": int(self.fast),
            **self.more,
        }


Elements = Mapping[str, Value]


class Pulsing(Protocol):
    """What has something to do now and then."""

    def pulse(self) -> None: ...


class ScriptedSession:
    """One end of a session, as a context manager: the client's, or with `serving` the server's.

    `datagrams` are those of the other end, opened, `sealed` the same as they came; `frames` are its frames
    with the way they took. `strangers` counts what didn't open.
    """

    def __init__(
        self,
        namespace: Namespace,
        stream: Stream,
        other: str,
        offer: Elements,
        welcome: Elements,
        opened: socket.socket,
        *,
        serving: bool = False,
    ) -> None:
        self._namespace = namespace
        self._stream = stream
        self._other = other
        self._offer = offer
        self._own, self._peer = ("server", "client") if serving else ("client", "server")
        self.welcome = welcome
        self.socket = opened
        self._blocks = BlockReader()
        self.datagrams: list[Body] = []
        self.sealed: list[bytes] = []
        self.frames: list[tuple[str, bytes]] = []
        self.strangers = 0
        self.beating = self.echoing = True
        self.echo = 0
        self._beat_due = self._tcp_beat_due = 0.0

    def __enter__(self) -> "ScriptedSession":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.tcp.close()
        self.socket.close()

    # -- what was agreed

    @property
    def version(self) -> int:
        """The version that the server granted, 0 for none."""
        if not self.welcome.get("use_udp_acceleration"):
            return 0
        return self.number("version")

    def number(self, name: str) -> int:
        """An element of the server's block."""
        value = self.welcome[f"udp_acceleration_{name}"]
        assert isinstance(value, int), name
        return value

    @property
    def other(self) -> tuple[str, int]:
        """Where the other end waits for datagrams."""
        port = self.welcome["udp_acceleration_server_port"]
        if self._own == "server":
            port = self._offer["udp_acceleration_client_port"]
        assert isinstance(port, int)
        return self._other, port

    def cipher(self, *, own: bool) -> Cipher:
        """Each end seals with its own key."""
        if not self.number("use_encryption"):
            return Plain()
        end = self._own if own else self._peer
        said = self._offer if end == "client" else self.welcome
        name = f"udp_acceleration_{end}_key"
        key = said[f"{name}_v2" if self.version == 2 else name]
        assert isinstance(key, bytes)
        return New(key) if self.version == 2 else Old(key)

    # -- sending

    def open_socket(self) -> socket.socket:
        """One more UDP socket where this end lives."""
        return open_datagrams(self._namespace, self._other)

    def body(self, payload: bytes = b"", *, compressed: bool = False) -> Body:
        """What a proper end would send now."""
        return Body(self.number(f"{self._peer}_cookie"), now_ms(), self.echo, payload, compressed)

    def seal(self, body: Body) -> bytes:
        return self.cipher(own=True).seal(body.encode())

    def send(self, datagram: bytes, via: socket.socket | None = None) -> None:
        """Send bytes as they are."""
        (via or self.socket).sendto(datagram, self.other)

    def send_frame(self, frame: bytes) -> None:
        """By datagram, where that was agreed."""
        if self.version:
            self.send(self.seal(self.body(frame)))
        else:
            self.send_by_tcp(script_pack.group([frame]))

    def move(self) -> None:
        """Go on from another port, as behind a NAT that has forgotten us."""
        self.socket.close()
        self.socket = self.open_socket()

    # -- receiving

    def carried(self, way: str, frame: bytes = b"") -> int:
        """How many frames came this way, or how often this one did."""
        return sum(one == way and frame in (b"", content) for one, content in self.frames)

    def pulse(self) -> None:
        """Send what is due and take what has come.

        Without `beating` no datagram is sent; without `echoing` those that are answer nothing.
        """
        now = time.monotonic()
        if self.beating and self.version and now >= self._beat_due:
            self._beat_due = now + _BEAT_SECONDS
            body = self.body()
            self.send(self.seal(body if self.echoing else replace(body, echo=0)))
        if now >= self._tcp_beat_due:
            self._tcp_beat_due = now + _TCP_BEAT_SECONDS
            self.send_by_tcp(script_pack.keep_alive(bytes(8)))
        self._take()

    def send_by_tcp(self, content: bytes) -> None:
        self._stream.tcp.settimeout(_TCP_SECONDS)
        self._stream.tcp.sendall(self._stream.seal(content) if self._tls else content)

    @property
    def _tls(self) -> bool:
        return bool(self.welcome["use_encrypt"])

    def _take(self) -> None:
        if scripted.readable(self._stream.tcp, 0):
            self._stream.tcp.settimeout(_TCP_SECONDS)
            content = self._stream.receive_plain() if self._tls else self._stream.tcp.recv(65_536)
            self.frames += (("tcp", frame) for frame in self._blocks.feed(content))
        with contextlib.suppress(BlockingIOError):
            while True:
                self._take_datagram(self.socket.recv(_BIGGEST_DATAGRAM))

    def _take_datagram(self, datagram: bytes) -> None:
        try:
            body = Body.decode(self.cipher(own=False).open(datagram))
        except NotAuthentic:
            self.strangers += 1
            return
        assert body.cookie == self.number(f"{self._own}_cookie")
        self.sealed.append(datagram)
        self.datagrams.append(body)
        self.echo = max(self.echo, body.tick)
        if body.payload:
            self.frames.append(("udp", body.frame))


def join(
    namespace: Namespace, address: str, login: Login, offer: Offer | None = None, port: int = 443
) -> ScriptedSession:
    """Log in and be the client's end; without an offer by TCP alone."""
    opened = open_datagrams(namespace, address)
    keys = secrets.token_bytes(20), secrets.token_bytes(128)
    elements = offer.elements(opened.getsockname()[1], *keys) if offer else {}
    stream = scripted.dial(namespace, address, port)
    welcome = scripted.log_in(stream, replace(login, more=elements))
    assert not welcome.get("error"), welcome
    return ScriptedSession(namespace, stream, address, elements, welcome, opened)


def grant(opened: socket.socket, **changes: Value) -> dict[str, Value]:
    """What a server says that waits for datagrams at this socket; the changes without their prefix."""
    plain: dict[str, Value] = {
        "version": 2,
        "server_ip": 0,
        "server_port": opened.getsockname()[1],
        "server_key": secrets.token_bytes(20),
        "server_key_v2": secrets.token_bytes(128),
        "server_cookie": 0x5EC0_0C1E,
        "client_cookie": 0xC11E_0C1E,
        "use_encryption": 1,
    }
    return {
        "use_udp_acceleration": 1,
        "use_hmac_on_udp_acceleration": 1,
        "udp_accel_fast_disconnect_detect": 1,
        **{f"udp_acceleration_{name}": value for name, value in {**plain, **changes}.items()},
    }


def open_datagrams(namespace: Namespace, other: str) -> socket.socket:
    """A UDP socket for this family of addresses, on any port."""
    family = socket.AF_INET6 if ":" in other else socket.AF_INET
    opened = namespace.socket(family, socket.SOCK_DGRAM)
    opened.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))
    opened.setblocking(False)
    return opened


class Source:
    """Sends numbered frames to everybody on the hub, and knows them."""

    def __init__(self, sender: ScriptedSession, mark: int) -> None:
        self.sent: list[bytes] = []
        self._sender = sender
        self._mark = mark
        self._due = 0.0

    def pulse(self) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _FRAME_SECONDS
            self.sent.append(frame(self._mark, b"%08d" % len(self.sent)))
            self._sender.send_frame(self.sent[-1])


def frame(mark: int, content: bytes) -> bytes:
    """Return a frame to everybody from a station of this number."""
    return (
        b"\xff" * 6 + bytes([2, 0, 0, 0, 98, mark]) + ETHERTYPE.to_bytes(2, "big") + content.ljust(50, b".")
    )


def live(until: Callable[[], object], timeout: float, what: str, *pulsing: Pulsing) -> None:
    """Keep all of them going until something has become true."""

    def probe() -> bool:
        for one in pulsing:
            one.pulse()
        return bool(until())

    wait_until(probe, timeout, what, 0.01)


def now_ms() -> int:
    """A clock as the protocol wants one: never 0."""
    return time.monotonic_ns() // 1_000_000 + 1
