"""Frames of every kind that a packet log tells apart, by name, and the lines that stand for them.

They come from one station and go to another, or to all.
"""

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final

SENDER: Final = bytes.fromhex("5eb71b744309")
RECEIVER: Final = bytes.fromhex("5e469ef0f6c3")
EVERYBODY: Final = b"\xff" * 6
_SOURCE: Final = "192.168.77.2"
_TARGET: Final = "192.168.77.3"
_SOURCE_V6: Final = "fe80::5cb7:1bff:fe74:4309"
_TARGET_V6: Final = "fe80::5c46:9eff:fef0:f6c3"

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def ethernet(kind: int, packet: bytes, target: bytes = RECEIVER, source: bytes = SENDER) -> bytes:
    return target + source + struct.pack("!H", kind) + packet


def _sum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) // 2 * 2]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(
    protocol: int, payload: bytes, *, fragment: int = 0, ends: Sequence[str] = (_SOURCE, _TARGET)
) -> bytes:
    addresses = b"".join(map(socket.inet_aton, ends))
    start = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(payload), 7, fragment, 64, protocol)
    checksum = _sum(start + b"\0\0" + addresses)
    return start + struct.pack("!H", checksum) + addresses + payload


def ipv6(protocol: int, payload: bytes, target: str = _TARGET_V6, hops: int = 255) -> bytes:
    addresses = IPv6Address(_SOURCE_V6).packed + IPv6Address(target).packed
    return struct.pack("!IHBB", 0x60000000, len(payload), protocol, hops) + addresses + payload


def tcp(
    flags: int, payload: bytes = b"", port: int = 80, sequence: int = 1000, acknowledged: int = 0
) -> bytes:
    # A checksum that is neither missing nor half done: nobody puts it right.
    header = struct.pack("!HHIIBBHHH", 40000, port, sequence, acknowledged, 0x50, flags, 65535, 0x1234, 0)
    return header + payload


def udp(source: int, target: int, payload: bytes) -> bytes:
    return struct.pack("!HHHH", source, target, 8 + len(payload), 0x1234) + payload


def _tcp4(*arguments: object, **options: object) -> bytes:
    return ethernet(0x0800, ipv4(6, tcp(*arguments, **options)))  # type: ignore[arg-type]


def _udp4(source: int, target: int, payload: bytes) -> bytes:
    return ethernet(0x0800, ipv4(17, udp(source, target, payload)))


def _udp6(source: int, target: int, payload: bytes) -> bytes:
    return ethernet(0x86DD, ipv6(17, udp(source, target, payload)))


def _icmp4(kind: int, body: bytes = bytes(12)) -> bytes:
    return ethernet(0x0800, ipv4(1, bytes((kind, 0)) + b"\x12\x34" + body))


def _icmp6(kind: int, body: bytes, target: str = _TARGET_V6) -> bytes:
    return ethernet(0x86DD, ipv6(58, bytes((kind, 0)) + b"\x12\x34" + body, target))


def _arp(operation: int, target: bytes, target_address: str) -> bytes:
    start = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    known = bytes(6) if operation == 1 else target
    return start + SENDER + socket.inet_aton(_SOURCE) + known + socket.inet_aton(target_address)


def _query(name: bytes, flags: int = 0x0100, questions: int = 1, kind: int = 1) -> bytes:
    labels = b"".join(bytes((len(label),)) + label for label in name.split(b".")) + b"\0"
    header = struct.pack("!HHHHHH", 0x1234, flags, questions, 0, 0, 0)
    return header + (labels + struct.pack("!HH", kind, 1)) * questions


def _dhcp(operation: int) -> bytes:
    fixed = struct.pack("!BBBBIHH", operation, 1, 6, 0, 0xDEADBEEF, 0, 0)
    addresses = b"".join(map(socket.inet_aton, ("0.0.0.0", "192.168.77.50", "192.168.77.3", "0.0.0.0")))
    return fixed + addresses + SENDER + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63" + b"\x35\x01\x01\xff"


def _ike(exchange: int, responder: bytes = bytes(8)) -> bytes:
    return b"\1\2\3\4\5\6\7\x08" + responder + struct.pack("!BBBBII", 1, 0x10, exchange, 0, 0, 28)


