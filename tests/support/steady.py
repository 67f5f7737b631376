"""TCP streams below whose windows nothing may get lost: what the kernel noticed on the way is the finding."""

import hashlib
import secrets
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.traffic import Station

_TCP_INFO_BYTES = 232
_TOTAL_RETRANS, _DSACK_DUPS, _RCV_OOOPACK = 100, 216, 224
_BLOCK = secrets.token_bytes(1 << 18)
_PATIENCE = 30.0


@dataclass(frozen=True)
class Finding:
    """How many segments were sent again, came twice, or came early."""

    retransmitted: int
    doubled: int
    early: int
    intact: bool


FLAWLESS = Finding(0, 0, 0, intact=True)


def calm(station: Station) -> None:
    """Let the kernel send again only what it has reason to believe lost: time alone is no reason here."""
    station.namespace.sysctl({"net/ipv4/tcp_early_retrans": "0", "net/ipv4/tcp_no_metrics_save": "1"})
    station.namespace.ip(
        f"route replace 10.88.0.0/24 dev {station.interface} rto_min 20s",
        f"route replace fd58::/64 dev {station.interface} rto_min 20s",
    )


class SteadyStream:
    """One stream from a station to another, until `finish`."""

    def __init__(self, sender: Station, receiver: Station, address: str, window: int) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with receiver.namespace.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
            listener.bind((address, 0))
            listener.listen(1)
            listener.settimeout(_PATIENCE)
            self._out = sender.namespace.socket(family, socket.SOCK_STREAM)
            self._out.settimeout(_PATIENCE)
            self._out.connect(listener.getsockname()[:2])
            self._into, _ = listener.accept()
        self._into.settimeout(_PATIENCE)
        self._over = threading.Event()
        self._sent, self._received = hashlib.sha256(), hashlib.sha256()
        self.bytes = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._give, self._take)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> Finding:
        self._over.set()
        for thread in self._threads:
            thread.join(2 * _PATIENCE)
        out, into = (
            end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
            for end in (self._out, self._into)
        )
        self._out.close()
        self._into.close()
        intact = self._sent.digest() == self._received.digest()
        return Finding(
            _number(out, _TOTAL_RETRANS), _number(out, _DSACK_DUPS), _number(into, _RCV_OOOPACK), intact
        )

    def _give(self) -> None:
        while not self._over.is_set():
            self._out.sendall(_BLOCK)
            self._sent.update(_BLOCK)
        self._out.shutdown(socket.SHUT_WR)

    def _take(self) -> None:
        while chunk := self._into.recv(1 << 18):
            self._received.update(chunk)
            self.bytes += len(chunk)


def _number(information: bytes, place: int) -> int:
    found: int = struct.unpack_from("=I", information, place)[0]
    return found


@contextmanager
def steady_streams(left: Station, right: Station, count: int, window: int) -> Iterator[list[Finding]]:
    """Streams both ways over both families while the block runs; the list is filled at its end."""
    for station in (left, right):
        calm(station)
    streams = []
    for number in range(count):
        sender, receiver = (left, right) if number % 2 else (right, left)
        address = receiver.v6 if number % 4 > 1 else receiver.v4
        streams.append(SteadyStream(sender, receiver, address, window))
    findings: list[Finding] = []
    try:
        yield findings
    finally:
        findings += [stream.finish() for stream in streams]
