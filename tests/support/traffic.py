"""Traffic between two stations of a virtual Ethernet, made and checked in the test's own process.

A station is an interface in a namespace; sockets are opened in there, the kernel on both sides does the rest.
"""

import hashlib
import itertools
import os
import secrets
import socket
import struct
import threading
import time
from dataclasses import dataclass

from tests.support.netns import Namespace
from tests.support.waiting import wait_until

ETHERTYPE = 0x88B5
_BROADCAST = b"\xff" * 6
_identifiers = itertools.count(os.getpid() & 0xFFFF)


@dataclass(frozen=True)
class Station:
    """An interface that takes part in the virtual Ethernet."""

    namespace: Namespace
    interface: str
    v4: str
    v6: str

    def configure(self) -> None:
        """Give the interface its addresses and bring it up."""
        self.namespace.ip(
            f"addr flush dev {self.interface} scope global",
            f"link set {self.interface} up",
            f"addr add {self.v4}/24 dev {self.interface}",
            f"addr add {self.v6}/64 dev {self.interface} nodad",
        )

    @property
    def mac(self) -> bytes:
        with self.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as probe:
            probe.bind((self.interface, 0))
            address: bytes = probe.getsockname()[4]
            return address

    def forget_neighbours(self) -> None:
        self.namespace.ip(f"neigh flush dev {self.interface}")

    def neighbour(self, address: str) -> str:
        """Return the MAC address that this station has resolved for an address, or nothing."""
        return self.namespace.neighbours(self.interface).get(address, "")


def ping(station: Station, address: str, timeout: float = 1.0, size: int = 56) -> float | None:
    """Send one echo request; return the round-trip time in seconds, or None."""
    six = ":" in address
    family, protocol = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    )
    identifier = next(_identifiers) & 0xFFFF
    request = _echo_request(identifier, secrets.token_bytes(size), six)
    with station.namespace.socket(family, socket.SOCK_RAW, protocol) as icmp:
        started = time.perf_counter()
        deadline = started + timeout
        try:
            icmp.sendto(request, (address, 0))
        except OSError:
            return None
        while (left := deadline - time.perf_counter()) > 0:
            icmp.settimeout(left)
            try:
                packet = icmp.recv(65536)
            except OSError:
                return None
            if _is_reply(packet, identifier, six):
                return time.perf_counter() - started
    return None


def wait_ping(station: Station, address: str, timeout: float = 15.0) -> float:
    """Ping until an answer comes; return its round-trip time."""
    what = f"{station.namespace.label} gets no echo from {address}"
    return wait_until(lambda: ping(station, address, 0.5), timeout, what)


def transfer(
    sender: Station,
    receiver: Station,
    size: int,
    address: str,
    timeout: float = 20.0,
    content: bytes = b"",
) -> float:
    """Send `size` bytes (random, or `content` again and again) by TCP, check them; return the seconds."""
    content = content or secrets.token_bytes(min(size, 1 << 20))
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with receiver.namespace.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((address, 0))
        listener.listen(1)
        listener.settimeout(timeout)
        sink = _Sink(listener, timeout)
        sink.start()
        started = time.perf_counter()
        with sender.namespace.socket(family, socket.SOCK_STREAM) as stream:
            stream.settimeout(timeout)
            stream.connect(listener.getsockname()[:2])
            sent = _send(stream, content, size)
            stream.shutdown(socket.SHUT_WR)
            sink.join(timeout)
        assert sink.digest == sent, f"{sink.received} of {size} bytes arrived, or wrong ones: {sink.error}"
        return time.perf_counter() - started


class _Sink(threading.Thread):
    """Receives one stream and digests it."""

    def __init__(self, listener: socket.socket, timeout: float) -> None:
        super().__init__(daemon=True)
        self._listener = listener
        self._timeout = timeout
        self.digest = b""
        self.received = 0
        self.error: OSError | None = None

    def run(self) -> None:
        digest = hashlib.sha256()
        try:
            stream, _ = self._listener.accept()
            with stream:
                stream.settimeout(self._timeout)
                while chunk := stream.recv(1 << 16):
                    digest.update(chunk)
                    self.received += len(chunk)
        except OSError as error:
            self.error = error
            return
        self.digest = digest.digest()


