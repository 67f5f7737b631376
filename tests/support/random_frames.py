"""Frames of every kind that a hub looks into, few stations and addresses, some cut short: for Hypothesis."""

import struct
from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

from tests.support.reference_rules import STATION

MACS = [
    *(bytes([2, 0, 0, 0, 0, n]) for n in range(1, 7)),
    STATION,
    b"\x00\xae\x09\x09\x09\x09",
    b"\x01\x00\x5e\x00\x00\x01",
    b"\xff" * 6,
    bytes(6),
]
IPV4 = [
    IPv4Address(text)
    for text in (
        "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "192.168.7.1", "172.31.5.5",
        "100.64.0.9", "8.8.8.8", "8.8.4.4", "0.0.0.0", "255.255.255.255",
    )
]  # fmt: skip
IPV6 = [
    IPv6Address(text)
    for text in (
        "fe80::1", "fe80::2", "fe80::3", "fe80::4", "fe80::5", "fe80::6", "fe80::2ae:9ff:fe09:909",
        "2001:db8::1", "2001:db8::2", "::", "::1", "ff02::1",
    )
]  # fmt: skip

TAGS = (b"\x81\x00\x00\x05", b"\x81\x00\xe0\x06", b"\x88\xa8\x00\x05")

_macs = st.sampled_from(MACS[:6] * 6 + MACS[6:])
_ports = st.sampled_from([67, 68, 80, 546, 547, 5000])


def _udp(source: int, target: int, payload: bytes) -> bytes:
    return struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload


def _tcp(source: int, target: int, flags: int) -> bytes:
    return struct.pack(">HHIIBBHHH", source, target, 1, 1, 0x50, flags, 1000, 0, 0) + b"data"


_tcp_segments = st.builds(_tcp, _ports, _ports, st.sampled_from([0x02, 0x12, 0x10, 0x18, 0x11, 0x04]))
_udp_segments = st.builds(_udp, _ports, _ports, st.sampled_from([b"", b"x" * 43, b"\x02" * 60]))


@st.composite
def _dhcp_segments(draw: st.DrawFn) -> bytes:
    operation, message = draw(st.sampled_from([(1, 1), (1, 3), (2, 2), (2, 5), (2, 5), (2, 5), (2, 6)]))
    yours, client = draw(st.sampled_from(IPV4)), draw(st.sampled_from(MACS[:6]))
    fixed = struct.pack(">BBBxIxxxx4x4s8x", operation, 1, 6, 7, yours.packed) + client + bytes(10 + 192)
    options = b"\x63\x82\x53\x63\x00\x36\x04\x0a\x00\x00\x01" + bytes([53, 1, message, 255])
    ports = (67, 68) if operation == 2 else (68, 67)
    return _udp(*ports, fixed + options)


def _ipv4(source: IPv4Address, target: IPv4Address, protocol: int, piece: int, body: bytes) -> bytes:
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, piece, 64, protocol, 0)
    return header + source.packed + target.packed + body


@st.composite
def _ipv4_packets(draw: st.DrawFn) -> bytes:
    protocol, body = draw(
        st.one_of(
            st.tuples(st.just(6), _tcp_segments),
            st.tuples(st.just(17), _udp_segments),
            st.tuples(st.just(17), _dhcp_segments()),
            st.tuples(st.sampled_from([1, 58, 89, 47]), st.binary(max_size=20)),
        )
    )
    piece = draw(st.sampled_from([0, 0, 0, 0x2000, 100]))
    return _ipv4(draw(st.sampled_from(IPV4)), draw(st.sampled_from(IPV4)), protocol, piece, body)


def _icmpv6(kind: int, length: int) -> bytes:
    return bytes([kind, 0, 0x12, 0x34, 64, 0, 7, 8]) + bytes(length)


@st.composite
def _ipv6_packets(draw: st.DrawFn) -> bytes:
    protocol, body = draw(
        st.one_of(
            st.tuples(st.just(6), _tcp_segments),
            st.tuples(st.just(17), _udp_segments),
            st.tuples(
                st.just(58),
                st.builds(_icmpv6, st.sampled_from([133, 134, 135, 136, 128]), st.sampled_from([0, 8, 16])),
            ),
            st.tuples(st.sampled_from([1, 89]), st.binary(max_size=20)),
        )
    )
    for extension in draw(st.lists(st.sampled_from([0, 43, 44, 60]), max_size=2)):
        offset = draw(st.sampled_from([0, 0, 8])) if extension == 44 else 0
        body = struct.pack(">BBHI", protocol, 0, offset, 0) + body
        protocol = extension
    source, target = draw(st.sampled_from(IPV6)), draw(st.sampled_from(IPV6))
    return struct.pack(">IHBB", 0x60000000, len(body), protocol, 255) + source.packed + target.packed + body


def _arp(operation: int, source: bytes, sender: IPv4Address, target: IPv4Address) -> bytes:
    fixed = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation)
    return fixed + source + sender.packed + bytes(6) + target.packed


_arp_packets = st.builds(
    _arp,
    st.sampled_from([1, 2]),
    st.sampled_from(MACS[:6]),
    st.sampled_from(IPV4),
    st.sampled_from(IPV4),
)


def _bpdu(bridge: bytes) -> bytes:
    return b"\x42\x42\x03" + bytes(5) + b"\x80\x00" + bytes(10) + b"\x80\x00" + bridge + bytes(10)


_bodies = st.one_of(
    _ipv4_packets().map(lambda packet: (0x0800, packet)),
    _ipv4_packets().map(lambda packet: (0x0800, packet + bytes(20))),
    _ipv6_packets().map(lambda packet: (0x86DD, packet)),
    _arp_packets.map(lambda packet: (0x0806, packet)),
    _macs.map(lambda mac: (38, _bpdu(mac))),
    st.sampled_from([(0x8863, b"\x11\x09"), (0x8864, b""), (0x88B5, b"hello"), (60, bytes(60))]),
)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """One frame."""
    kind, body = draw(_bodies)
    tags = draw(st.sampled_from([()] * 4 + [(tag,) for tag in TAGS] + [TAGS, TAGS[::-1], TAGS[:1] * 4]))
    whole: bytes = draw(_macs) + draw(_macs) + b"".join(tags) + struct.pack(">H", kind) + body
    length = draw(st.one_of(*[st.just(len(whole))] * 12, st.integers(0, len(whole))))
    return whole[:length]
