"""DHCPv4 messages (RFC 2131, RFC 2132, RFC 3442) and the frames that carry them. Pure bytes.

Whatever a server sends is read without raising: what is malformed reads as absent.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Final

SERVER_PORT: Final = 67
CLIENT_PORT: Final = 68
BROADCAST: Final = IPv4Address("255.255.255.255")
UNSPECIFIED: Final = IPv4Address(0)

_FIXED: Final = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_COOKIE: Final = b"\x63\x82\x53\x63"
_BROADCAST_FLAG: Final = 0x8000
_MINIMUM_BYTES: Final = 300  # BOOTP: some servers and relays drop what is shorter
_ETHERTYPE_IPV4: Final = 0x0800
_PROTOCOL_UDP: Final = 17


class MessageType(IntEnum):
    """Option 53."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


class Option(IntEnum):
    """The options that are asked for or looked at."""

    PAD = 0
    SUBNET_MASK = 1
    ROUTER = 3
    NAME_SERVER = 6
    HOST_NAME = 12
    DOMAIN_NAME = 15
    INTERFACE_MTU = 26
    REQUESTED_ADDRESS = 50
    LEASE_TIME = 51
    OVERLOAD = 52
    MESSAGE_TYPE = 53
    SERVER_IDENTIFIER = 54
    PARAMETER_REQUEST = 55
    MESSAGE = 56
    MAXIMUM_SIZE = 57
    RENEWAL_TIME = 58
    REBINDING_TIME = 59
    CLIENT_IDENTIFIER = 61
    CLASSLESS_ROUTES = 121
    END = 255


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's message, its options joined and unread."""

    transaction: int
    hardware: bytes
    address: IPv4Address
    type: int
    options: Mapping[int, bytes]

    def addresses(self, option: Option) -> tuple[IPv4Address, ...]:
        data = self.options.get(option, b"")
        return tuple(IPv4Address(data[at : at + 4]) for at in range(0, len(data) - 3, 4))

    def address_of(self, option: Option) -> IPv4Address | None:
        data = self.options.get(option, b"")
        return IPv4Address(data) if len(data) == 4 else None

    def seconds(self, option: Option) -> int | None:
        data = self.options.get(option, b"")
        return int.from_bytes(data) if len(data) == 4 else None

    def short(self, option: Option) -> int | None:
        data = self.options.get(option, b"")
        return int.from_bytes(data) if len(data) == 2 else None

    def text(self, option: Option) -> str:
        return self.options.get(option, b"").rstrip(b"\0").decode("ascii", "replace")

    def routes(self) -> tuple[tuple[IPv4Network, IPv4Address], ...]:
        """Option 121; empty if any part of it is malformed."""
        data, found, at = self.options.get(Option.CLASSLESS_ROUTES, b""), [], 0
        while at < len(data):
            width = data[at]
            octets = (width + 7) // 8
            end = at + 1 + octets + 4
            if width > 32 or end > len(data):
                return ()
            network = data[at + 1 : at + 1 + octets].ljust(4, b"\0")
            found.append((IPv4Network((network, width), strict=False), IPv4Address(data[end - 4 : end])))
            at = end
        return tuple(found)


def parse_reply(payload: bytes) -> Reply | None:
    """Return a server's message, or None if these bytes are none."""
    if len(payload) < _FIXED.size:
        return None
    fields = _FIXED.unpack_from(payload)
    operation, kind, length, transaction, yours = fields[0], fields[1], fields[2], fields[4], fields[8]
    if operation != 2 or kind != 1 or length != 6 or fields[14] != _COOKIE:
        return None
    options: dict[int, bytes] = {}
    _read_options(payload[_FIXED.size :], options)
    overload = options.get(Option.OVERLOAD, b"\0")[:1]
    if overload in (b"\1", b"\3"):
        _read_options(fields[13], options)
    if overload in (b"\2", b"\3"):
        _read_options(fields[12], options)
    kind_of_message = options.get(Option.MESSAGE_TYPE, b"")
    if len(kind_of_message) != 1:
        return None
    return Reply(transaction, fields[11][:6], IPv4Address(yours), kind_of_message[0], options)


def _read_options(data: bytes, into: dict[int, bytes]) -> None:
    at = 0
    while at < len(data):
        code = data[at]
        if code == Option.PAD:
            at += 1
            continue
        if code == Option.END or at + 2 > len(data):
            return
        end = at + 2 + data[at + 1]
        if end > len(data):
            return
        into[code] = into.get(code, b"") + data[at + 2 : end]  # RFC 3396: repeated options are joined
        at = end


def build_request(
    transaction: int,
    hardware: bytes,
    options: Iterable[tuple[Option, bytes]],
    *,
    seconds: int = 0,
    address: IPv4Address = UNSPECIFIED,
    broadcast: bool = True,
) -> bytes:
    """Return a client's message; `address` is the one that the client already has."""
    fixed = _FIXED.pack(
        1,
        1,
        6,
        0,
        transaction,
        min(seconds, 0xFFFF),
        _BROADCAST_FLAG if broadcast else 0,
        address.packed,
        bytes(4),
        bytes(4),
        bytes(4),
        hardware,
        b"",
        b"",
        _COOKIE,
    )
    body = b"".join(bytes((code, len(data))) + data for code, data in options)
    return (fixed + body + bytes((Option.END,))).ljust(_MINIMUM_BYTES, b"\0")


def build_frame(payload: bytes, hardware: bytes, source: IPv4Address) -> bytes:
    """Return a broadcast Ethernet frame with the payload in IPv4 and UDP."""
    udp = struct.pack("!HHHH", CLIENT_PORT, SERVER_PORT, 8 + len(payload), 0) + payload
    pseudo = source.packed + BROADCAST.packed + struct.pack("!BBH", 0, _PROTOCOL_UDP, len(udp))
    udp = udp[:6] + struct.pack("!H", _checksum(pseudo + udp) or 0xFFFF) + udp[8:]
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x45,
        0x10,
        20 + len(udp),
        0,
        0,
        64,
        _PROTOCOL_UDP,
        0,
        source.packed,
        BROADCAST.packed,
    )
    header = header[:10] + struct.pack("!H", _checksum(header)) + header[12:]
    return b"\xff" * 6 + hardware + struct.pack("!H", _ETHERTYPE_IPV4) + header + udp


def parse_frame(frame: bytes) -> bytes | None:
    """Return the UDP payload of a frame that goes to a DHCP client, or None.

    Checksums aren't looked at: those of frames that never left this machine are often not filled in yet.
    """
    if len(frame) < 14 + 20 + 8 or frame[12:14] != b"\x08\x00" or frame[14] >> 4 != 4:
        return None
    header = (frame[14] & 0x0F) * 4
    total = int.from_bytes(frame[16:18])
    fragment = int.from_bytes(frame[20:22]) & 0x3FFF
    udp = frame[14 + header : 14 + total]
    if header < 20 or fragment or frame[23] != _PROTOCOL_UDP or len(udp) < 8:
        return None
    source, destination, length = struct.unpack_from("!HHH", udp)
    if source != SERVER_PORT or destination != CLIENT_PORT or not 8 <= length <= len(udp):
        return None
    return udp[8:length]


def _checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
