"""Frames that a test makes itself, one by one: sent at one station, seen or missed at another.

What is missed is proved by a frame sent behind it that does arrive: no waiting for nothing.
"""

import itertools
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import DHCP6_Reply, DHCP6_Solicit
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6ND_RS, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet, Raw

from tests.support.traffic import Station

_EVERYTHING: Final = 0x0003
_OUTGOING: Final = 4
_SOL_PACKET: Final = 263
_PACKET_AUXDATA: Final = 8
_VLAN_VALID: Final = 1 << 4
_WAIT: Final = 5.0
_numbers = itertools.count(1)
_ALL: Final = "ff:ff:ff:ff:ff:ff"


@dataclass(frozen=True)
class Ends:
    """Who sends and who receives, as frames know them."""

    sender: Station
    receiver: Station

    @property
    def source(self) -> str:
        return self.sender.mac.hex(":")

    @property
    def target(self) -> str:
        return self.receiver.mac.hex(":")


Make = Callable[[Ends, bytes], Packet]


def udp(ends: Ends, mark: bytes) -> Packet:
    """IPv4, to the other station."""
    return _ipv4(ends) / UDP(sport=4_000, dport=4_001) / Raw(mark)


def udp6(ends: Ends, mark: bytes) -> Packet:
    return _ipv6(ends) / UDP(sport=4_000, dport=4_001) / Raw(mark)


def broadcast(ends: Ends, mark: bytes) -> Packet:
    """IPv4, to all."""
    ip = IP(src=ends.sender.v4, dst="255.255.255.255")
    return Ether(src=ends.source, dst=_ALL) / ip / UDP(sport=4_000, dport=4_001) / Raw(mark)


def other(ends: Ends, mark: bytes) -> Packet:
    """Neither IPv4 nor IPv6."""
    return Ether(src=ends.source, dst=ends.target, type=0x88B5) / Raw(mark)


def arp(ends: Ends, mark: bytes) -> Packet:
    """A question to all. Hubs cut off what stands behind it, so the address it asks for is the mark."""
    return Ether(src=ends.source, dst=_ALL) / ARP(
        op=1, hwsrc=ends.source, psrc=ends.sender.v4, pdst=_address(mark)
    )


def arp_answer(ends: Ends, mark: bytes) -> Packet:
    """An answer to one."""
    answer = ARP(op=2, hwsrc=ends.source, psrc=ends.sender.v4, hwdst=ends.target, pdst=_address(mark))
    return Ether(src=ends.source, dst=ends.target) / answer


def dhcp_question(ends: Ends, mark: bytes) -> Packet:
    return _dhcp(ends, mark, 1, (68, 67), "discover")


def dhcp_answer(ends: Ends, mark: bytes) -> Packet:
    return _dhcp(ends, mark, 2, (67, 68), "offer")


def dhcpv6_question(ends: Ends, mark: bytes) -> Packet:
    return _ipv6(ends) / UDP(sport=546, dport=547) / DHCP6_Solicit() / Raw(mark)


def dhcpv6_answer(ends: Ends, mark: bytes) -> Packet:
    return _ipv6(ends) / UDP(sport=547, dport=546) / DHCP6_Reply() / Raw(mark)


def router_question(ends: Ends, mark: bytes) -> Packet:
    return _ipv6(ends, hlim=255) / ICMPv6ND_RS() / Raw(mark)


def router_answer(ends: Ends, mark: bytes) -> Packet:
    return _ipv6(ends, hlim=255) / ICMPv6ND_RA(routerlifetime=1_800) / Raw(mark)


def syn(ends: Ends, mark: bytes) -> Packet:
    return _ipv4(ends) / TCP(sport=4_000, dport=80, flags="S") / Raw(mark)


def syn_ack(ends: Ends, mark: bytes) -> Packet:
    """The answer of a server."""
    return _ipv4(ends) / TCP(sport=80, dport=4_000, flags="SA") / Raw(mark)


def syn_ack6(ends: Ends, mark: bytes) -> Packet:
    return _ipv6(ends) / TCP(sport=80, dport=4_000, flags="SA") / Raw(mark)


def pppoe(ends: Ends, mark: bytes) -> Packet:
    return Ether(src=ends.source, dst=ends.target, type=0x8864) / Raw(mark)


def ospf(ends: Ends, mark: bytes) -> Packet:
    return _ipv4(ends, proto=89) / Raw(mark)


def spanning_tree(ends: Ends, mark: bytes) -> Packet:
    """A configuration message of a bridge whose address is the sender's."""
    body = b"\x42\x42\x03" + bytes(5) + b"\x80\0" + ends.sender.mac + bytes(4) + b"\x80\0" + ends.sender.mac
    payload = body + bytes(8) + mark
    return Ether(src=ends.source, dst="01:80:c2:00:00:00", type=len(payload)) / Raw(payload)


