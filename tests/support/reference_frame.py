"""What a frame says of itself, read slowly: for the reference hub. Not after the Rust code."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address
GROUP, NOBODY = b"\xff" * 6, bytes(6)
IPV4, ARP, IPV6, TAG = 0x0800, 0x0806, 0x86DD, 0x8100
BEHIND = {0, 43, 60}


class Dropped(Exception):
    """A frame goes no further, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Read:
    """A frame, read."""

    data: bytes
    target: bytes
    source: bytes
    kind: int
    vlan: int = 0
    addresses: tuple[Address, Address] | None = None
    arp_sender: IPv4Address | None = None
    protocol: int | None = None
    later_piece: bool = False
    ports: tuple[int, int] | None = None
    tcp_flags: int | None = None
    icmp: int | None = None
    bridge: bytes | None = None
    payload: bytes = b""
    padded: int = 0

    @property
    def is_broadcast(self) -> bool:
        return bool(self.target[0] & 1)

    @property
    def version(self) -> int:
        return self.addresses[0].version if self.addresses else 0

    @property
    def is_dhcp(self) -> bool:
        return self.version == 4 and self._is_udp({(67, 68), (68, 67)}) and len(self.payload) >= 44

    @property
    def is_dhcpv6(self) -> bool:
        return self.version == 6 and self.is_udp and self.ports is not None and self.ports[1] in {546, 547}

    @property
    def is_dhcpv6_answer(self) -> bool:
        if self.version != 6 or not self.is_udp or self.ports is None:
            return False
        return self.ports[1] == 546 or self.ports[0] == 547

    @property
    def is_udp(self) -> bool:
        return self.protocol == 17 and self.ports is not None

    @property
    def is_syn_ack(self) -> bool:
        return self.tcp_flags is not None and self.tcp_flags & 0x12 == 0x12

    @property
    def icmpv6(self) -> int | None:
        return self.icmp if self.version == 6 else None

    @property
    def is_router_discovery(self) -> bool:
        return self.icmpv6 in {133, 134}

    def _is_udp(self, pairs: set[tuple[int, int]]) -> bool:
        return self.is_udp and self.ports in pairs

    @property
    def allotment(self) -> tuple[IPv4Address, bytes] | None:
        """Address and station of a DHCP acknowledgement."""
        if not self.is_dhcp or self.payload[:3] != b"\x02\x01\x06" or self._dhcp_message() != 5:
            return None
        yours = IPv4Address(self.payload[16:20])
        if int(yours) in {0, 0xFFFFFFFF}:
            return None
        return yours, self.payload[28:34]

    def _dhcp_message(self) -> int:
        # Options may stand in what Ethernet calls padding; nobody minds.
        options = self.data[len(self.data) - self.padded - len(self.payload) :]
        if options[236:240] != b"\x63\x82\x53\x63":
            return 0
        place = 240
        while place + 1 < len(options) and options[place] != 255:
            if options[place] == 0:
                place += 1
            elif options[place] == 53 and options[place + 1] == 1 and place + 2 < len(options):
                return options[place + 2]
            else:
                place += 2 + options[place + 1]
        return 0


def read_ethernet(data: bytes) -> tuple[Read, int]:
    """The header alone, and where what is carried begins."""
    if len(data) < 14:
        raise Dropped("too_short")
    kind = int.from_bytes(data[12:14], "big")
    if kind != TAG:
        return Read(data, data[:6], data[6:12], kind), 14
    if len(data) < 18:
        raise Dropped("cut_tag")
    vlan, kind = struct.unpack(">HH", data[14:18])
    return Read(data, data[:6], data[6:12], kind, vlan & 0xFFF), 18


def read(data: bytes, vlan_type: int = TAG) -> Read:
    frame, begin = read_ethernet(data)
    for _ in range(2):
        if frame.kind in {TAG, vlan_type}:
            if len(data) < begin + 4:
                raise Dropped("cut_tag")
            frame.kind = int.from_bytes(data[begin + 2 : begin + 4], "big")
            begin += 4
    body = data[begin:]
    if frame.kind == IPV4:
        _read_ipv4(frame, body)
    elif frame.kind == IPV6:
        _read_ipv6(frame, body)
    elif frame.kind == ARP:
        _read_arp(frame, body)
    elif frame.kind <= 1500 and body[:2] == b"\x42\x42" and len(body) >= 28:
        frame.bridge = body[22:28]
    return frame


def _read_arp(frame: Read, body: bytes) -> None:
    if len(body) < 28:
        raise Dropped("cut_packet")
    if body[:6] == b"\x00\x01\x08\x00\x06\x04":
        frame.arp_sender = IPv4Address(body[14:18])


def _read_ipv4(frame: Read, body: bytes) -> None:
    if len(body) < 20:
        raise Dropped("cut_packet")
    header = (body[0] & 15) * 4
    if body[0] >> 4 != 4 or header < 20:
        raise Dropped("bad_packet")
    if len(body) < header:
        raise Dropped("cut_packet")
    total, piece = struct.unpack(">H2xH", body[2:8])
    frame.addresses = (IPv4Address(body[12:16]), IPv4Address(body[16:20]))
    frame.protocol = body[9]
    frame.later_piece = bool(piece & 0x1FFF)
    frame.padded = max(len(body) - total, 0) if total else 0
    if not frame.later_piece:
        _read_transport(frame, body[header:])


def _read_ipv6(frame: Read, body: bytes) -> None:
    if len(body) < 40:
        raise Dropped("cut_packet")
    if body[0] >> 4 != 6:
        raise Dropped("bad_packet")
    length = int.from_bytes(body[4:6], "big")
    frame.padded = max(len(body) - 40 - length, 0) if length else 0
    rest, protocol = _behind_extensions(frame, body[40:], body[6])
    frame.addresses = (IPv6Address(body[8:24]), IPv6Address(body[24:40]))
    frame.protocol = protocol
    if not frame.later_piece:
        _read_transport(frame, rest)


def _behind_extensions(frame: Read, rest: bytes, protocol: int) -> tuple[bytes, int]:
    for _ in range(8):
        if protocol == 44:
            length = 8
            if len(rest) < 4:
                raise Dropped("cut_packet")
            frame.later_piece = bool(int.from_bytes(rest[2:4], "big") & 0xFFF8)
        elif protocol in BEHIND:
            if len(rest) < 2:
                raise Dropped("cut_packet")
            length = (rest[1] + 1) * 8
        else:
            return rest, protocol
        if len(rest) < length:
            raise Dropped("cut_packet")
        protocol, rest = rest[0], rest[length:]
        if frame.later_piece:
            return rest, protocol
    raise Dropped("bad_packet")


def _read_transport(frame: Read, segment: bytes) -> None:
    if frame.protocol == 6:
        if len(segment) < 20:
            raise Dropped("cut_packet")
        header = (segment[12] >> 4) * 4
        if header < 20:
            raise Dropped("bad_packet")
        if len(segment) < header:
            raise Dropped("cut_packet")
        frame.ports, frame.tcp_flags = _ports(segment), segment[13]
    elif frame.protocol == 17:
        if len(segment) < 8:
            raise Dropped("cut_packet")
        frame.ports = _ports(segment)
        frame.payload = segment[8 : max(len(segment) - frame.padded, 8)]
    elif (frame.protocol, frame.version) in {(1, 4), (58, 6)}:
        if not segment:
            raise Dropped("cut_packet")
        frame.icmp, frame.payload = segment[0], segment[: len(segment) - frame.padded]


def _ports(segment: bytes) -> tuple[int, int]:
    source, target = struct.unpack(">HH", segment[:4])
    return source, target
