"""Frames that a test makes itself, super-frames among them, sent by one adapter and compared at another.

Frames are numbered per flow and carry bytes that follow from their number, so that a frame that is missing,
changed, doubled or early is told from any other. As many are under way as any path holds without loss.
"""

import itertools
import random
import socket
import struct
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.support.traffic import Station

_SOL_PACKET, _PACKET_AUXDATA, _PACKET_VNET_HDR = 263, 8, 15
_SO_RCVBUFFORCE, _ETH_P_ALL = 33, 3
_VNET = struct.Struct("=BBHHHH")
_NEEDS_CHECKSUM = 1
_GSO = {(4, "tcp"): 1, (6, "tcp"): 4, (4, "udp"): 5, (6, "udp"): 5}
_PROTOCOLS = {"tcp": 6, "udp": 17}
_VLAN_VALID, _OUTGOING = 1 << 4, 4
_POOL = random.Random(5).randbytes(1 << 17)
_FIRST_PORT = 7_000
_WAIT = 15.0
_ENOUGH = 5
_WEIGHT = 400
_VLAN = 77
# Overflows no queue on the way.
_GENTLE = 120_000


@dataclass(frozen=True)
class Shape:
    """What the packets of a flow look like."""

    family: int
    protocol: str
    vlan: int = 0
    options: int = 0
    """Bytes of IPv4 options, or of IPv6 extension headers."""
    segment: int = 1_300
    """Payload of one packet on the wire."""
    super_bytes: int = 0
    """Payload of a super-frame; 0 for single packets."""

    @property
    def frame(self) -> int:
        """Payload of one frame as it is sent."""
        return self.super_bytes or self.segment

    @property
    def load(self) -> float:
        """What a byte of payload weighs on the way: short packets fill queues that count packets."""
        return max(_WEIGHT / self.segment, 1.0)

    def __str__(self) -> str:
        marks = [f"{self.protocol}{self.family}", f"vlan{self.vlan}" if self.vlan else ""]
        marks += [f"options{self.options}" if self.options else "", f"by{self.segment}"]
        return "-".join(filter(None, [*marks, "super" if self.super_bytes else ""]))


def shapes() -> list[Shape]:
    """Return all kinds of packets that take part in offloads, and their neighbours that do not."""
    found = []
    for family, protocol, vlan in itertools.product((4, 6), ("tcp", "udp"), (0, 77)):
        found += [
            Shape(family, protocol, vlan, super_bytes=40_000),
            Shape(family, protocol, vlan, options=8, segment=1_201, super_bytes=30_011),
            Shape(family, protocol, vlan, segment=199, super_bytes=7_777),
            Shape(family, protocol, vlan),
            Shape(family, protocol, vlan, options=16, segment=33),
        ]
    return found