def tagged(vlan: int, make: Make) -> Make:
    """The same with a VLAN tag."""

    def build(ends: Ends, mark: bytes) -> Packet:
        plain = make(ends, mark)
        inner = plain.payload
        return Ether(src=plain.src, dst=plain.dst) / Dot1Q(vlan=vlan, type=plain.type) / inner

    return build


def from_mac(mac: str, make: Make) -> Make:
    """The same from another station behind the sender."""

    def build(ends: Ends, mark: bytes) -> Packet:
        frame = make(ends, mark)
        frame[Ether].src = mac
        return frame

    return build


def from_address(address: str, make: Make) -> Make:
    """The same from another IPv4 address of the sender."""

    def build(ends: Ends, mark: bytes) -> Packet:
        frame = make(ends, mark)
        frame[IP].src = address
        return frame

    return build


class Watch:
    """Everything that arrives at a station while the block runs."""

    def __init__(self, station: Station) -> None:
        self._socket = station.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING))
        self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self._socket.bind((station.interface, _EVERYTHING))
        self._seen: list[bytes] = []

    def wait(self, mark: bytes, seconds: float = _WAIT) -> bytes | None:
        """Return the frame that carries the mark, or None if it does not come in time."""
        deadline = time.monotonic() + seconds
        while (found := self.find(mark)) is None and (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                frame, notes, _, source = self._socket.recvmsg(65_536, 256)
            except TimeoutError:
                break
            if source[2] != _OUTGOING:
                self._seen.append(_with_tag(frame, notes))
        return found

    def find(self, mark: bytes) -> bytes | None:
        """Return a frame that has come already."""
        address = socket.inet_aton(_address(mark))
        return next((frame for frame in self._seen if mark in frame or _asks_for(frame, address)), None)

    def close(self) -> None:
        self._socket.close()


@contextmanager
def watching(station: Station) -> Iterator[Watch]:
    watch = Watch(station)
    try:
        yield watch
    finally:
        watch.close()


def send(ends: Ends, make: Make) -> bytes:
    """Send one frame and return its mark."""
    mark = f"<{next(_numbers):08d}>".encode()
    frame = bytes(make(ends, mark))
    with ends.sender.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((ends.sender.interface, 0))
        out.send(frame)
    return mark


def passes(ends: Ends, make: Make, behind: Make) -> bool:
    """Tell whether a frame arrives. `behind` makes one that surely does: it is sent after it."""
    with watching(ends.receiver) as watch:
        mark = send(ends, make)
        last = send(ends, behind)
        assert watch.wait(last) is not None, "the frame that should arrive in any case did not"
        return watch.find(mark) is not None


def arrived(ends: Ends, make: Make) -> bytes | None:
    """Send one frame and return it as it arrives."""
    with watching(ends.receiver) as watch:
        return watch.wait(send(ends, make))


def _ipv4(ends: Ends, **fields: Any) -> Packet:
    ip = IP(src=ends.sender.v4, dst=ends.receiver.v4, **fields)
    return Ether(src=ends.source, dst=ends.target) / ip


def _ipv6(ends: Ends, **fields: Any) -> Packet:
    ip = IPv6(src=ends.sender.v6, dst=ends.receiver.v6, **fields)
    return Ether(src=ends.source, dst=ends.target) / ip


def _dhcp(ends: Ends, mark: bytes, operation: int, ports: tuple[int, int], kind: str) -> Packet:
    message = BOOTP(op=operation, chaddr=ends.sender.mac, xid=7) / DHCP(
        options=[("message-type", kind), "end"]
    )
    return _ipv4(ends) / UDP(sport=ports[0], dport=ports[1]) / message / Raw(mark)


def _with_tag(frame: bytes, notes: list[tuple[int, int, bytes]]) -> bytes:
    """The system takes a tag out of the frame and tells it beside."""
    for level, kind, note in notes:
        if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
            status, *_, tag, protocol = struct.unpack("=IIIHHHH", note[:20])
            if status & _VLAN_VALID:
                return frame[:12] + struct.pack("!HH", protocol or 0x8100, tag) + frame[12:]
    return frame


def _asks_for(frame: bytes, address: bytes) -> bool:
    return frame[12:14] == b"\x08\x06" and frame[38:42] == address


def _address(mark: bytes) -> str:
    """An address that stands for a mark where there is no room for it."""
    number = int(mark[1:-1])
    return f"10.99.{number >> 8 & 0xFF}.{number & 0xFF}"
