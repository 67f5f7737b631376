"""Makes vectors.txt: super-frames, and the frames they are cut into, as scapy builds both.

`python rust/wire/tests/offload/make_vectors.py > rust/wire/tests/offload/vectors.txt`. It must not
take anything from the program that is tested.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from scapy.layers.inet import IP, TCP, UDP, IPOption_Router_Alert, in4_pseudoheader
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, in6_pseudoheader
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Packet, Raw
from scapy.utils import checksum

PROTOCOL = {TCP: 6, UDP: 17}
OFFSET = {TCP: 16, UDP: 6}
NEEDS_CHECKSUM = 1
TCPV4, TCPV6, UDP_L4 = 1, 4, 5

LINK = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
V4 = {"src": "10.0.0.1", "dst": "10.0.0.2"}
V6 = {"src": "fd00::1", "dst": "fd00::2"}
STAMPS = [("NOP", None), ("NOP", None), ("Timestamp", (123456, 654321))]


@dataclass(frozen=True)
class Case:
    """`headers(index)` are those of a segment; the payload is counted bytes."""

    name: str
    headers: Callable[[int], Packet]
    size: int
    length: int
    flags: str = "A"


def tcp(sequence: int, options: Sequence[tuple[str, object]] = ()) -> TCP:
    return TCP(sport=40000, dport=443, seq=sequence, ack=77, window=501, options=list(options))


def plain4(index: int) -> Packet:
    return LINK / IP(**V4, id=0xFFFF + index & 0xFFFF, flags="DF") / tcp(1000)


def stamped4(index: int) -> Packet:
    return LINK / Dot1Q(vlan=7) / IP(**V4, id=100 + index, tos=2) / tcp(2**32 - 150, STAMPS)


def options4(index: int) -> Packet:
    return LINK / IP(**V4, id=9 + index, options=[IPOption_Router_Alert()]) / tcp(5)


def plain6(index: int) -> Packet:
    return LINK / IPv6(**V6, fl=0x12345, tc=3) / tcp(1)


def tagged6(index: int) -> Packet:
    return LINK / Dot1AD(vlan=5) / Dot1Q(vlan=6) / IPv6(**V6) / tcp(1, STAMPS)


def extended6(index: int) -> Packet:
    return LINK / IPv6(**V6) / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / tcp(1)


def datagram4(index: int) -> Packet:
    return LINK / IP(**V4, id=3 + index) / UDP(sport=4433, dport=5544)


def datagram6(index: int) -> Packet:
    return LINK / IPv6(**V6) / UDP(sport=4433, dport=5544)


CASES = [
    Case("tcp4", plain4, 100, 250),
    Case("tcp4 pushed and finished", plain4, 101, 303, "FPA"),
    Case("tcp4 congestion window reduced", plain4, 99, 250, "CPA"),
    Case("tcp4 in a vlan with timestamps", stamped4, 100, 250, "PA"),
    Case("tcp4 with ip options", options4, 64, 200),
    Case("tcp6", plain6, 100, 301, "PA"),
    Case("tcp6 in two vlans with timestamps", tagged6, 100, 200),
    Case("tcp6 behind extension headers", extended6, 77, 200),
    Case("udp4", datagram4, 64, 200),
    Case("udp6", datagram6, 51, 153),
    Case("tcp4 of one segment", plain4, 300, 250, "PA"),
]


def build(case: Case, index: int, start: int, payload: bytes, flags: str) -> Packet:
    packet = case.headers(index)
    if TCP in packet:
        packet[TCP].flags = flags
        packet[TCP].seq = (packet[TCP].seq + start) % 2**32
    return packet / Raw(payload)


def make_partial(frame: Packet) -> tuple[bytes, int]:
    """With the sum of the pseudo-header in place of the checksum; and where TCP or UDP begins."""
    layer = frame[TCP] if TCP in frame else frame[UDP]
    segment = bytes(layer)
    number = PROTOCOL[type(layer)]
    if IP in frame:
        pseudo = in4_pseudoheader(number, frame[IP], len(segment))
    else:
        pseudo = bytes(in6_pseudoheader(number, layer, len(segment)))
    whole = bytes(frame)
    start = len(whole) - len(segment)
    place = start + OFFSET[type(layer)]
    partial = (~checksum(pseudo) & 0xFFFF).to_bytes(2, "big")
    return whole[:place] + partial + whole[place + 2 :], start


def segments(case: Case, payload: bytes) -> Iterator[bytes]:
    starts = range(0, case.length, case.size)
    for index, start in enumerate(starts):
        flags = case.flags
        if index > 0:
            flags = flags.replace("C", "")
        if index + 1 < len(starts):
            flags = flags.replace("P", "").replace("F", "")
        yield bytes(build(case, index, start, payload[start : start + case.size], flags))


def lines(case: Case) -> Iterator[str]:
    payload = bytes(index * 7 % 256 for index in range(case.length))
    frame = build(case, 0, 0, payload, case.flags)
    whole, start = make_partial(frame)
    kind = UDP_L4 if UDP in frame else TCPV4 if IP in frame else TCPV6
    offset = OFFSET[UDP if UDP in frame else TCP]
    headers = len(whole) - case.length
    yield f"case {case.name}"
    yield f"virtio {NEEDS_CHECKSUM} {kind} {headers} {case.size} {start} {offset}"
    yield f"super {whole.hex()}"
    yield from (f"segment {segment.hex()}" for segment in segments(case, payload))


if __name__ == "__main__":
    sys.stdout.write("# Made by make_vectors.py; virtio: flags, type, headers, size, start, offset.\n")
    sys.stdout.writelines(f"{line}\n" for case in CASES for line in lines(case))