def _hello(name: bytes) -> bytes:
    entry = b"\0" + struct.pack("!H", len(name)) + name
    server_name = struct.pack("!HHH", 0, len(entry) + 2, len(entry)) + entry
    others = struct.pack("!HH", 0x0017, 0)
    extensions = others + server_name
    body = b"\3\3" + bytes(range(32)) + b"\0" + b"\0\4\x13\1\x13\2" + b"\1\0"
    body += struct.pack("!H", len(extensions)) + extensions
    handshake = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + struct.pack("!H", len(handshake)) + handshake


def _request(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


_HOST = b"Host: www.example.com"
_TWO_HOSTS = _request(b"GET / HTTP/1.1", _HOST, b"Host: b.example", b"Broken", b"Referer: a b")
_MORE = b"\0\0\x29\2\0\0\0\0\0\0\0"
_EXTENDED = _query(b"www.example.com")[:10] + b"\0\1" + _query(b"www.example.com")[12:] + _MORE
_SPANNING_TREE = b"\x42\x42\3" + bytes(5) + b"\x80\0" + RECEIVER + bytes(4) + b"\x80\0" + SENDER + bytes(10)
_REPORT = b"\0\0\0\1" + b"\4\0\0\0" + IPv6Address("ff02::5").packed
_OPTION = b"\1\1" + SENDER
_PREFIX = b"\3\4\x40\xc0" + struct.pack("!III", 86400, 14400, 0) + IPv6Address("2001:db8:1::").packed
_MTU = b"\5\1\0\0" + struct.pack("!I", 1400)
_ASKED = IPv6Address("fe80::1").packed

FRAMES: Final[dict[str, bytes]] = {
    "arp request": ethernet(0x0806, _arp(1, bytes(6), _TARGET), EVERYBODY),
    "arp answer": ethernet(0x0806, _arp(2, RECEIVER, _TARGET)),
    "arp of another operation": ethernet(0x0806, _arp(3, RECEIVER, _TARGET)),
    "arp padded": ethernet(0x0806, _arp(1, bytes(6), _TARGET) + bytes(18), EVERYBODY),
    "syn": _tcp4(SYN),
    "syn ack": _tcp4(SYN | ACK, sequence=5, acknowledged=1001),
    "fin ack": _tcp4(FIN | ACK),
    "rst": _tcp4(RST),
    "data": _tcp4(ACK | PSH, b"hello", port=81),
    "urgent": _tcp4(ACK | URG, b"hello", port=9999),
    "no flags": _tcp4(0, b"hello"),
    "all flags": _tcp4(FIN | SYN | RST | PSH | ACK | URG | 0xC0),
    "ack": _tcp4(ACK, sequence=0xFFFFFFFF, acknowledged=0xFFFFFFFE),
    "syn ipv6": ethernet(0x86DD, ipv6(6, tcp(SYN, port=443))),
    "data ipv6": ethernet(0x86DD, ipv6(6, tcp(ACK | PSH, b"hello", port=443))),
    "get": _tcp4(
        ACK | PSH,
        _request(b"GET /path?q=1,2 HTTP/1.1", _HOST, b"User-Agent: My Agent, v1", b"Referer: http://ref.example/"),
    ),
    "head of an absolute url": _tcp4(ACK, _request(b"HEAD http://other.example/a HTTP/1.0", _HOST)),
    "post on another port": _tcp4(ACK, _request(b"POST /form HTTP/1.1", _HOST), port=8080),
    "get through a proxy": _tcp4(ACK, _request(b"GET http://a.example/ HTTP/1.1", _HOST), port=3128),
    "get with a port in its host": _tcp4(ACK, _request(b"GET / HTTP/1.1", b"Host: www.example.com:8080")),
    "get with a port on another port": _tcp4(
        ACK, _request(b"GET / HTTP/1.1", b"Host: www.example.com:8081"), port=8080
    ),
    "get without host": _tcp4(ACK, _request(b"GET / HTTP/1.1", b"User-Agent: x")),
    "get with two words": _tcp4(ACK, _request(b"GET /", _HOST)),
    "get with four words": _tcp4(ACK, _request(b"GET / x HTTP/1.1", _HOST)),
    "get that is cut": _tcp4(ACK, b"GET / HTTP/1.1\r\nHost: www.exam"),
    "get by bare line feeds": _tcp4(ACK, b"GET /a HTTP/1.1\nHost: h.example\nUser-Agent: b\n\n"),
    "get with odd bytes": _tcp4(ACK, _request(b"GET /\xc3\xa4\x01 HTTP/1.1", _HOST, b"user-agent:  t\tb ")),
    "get in small letters": _tcp4(ACK, _request(b"get / HTTP/1.1", _HOST)),
    "get with syn": _tcp4(SYN, _request(b"GET / HTTP/1.1", _HOST)),
    "get of something long": _tcp4(
        ACK,
        _request(
            b"GET /" + b"p" * 600 + b" HTTP/1.1",
            b"Host: " + b"h" * 60 + b".example",
            b"Referer: http://r.example/a b," + b"r" * 200,
            b"User-Agent: " + b"a" * 250,
        ),
    ),
    "get of a relative path": _tcp4(ACK, _request(b"GET path HTTP/1.1", _HOST)),
    "get with hosts": _tcp4(ACK, _TWO_HOSTS),
    "get with spaces": _tcp4(ACK, _request(b"GET   /   HTTP/1.1", _HOST)),
    "get with an empty host": _tcp4(ACK, _request(b"GET / HTTP/1.1", b"Host: ")),
    "get https": _tcp4(ACK, _request(b"GET https://s.example/ HTTP/1.1", _HOST)),
    "put": _tcp4(ACK, _request(b"PUT / HTTP/1.1", _HOST)),
    "get on a port that is not looked at": _tcp4(ACK, _request(b"GET / HTTP/1.1", _HOST), port=81),
    "get ipv6": ethernet(0x86DD, ipv6(6, tcp(ACK, _request(b"GET /v6 HTTP/1.1", _HOST)))),
    "hello": _tcp4(ACK | PSH, _hello(b"secure.example.org"), port=443),
    "hello ipv6": ethernet(0x86DD, ipv6(6, tcp(ACK | PSH, _hello(b"six.example.org"), port=443))),
    "hello that is cut": _tcp4(ACK | PSH, _hello(b"secure.example.org")[:60], port=443),
    "udp": _udp4(40002, 5353, b"hello"),
    "udp without name": _udp4(40002, 40003, b""),
    "udp ipv6": _udp6(40002, 123, b"hello"),
    "dhcp request": ethernet(
        0x0800, ipv4(17, udp(68, 67, _dhcp(1)), ends=("0.0.0.0", "255.255.255.255")), EVERYBODY
    ),
    "dhcp response": _udp4(67, 68, _dhcp(2)),
    "dhcp too short": _udp4(68, 67, bytes(43)),
    "dns": _udp4(40001, 53, _query(b"www.example.com")),
    "dns aaaa": _udp4(40001, 53, _query(b"www.example.com", kind=28)),
    "dns ptr": _udp4(40001, 53, _query(b"3.77.168.192.in-addr.arpa", kind=12)),
    "dns mx": _udp4(40001, 53, _query(b"www.example.com", kind=15)),
    "dns cname": _udp4(40001, 53, _query(b"www.example.com", kind=5)),
    "dns any": _udp4(40001, 53, _query(b"www.example.com", kind=255)),
    "dns without class": _udp4(40001, 53, _query(b"www.example.com")[:-2]),
    "dns of another class": _udp4(40001, 53, _query(b"www.example.com")[:-2] + b"\0\3"),
    "dns ipv6": _udp6(40001, 53, _query(b"six.example.com")),
    "dns answer": _udp4(53, 40001, _query(b"www.example.com", 0x8180)),
    "dns answer to port 53": _udp4(40001, 53, _query(b"www.example.com", 0x8180)),
    "dns of two questions": _udp4(40001, 53, _query(b"www.example.com", questions=2)),
    "dns with odd letters": _udp4(40001, 53, _query(b"a,b c.ex\xe4mple")),
    "dns cut": _udp4(40001, 53, _query(b"www.example.com")[:20]),
    "dns of the root": _udp4(40001, 53, struct.pack("!HHHHHH", 1, 0x100, 1, 0, 0, 0) + b"\0\0\2\0\1"),
    "dns other operation": _udp4(40001, 53, _query(b"www.example.com", 0x2000)),
    "dns with more": _udp4(40001, 53, _EXTENDED),
    "openvpn": _udp4(40004, 1194, b"\x38" + bytes(range(1, 9)) + bytes(5)),
    "openvpn on another port": _udp4(40004, 5555, b"\x38" + bytes(range(1, 9)) + bytes(5)),
    "openvpn with a zero": _udp4(40004, 1194, b"\x38" + bytes(range(8)) + bytes(5)),
    "openvpn ipv6": _udp6(40004, 1194, b"\x38" + bytes(range(1, 9)) + bytes(5)),
    "openvpn longer": _udp4(40004, 1194, b"\x38" + bytes(range(1, 9)) + bytes(6)),
    "ike main": _udp4(500, 500, _ike(2)),
    "ike aggressive": _udp4(40005, 500, _ike(4)),
    "ike other exchange": _udp4(500, 500, _ike(34)),
    "ike known responder": _udp4(500, 500, _ike(2, b"\1" * 8)),
    "ike behind nat": _udp4(4500, 4500, bytes(4) + _ike(2)),
    "ike on 4500 bare": _udp4(4500, 4500, _ike(2)),
    "ike back": _udp4(500, 40005, _ike(2)),
    "ike ipv6": _udp6(500, 500, _ike(2)),
    "echo request": _icmp4(8),
    "echo reply": _icmp4(0),
    "unreachable": _icmp4(3, bytes(4) + ipv4(17, udp(1, 2, b""))),
    "echo request ipv6": _icmp6(128, bytes(4) + b"x" * 17),
    "echo reply ipv6": _icmp6(129, bytes(4) + b"x" * 3),
    "router solicitation": _icmp6(133, bytes(4) + _OPTION, "ff02::2"),
    "router solicitation bare": _icmp6(133, bytes(4), "ff02::2"),
    "router advertisement": _icmp6(
        134, struct.pack("!BBHII", 64, 0xC0, 1800, 30, 10) + _OPTION + _MTU + _PREFIX, "ff02::1"
    ),
    "router advertisement bare": _icmp6(134, struct.pack("!BBHII", 0, 0, 0, 0, 0), "ff02::1"),
    "neighbour solicitation": _icmp6(135, bytes(4) + _ASKED + _OPTION, "ff02::1:ff00:1"),
    "neighbour solicitation bare": _icmp6(135, bytes(4) + _ASKED, "ff02::1:ff00:1"),
    "neighbour advertisement": _icmp6(136, b"\x60\0\0\0" + _ASKED + b"\2\1" + SENDER),
    "neighbour advertisement bare": _icmp6(136, b"\xe0\0\0\0" + _ASKED),
    "mld": _icmp6(143, _REPORT),
    "packet too big": _icmp6(2, struct.pack("!I", 1280) + bytes(48)),
    "later fragment": ethernet(0x0800, ipv4(17, bytes(16), fragment=185)),
    "first fragment": ethernet(0x0800, ipv4(17, udp(1000, 2000, b"x" * 8), fragment=0x2000)),
    "later fragment ipv6": ethernet(0x86DD, ipv6(44, b"\x11\0\x00\x08\0\0\0\1" + bytes(16))),
    "first fragment ipv6": ethernet(0x86DD, ipv6(44, b"\x11\0\0\1\0\0\0\1" + udp(1000, 2000, b"x" * 8))),
    "gre": ethernet(0x0800, ipv4(47, bytes(8))),
    "esp ipv6": ethernet(0x86DD, ipv6(50, bytes(16))),
    "other": ethernet(0x88B5, b"x" * 46),
    "tagged": ethernet(0x8100, b"\0\5\x08\0" + ipv4(17, udp(1, 2, b"hello")) + bytes(13)),
    "tagged other": ethernet(0x8100, b"\0\5\x88\xb5" + bytes(46)),
    "802.3": ethernet(46, b"\xaa\xaa\3" + bytes(43)),
    "bpdu": ethernet(38, _SPANNING_TREE, bytes.fromhex("0180c2000000")),
}  # fmt: skip

_VECTORS: Final = Path(__file__).resolve().parents[1] / "vectors" / "packet_log.tsv"


@dataclass(frozen=True)
class Vector:
    """A frame and its line behind date and time: ours, and the stock server's."""

    frame: bytes
    line: str
    stock: str


def vectors() -> dict[str, Vector]:
    """By the names of the frames."""
    found = {}
    for row in _VECTORS.read_text().splitlines():
        if not row.startswith("#"):
            name, frame, line, *stock = row.split("\t")
            found[name] = Vector(bytes.fromhex(frame), line, stock[0] if stock else line)
    return found
