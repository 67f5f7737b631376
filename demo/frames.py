"""A file between two ports of a hub in Ethernet frames of our own: numbered, acknowledged, sent again.

It knows two functions for frames and no tunnel. Frames may get lost, for a port that is full drops.
"""

import asyncio
import hashlib
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from statistics import median
from typing import Final, Protocol

from demo.cargo import Carried

# The EtherType for experiments on a network of one's own.
_ETHER_TYPE: Final = bytes.fromhex("88b5")
_ETHERNET_BYTES: Final = 14
_HEAD: Final = struct.Struct("!BIH")
_PIECE_BYTES: Final = 1500 - _HEAD.size
_SMALLEST_FRAME: Final = 60
_WINDOW: Final = 256
_ACKNOWLEDGE_EVERY: Final = 32
_IMPATIENCE_SECONDS: Final = 0.2


class Port(Protocol):
    """Where frames go in and come out."""

    def send_frames(self, frames: Sequence[bytes]) -> None: ...

    async def receive_frames(self, maximum: int = 64) -> list[bytes]: ...


class Kind(IntEnum):
    """What a message is."""

    PIECE = 1
    END = 2
    ACKNOWLEDGEMENT = 3
    ECHO = 4
    ANSWER = 5


@dataclass(frozen=True, slots=True)
class Message:
    """What stations tell each other, one a frame."""

    kind: Kind
    number: int
    body: bytes = b""


class Station:
    """A port with an address, which talks to one other station."""

    def __init__(self, port: Port, own: bytes, other: bytes) -> None:
        self._port = port
        self._expected = own + other + _ETHER_TYPE
        self._head = other + own + _ETHER_TYPE

    def send(self, *messages: Message) -> None:
        self._port.send_frames([self._write(message) for message in messages])

    async def receive(self) -> list[Message]:
        """Wait for messages from the other station."""
        while True:
            frames = await self._port.receive_frames(_WINDOW)
            ours = [frame for frame in frames if frame.startswith(self._expected)]
            if ours:
                return list(map(_read, ours))

    async def receive_soon(self, kind: Kind) -> list[Message]:
        """Wait a moment for messages of this kind; nothing if none comes."""
        try:
            async with asyncio.timeout(_IMPATIENCE_SECONDS):
                while True:
                    found = [message for message in await self.receive() if message.kind is kind]
                    if found:
                        return found
        except TimeoutError:
            return []

    def _write(self, message: Message) -> bytes:
        head = _HEAD.pack(message.kind, message.number, len(message.body))
        return (self._head + head + message.body).ljust(_SMALLEST_FRAME, b"\0")


def _read(frame: bytes) -> Message:
    kind, number, size = _HEAD.unpack_from(frame, _ETHERNET_BYTES)
    start = _ETHERNET_BYTES + _HEAD.size
    return Message(Kind(kind), number, frame[start : start + size])


# -- there and back


async def answer_echoes(station: Station) -> None:
    """Send every echo back, until cancelled."""
    while True:
        for message in await station.receive():
            if message.kind is Kind.ECHO:
                station.send(Message(Kind.ANSWER, message.number, message.body))


async def measure_round_trips(station: Station, count: int) -> list[float]:
    """Return seconds, one echo after the other; one that is lost is sent again and not counted."""
    found: list[float] = []
    while len(found) < count:
        number = len(found)
        started = time.perf_counter()
        station.send(Message(Kind.ECHO, number, bytes(56)))
        answers = await station.receive_soon(Kind.ANSWER)
        if any(answer.number == number for answer in answers):
            found.append(time.perf_counter() - started)
    return found


def describe_round_trips(seconds: list[float]) -> str:
    """Return the median and the ends, in words."""
    least, middle, most = (1000 * value for value in (min(seconds), median(seconds), max(seconds)))
    return f"{middle:.3f} ms in the middle (least {least:.3f}, most {most:.3f}) of {len(seconds)}"


# -- the file


async def send_content(station: Station, content: bytes) -> None:
    """Send all of it and return when all is acknowledged. After a silence, begin again where it was."""
    messages = list(_cut(content))
    acknowledged = sent = 0
    while acknowledged < len(messages):
        edge = min(acknowledged + _WINDOW, len(messages))
        station.send(*messages[sent:edge])
        heard = [message.number for message in await station.receive_soon(Kind.ACKNOWLEDGEMENT)]
        acknowledged = max(acknowledged, *heard) if heard else acknowledged
        sent = max(edge, acknowledged) if heard else acknowledged


def _cut(content: bytes) -> Iterator[Message]:
    number = 0
    for number, start in enumerate(range(0, len(content), _PIECE_BYTES), 1):
        yield Message(Kind.PIECE, number - 1, content[start : start + _PIECE_BYTES])
    yield Message(Kind.END, number)


async def receive_file(station: Station, path: Path) -> Carried:
    """Write what comes in order, drop what doesn't, until the end has come."""
    digest, expected, size, started = hashlib.sha256(), 0, 0, 0.0
    with path.open("wb") as out:
        while True:
            for message in await station.receive():
                started = started or time.monotonic()
                if message.number == expected and message.kind is Kind.PIECE:
                    digest.update(message.body)
                    size += out.write(message.body)
                    expected += 1
                elif message.number == expected and message.kind is Kind.END:
                    station.send(Message(Kind.ACKNOWLEDGEMENT, expected + 1))
                    return Carried(size, time.monotonic() - started, digest.hexdigest())
                if expected % _ACKNOWLEDGE_EVERY == 0:
                    station.send(Message(Kind.ACKNOWLEDGEMENT, expected))
            station.send(Message(Kind.ACKNOWLEDGEMENT, expected))