def _send(stream: socket.socket, content: bytes, size: int) -> bytes:
    digest = hashlib.sha256()
    left = size
    while left:
        part = content[:left]
        stream.sendall(part)
        digest.update(part)
        left -= len(part)
    return digest.digest()


class FramePort:
    """Raw frames of one EtherType at a station. What the station itself sent is not received."""

    def __init__(self, station: Station, ethertype: int = ETHERTYPE) -> None:
        self.station = station
        self.mac = station.mac
        self._ethertype = ethertype
        self._socket = station.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
        self._socket.bind((station.interface, ethertype))

    def __enter__(self) -> "FramePort":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, payload: bytes, destination: bytes = _BROADCAST) -> None:
        self._socket.send(destination + self.mac + struct.pack("!H", self._ethertype) + payload)

    def receive(self, timeout: float) -> bytes | None:
        """Return the next payload from another station, or None."""
        deadline = time.perf_counter() + timeout
        while (left := deadline - time.perf_counter()) > 0:
            self._socket.settimeout(left)
            try:
                frame, address = self._socket.recvfrom(65536)
            except TimeoutError:
                return None
            if address[2] != socket.PACKET_OUTGOING:
                return frame[14:]
        return None

    def expect(self, payload: bytes, timeout: float = 5.0) -> None:
        """Receive until exactly this payload came."""
        deadline = time.perf_counter() + timeout
        while (left := deadline - time.perf_counter()) > 0:
            if self.receive(left) == payload:
                return
        raise AssertionError(f"{self.station.namespace.label} did not get the frame of {len(payload)} bytes")


def check_frames(left: Station, right: Station) -> None:
    """A non-IP EtherType passes both ways, broadcast and unicast, short and full, and never comes back."""
    with FramePort(left) as here, FramePort(right) as there:
        for source, target in ((here, there), (there, here)):
            for destination in (_BROADCAST, target.mac):
                for size in (46, 1500):
                    payload = secrets.token_bytes(size)
                    source.send(payload, destination)
                    target.expect(payload)
        assert here.receive(0.05) is None, "a frame came twice, or back to its sender"
        assert there.receive(0.05) is None, "a frame came twice, or back to its sender"


def check_arp(left: Station, right: Station) -> None:
    """Each side resolves the other's true MAC address afresh."""
    for source, target in ((left, right), (right, left)):
        source.forget_neighbours()
        wait_ping(source, target.v4)
        assert source.neighbour(target.v4).replace(":", "") == target.mac.hex()


def check_reachable(left: Station, right: Station, transfer_size: int = 1 << 20) -> None:
    """ARP, ping over IPv4 and IPv6, TCP both ways, non-IP frames both ways."""
    wait_ping(left, right.v4)
    check_arp(left, right)
    wait_ping(left, right.v6)
    check_frames(left, right)
    transfer(left, right, transfer_size, right.v4)
    transfer(right, left, transfer_size, left.v6)


def _echo_request(identifier: int, payload: bytes, six: bool) -> bytes:
    kind = 128 if six else 8
    head = struct.pack("!BBHHH", kind, 0, 0, identifier, 1)
    # The kernel fills in the check sum of ICMPv6, not that of ICMP.
    check = 0 if six else _checksum(head + payload)
    return struct.pack("!BBHHH", kind, 0, check, identifier, 1) + payload


def _is_reply(packet: bytes, identifier: int, six: bool) -> bool:
    # A raw IPv4 socket delivers the IP header too.
    message = packet if six else packet[(packet[0] & 15) * 4 :]
    return message[0] == (129 if six else 0) and message[4:6] == identifier.to_bytes(2, "big")


def _checksum(content: bytes) -> int:
    padded = content + b"\0" * (len(content) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
