"""PACK, HTTP and block framing for scripted peers, written from the protocol's description alone.

On purpose not `etherloom.wire`: a fault there must not be able to agree with itself.
"""

import struct
from collections.abc import Iterable, Mapping

Value = int | str | bytes
GIF_PATH = "/vpnsvc/connect.cgi"
PACK_PATH = "/vpnsvc/vpn.cgi"
KEEP_ALIVE = 0xFFFFFFFF
_INT, _DATA, _STR, _UNISTR, _INT64 = range(5)


def encode(values: Mapping[str, Value]) -> bytes:
    """Return a PACK; integers become INT, text STR, bytes DATA."""
    parts = [struct.pack("!I", len(values))]
    for name, value in values.items():
        label = name.encode()
        parts.append(struct.pack("!I", len(label) + 1) + label)
        if isinstance(value, int):
            parts.append(struct.pack("!III", _INT, 1, value))
        else:
            kind, content = (_STR, value.encode()) if isinstance(value, str) else (_DATA, value)
            parts.append(struct.pack("!III", kind, 1, len(content)) + content)
    return b"".join(parts)


def decode(content: bytes) -> dict[str, Value]:
    """Return the first value of every element, names in lower case."""
    cursor = _Cursor(content)
    found: dict[str, Value] = {}
    for _ in range(cursor.u32()):
        name = cursor.take(cursor.u32() - 1).decode().lower()
        kind, count = cursor.u32(), cursor.u32()
        values = [cursor.value(kind) for _ in range(count)]
        found[name] = values[0]
    return found


def secure_password(password: str, user: str, challenge: bytes) -> bytes:
    """Return what a client proves its password with."""
    return sha0(sha0(password.encode() + user.upper().encode()) + challenge)


def sha0(content: bytes) -> bytes:
    """Return the digest of the withdrawn SHA-0, which is SHA-1 without the rotation in its schedule."""
    padded = content + b"\x80" + bytes((55 - len(content)) % 64) + struct.pack("!Q", len(content) * 8)
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
    for at in range(0, len(padded), 64):
        words = list(struct.unpack("!16I", padded[at : at + 64]))
        for i in range(16, 80):
            words.append(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16])
        state = [(old + new) & 0xFFFFFFFF for old, new in zip(state, _rounds(state, words), strict=True)]
    return struct.pack("!5I", *state)


def _rounds(state: list[int], words: list[int]) -> list[int]:
    a, b, c, d, e = state
    for i, word in enumerate(words):
        mixed = (d ^ (b & (c ^ d)), b ^ c ^ d, (b & c) | (d & (b | c)), b ^ c ^ d)[i // 20]
        constant = (0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6)[i // 20]
        a, b, c, d, e = (_turn(a, 5) + mixed + e + constant + word) & 0xFFFFFFFF, a, _turn(b, 30), c, d
    return [a, b, c, d, e]


def _turn(value: int, count: int) -> int:
    return (value << count | value >> (32 - count)) & 0xFFFFFFFF


class _Cursor:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, size: int) -> bytes:
        part = self._content[self._at : self._at + size]
        assert len(part) == size, "a PACK ends early"
        self._at += size
        return part

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def value(self, kind: int) -> Value:
        if kind == _INT:
            return self.u32()
        if kind == _INT64:
            return int.from_bytes(self.take(8), "big")
        content = self.take(self.u32())
        if kind == _DATA:
            return content
        return content.rstrip(b"\0").decode() if kind == _UNISTR else content.decode()


def request(target: str, body: bytes, content_type: str = "application/octet-stream") -> bytes:
    """Return an HTTP request."""
    head = (
        f"POST {target} HTTP/1.1\r\nHost: 10.77.0.1\r\nConnection: Keep-Alive\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def response(body: bytes, content_type: str = "application/octet-stream") -> bytes:
    """Return an HTTP response."""
    head = (
        f"HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def group(frames: Iterable[bytes]) -> bytes:
    """Return one block group."""
    blocks = [struct.pack("!I", len(frame)) + frame for frame in frames]
    return struct.pack("!I", len(blocks)) + b"".join(blocks)


def keep_alive(content: bytes) -> bytes:
    """Return what stands between block groups to show that the sender lives."""
    return struct.pack("!II", KEEP_ALIVE, len(content)) + content


class BlockReader:
    """Frames out of a block stream that arrives in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, content: bytes) -> list[bytes]:
        """Return the frames of all groups complete by now."""
        self._rest += content
        frames: list[bytes] = []
        while (end := self._end_of_first()) is not None:
            first, self._rest = self._rest[:end], self._rest[end:]
            frames.extend(_frames(first))
        return frames

    def _end_of_first(self) -> int | None:
        if len(self._rest) < 4:
            return None
        count = int.from_bytes(self._rest[:4], "big")
        end = 4
        for _ in range(1 if count == KEEP_ALIVE else count):
            if len(self._rest) < end + 4:
                return None
            end += 4 + int.from_bytes(self._rest[end : end + 4], "big")
        return end if len(self._rest) >= end else None


def _frames(content: bytes) -> list[bytes]:
    count = int.from_bytes(content[:4], "big")
    if count == KEEP_ALIVE:
        return []
    frames, at = [], 4
    for _ in range(count):
        size = int.from_bytes(content[at : at + 4], "big")
        frames.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    return frames