@dataclass
class Flow:
    """One flow: its packets made at one end, undone and compared at the other."""

    shape: Shape
    number: int
    source: bytes
    target: bytes
    sent: int = 0
    received: int = 0

    def next(self) -> bytes:
        """Return the next frame behind its offload header."""
        shape = self.shape
        size = shape.frame
        payload = self._payload(self.sent, size)
        transport = self._transport(len(payload))
        head = self._network(len(transport) + len(payload))
        link = self._link(4 if shape.family == 4 else 6)
        start = len(link) + len(head)
        place = 16 if shape.protocol == "tcp" else 6
        pseudo = self._pseudo(len(transport) + len(payload))
        transport = transport[:place] + _fold(pseudo).to_bytes(2) + transport[place + 2 :]
        gso = _GSO[shape.family, shape.protocol] if shape.super_bytes else 0
        offload = _VNET.pack(
            _NEEDS_CHECKSUM,
            gso,
            start + len(transport) if gso else 0,
            shape.segment if gso else 0,
            start,
            place,
        )
        self.sent += size
        return offload + link + head + transport + payload

    def check(self, offload: bytes, frame: bytes) -> str:
        """Compare what arrived with what must come next; return what is wrong, or nothing."""
        flags, _, _, segment, _, _ = _VNET.unpack(offload)
        network, transport = self._split(frame)
        if frame[: len(frame) - len(network) - len(transport)] != self._link(self.shape.family):
            return "the Ethernet header has changed"
        size = 20 if self.shape.protocol == "tcp" else 8
        head, payload = transport[:size], transport[size:]
        if payload != self._payload(self.received, len(payload)):
            return f"{len(payload)} bytes are not those at {self.received}"
        fault = self._check_heads(network, head, len(payload))
        if not fault:
            fault = self._check_sum(transport, partial=bool(flags & _NEEDS_CHECKSUM))
        if not fault and segment and segment != self.shape.segment:
            fault = f"cut every {segment} bytes"
        if not fault and not segment and len(payload) > self.shape.segment:
            fault = f"one packet of {len(payload)} bytes"
        self.received += len(payload)
        return fault

    # -- the layers

    def _payload(self, offset: int, size: int) -> bytes:
        """Return bytes that follow from the place of each packet in its flow."""
        step = self.shape.segment
        return b"".join(
            self._payload_of_packet(offset + part, min(step, size - part)) for part in range(0, size, step)
        )

    def _payload_of_packet(self, offset: int, size: int) -> bytes:
        start = (offset * 7 + self.number * 1_009) % (1 << 16)
        return _POOL[start : start + size]

    def _link(self, family: int) -> bytes:
        kind = (0x0800 if family == 4 else 0x86DD).to_bytes(2)
        tag = struct.pack("!HH", 0x8100, 0x2000 | self.shape.vlan) if self.shape.vlan else b""
        return self.target + self.source + tag + kind

    @property
    def _addresses(self) -> tuple[bytes, bytes]:
        # Nobody's addresses: the receiving system must not answer.
        if self.shape.family == 4:
            return bytes([198, 18, 0, self.number]), bytes([198, 18, 1, self.number])
        return tuple(bytes.fromhex("20010db8") + bytes(10) + bytes([side, self.number]) for side in (1, 2))  # type: ignore[return-value]

    def _network(self, size: int) -> bytes:
        source, target = self._addresses
        protocol, options = _PROTOCOLS[self.shape.protocol], self.shape.options
        if self.shape.family == 4:
            first = 0x45 + options // 4
            head = struct.pack("!BBHHHBBH", first, 0x10, 20 + options + size, 1, 0x4000, 61, protocol, 0)
            head += source + target + b"\x01" * options
            return head[:10] + (~_fold(_sum(head)) & 0xFFFF).to_bytes(2) + head[12:]
        extension = b""
        if options:
            # Destination options that are nothing but padding.
            extension = bytes([protocol, options // 8 - 1, 1, options - 4]) + bytes(options - 4)
            protocol = 60
        return struct.pack("!IHBB", 0x61234567, options + size, protocol, 61) + source + target + extension

    def _transport(self, size: int) -> bytes:
        ports = struct.pack("!HH", _FIRST_PORT + self.number, 9)
        if self.shape.protocol == "udp":
            return ports + struct.pack("!HH", 8 + size, 0)
        return ports + struct.pack("!IIBBHHH", self.sent & 0xFFFF_FFFF, 1, 0x50, 0x10, 512, 0, 0)

    def _pseudo(self, size: int) -> int:
        source, target = self._addresses
        return _sum(source + target + struct.pack("!II", size, _PROTOCOLS[self.shape.protocol]))

    def _split(self, frame: bytes) -> tuple[bytes, bytes]:
        start = 18 if self.shape.vlan else 14
        size = (20 if self.shape.family == 4 else 40) + self.shape.options
        return frame[start : start + size], frame[start + size :]

    def _check_heads(self, network: bytes, head: bytes, size: int) -> str:
        length = len(head) + size
        if self.shape.family == 4:
            if _fold(_sum(network)) != 0xFFFF:
                return "wrong IPv4 checksum"
            wanted = self._network(length)
            # The identification counts on from segment to segment.
            if network[:4] + network[6:10] + network[12:] != wanted[:4] + wanted[6:10] + wanted[12:]:
                return "the IPv4 header has changed"
        elif network != self._network(length):
            return "the IPv6 header has changed"
        if head[:4] != struct.pack("!HH", _FIRST_PORT + self.number, 9):
            return "other ports"
        if self.shape.protocol == "tcp":
            sequence, acknowledged, offset, flags, window = struct.unpack("!IIBBH", head[4:16])
            same = (sequence, acknowledged, offset, flags & ~8, window) == (self.received, 1, 0x50, 0x10, 512)
            if not same or head[18:] != b"\0\0":
                return f"another TCP header: {head.hex()}"
        elif int.from_bytes(head[4:6]) != length:
            return "another length of UDP"
        return ""

    def _check_sum(self, transport: bytes, *, partial: bool) -> str:
        pseudo = self._pseudo(len(transport))
        if partial:
            place = 16 if self.shape.protocol == "tcp" else 6
            good = int.from_bytes(transport[place : place + 2]) == _fold(pseudo)
        else:
            good = _fold(_sum(transport) + pseudo) == 0xFFFF
        return "" if good else f"wrong checksum ({'partial' if partial else 'whole'})"


class Wire:
    """Whole frames with their offload headers, out of and into an adapter."""

    def __init__(self, station: Station) -> None:
        self._socket = station.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 64 << 20)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self._socket.bind((station.interface, _ETH_P_ALL))
        self._socket.settimeout(0.2)
        self.mac = station.mac

    def close(self) -> None:
        self._socket.close()

    def send(self, frame: bytes) -> None:
        self._socket.send(frame)

    def receive(self, source: bytes) -> tuple[bytes, bytes] | None:
        """Return header and frame of the next from a station, its tag put back; None after a moment."""
        try:
            data, ancillary, _, address = self._socket.recvmsg(1 << 17, 256)
        except TimeoutError:
            return None
        offload, frame = data[: _VNET.size], data[_VNET.size :]
        if address[2] == _OUTGOING or frame[:12] != self.mac + source:
            return None
        return offload, _tagged(frame, ancillary)


def _tagged(frame: bytes, ancillary: Iterable[tuple[int, int, bytes]]) -> bytes:
    for level, kind, content in ancillary:
        if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
            status, _, _, _, _, tag, ethertype = struct.unpack("=IIIHHHH", content[:20])
            if status & _VLAN_VALID:
                return frame[:12] + struct.pack("!HH", ethertype, tag) + frame[12:]
    return frame


@dataclass
class Report:
    """What was found at the far end."""

    faults: list[str] = field(default_factory=list)
    frames: int = 0
    joined: int = 0


class Consignment:
    """Frames of each shape in turn, from `start` to `finish`, so many bytes of them under way."""

    def __init__(self, sender: Station, receiver: Station, kinds: Sequence[Shape], window: int) -> None:
        self._out, self._into = Wire(sender), Wire(receiver)
        self._flows = [
            Flow(shape, number, self._out.mac, self._into.mac) for number, shape in enumerate(kinds, 1)
        ]
        self._window = window
        self._under_way = 0.0
        self._room = threading.Condition()
        self._over = threading.Event()
        self.report = Report()
        self._threads: list[threading.Thread] = []

    def start(self, rounds: int | None = None) -> None:
        """Send so many rounds, or until `finish`."""
        sender = threading.Thread(target=self._give, args=(rounds,), daemon=True)
        self._threads = [sender, threading.Thread(target=self._take, daemon=True)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> Report:
        """Send no more; return what was found once everything has come, or what is missing."""
        self._over.set()
        for thread in self._threads:
            thread.join(2 * _WAIT)
        self._out.close()
        self._into.close()
        return self.report

    def wait_sent(self) -> None:
        """Wait until all rounds are under way."""
        self._threads[0].join()

    def _give(self, rounds: int | None) -> None:
        for _ in itertools.count() if rounds is None else range(rounds):
            for flow in self._flows:
                if not self._may_send(flow.shape.frame * flow.shape.load):
                    return
                self._out.send(flow.next())
            if rounds is None and self._over.is_set():
                return

    def _may_send(self, size: float) -> bool:
        with self._room:
            free = self._room.wait_for(lambda: self._under_way + size <= self._window, _WAIT)
            self._under_way += size
        if not free and not self.report.faults:
            self.report.faults.append("nothing more comes out of the path, and nothing more fits in")
        return free and len(self.report.faults) < _ENOUGH

    def _take(self) -> None:
        by_number = {flow.number: flow for flow in self._flows}
        quiet_since = time.monotonic()
        while not self._is_done() and len(self.report.faults) < _ENOUGH:
            arrived = self._into.receive(self._out.mac)
            flow = by_number.get(number_of(arrived[1])) if arrived else None
            if arrived and flow:
                self._compare(flow, *arrived)
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > _WAIT:
                missing = (flow for flow in self._flows if flow.received < flow.sent)
                self.report.faults += [f"{f.shape}: {f.received} of {f.sent} bytes came" for f in missing]
                return

    def _is_done(self) -> bool:
        sending = self._threads[0].is_alive() or not self._over.is_set()
        return not sending and all(flow.received == flow.sent for flow in self._flows)

    def _compare(self, flow: Flow, offload: bytes, frame: bytes) -> None:
        before = flow.received
        if fault := flow.check(offload, frame):
            self.report.faults.append(f"{flow.shape}: {fault}")
        self.report.frames += 1
        self.report.joined += _VNET.unpack(offload)[1] != 0
        with self._room:
            self._under_way -= (flow.received - before) * flow.shape.load
            self._room.notify()


def consign(sender: Station, receiver: Station, kinds: Sequence[Shape], rounds: int, window: int) -> Report:
    """Send so many frames of each kind in turn and compare them all."""
    consignment = Consignment(sender, receiver, kinds, window)
    consignment.start(rounds)
    consignment.wait_sent()
    return consignment.finish()


def number_of(frame: bytes) -> int:
    """Return the number of the flow that a frame says it belongs to."""
    at = 12
    if frame[at : at + 2] == b"\x81\x00":
        at += 4
    if frame[at : at + 2] == b"\x08\x00":
        head = (frame[at + 2] & 15) * 4
    else:
        head = 40 + ((frame[at + 2 + 41] + 1) * 8 if frame[at + 2 + 6] == 60 else 0)
    start = at + 2 + head
    return int.from_bytes(frame[start : start + 2]) - _FIRST_PORT


def _sum(content: bytes) -> int:
    padded = content + b"\0" * (len(content) % 2)
    return sum(struct.unpack(f"!{len(padded) // 2}H", padded))


def _fold(total: int) -> int:
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    return total


def teach(one: Station, other: Station) -> None:
    """Let a hub learn where both are in the VLAN that `shapes` use.

    What it can't place it floods, and much of that is a storm, of which it lets little pass.
    """
    for sender, receiver in ((other, one), (one, other)):
        assert consign(sender, receiver, [Shape(4, "udp", vlan=_VLAN)], 1, _GENTLE).faults == []
