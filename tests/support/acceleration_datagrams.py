"""Datagrams of UDP acceleration, written from the protocol's description alone.

On purpose not the engine's: a fault there must not be able to agree with itself.
"""

import hashlib
import secrets
import struct
import zlib
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

_HEADER = struct.Struct("!IQQHB")
_IV_BYTES, _ZERO_BYTES, _NONCE_BYTES = 20, 20, 12
_CHACHA_BYTES = 32


class NotAuthentic(ValueError):
    """Whoever has sent this doesn't have the key, or it was damaged."""


@dataclass(frozen=True)
class Body:
    """What stands inside of a datagram. `length` lies about the payload where it is given."""

    cookie: int
    tick: int
    echo: int
    payload: bytes = b""
    compressed: bool = False
    length: int | None = None

    def encode(self) -> bytes:
        length = len(self.payload) if self.length is None else self.length
        return _HEADER.pack(self.cookie, self.tick, self.echo, length, self.compressed) + self.payload

    @classmethod
    def decode(cls, content: bytes) -> "Body":
        cookie, tick, echo, length, flag = _HEADER.unpack_from(content)
        rest = content[_HEADER.size :]
        assert length <= len(rest), f"{length} bytes are announced, {len(rest)} have come"
        assert flag in (0, 1), flag
        assert not any(rest[length:]), "padding is zeros"
        return cls(cookie, tick, echo, rest[:length], bool(flag))

    @property
    def frame(self) -> bytes:
        return zlib.decompress(self.payload) if self.compressed else self.payload


class Cipher(Protocol):
    """One direction's protection."""

    def seal(self, content: bytes) -> bytes: ...
    def open(self, datagram: bytes) -> bytes: ...


class Plain:
    """None at all."""

    def seal(self, content: bytes) -> bytes:
        return content

    def open(self, datagram: bytes) -> bytes:
        return datagram


class Old:
    """Version 1: RC4 with a key for each datagram, zeros at the end in place of integrity."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, content: bytes) -> bytes:
        iv = secrets.token_bytes(_IV_BYTES)
        padding = bytes(secrets.randbelow(32))
        return iv + self._apply(iv, content + padding + bytes(_ZERO_BYTES))

    def open(self, datagram: bytes) -> bytes:
        iv, rest = datagram[:_IV_BYTES], datagram[_IV_BYTES:]
        content = self._apply(iv, rest)
        if len(content) < _ZERO_BYTES or any(content[-_ZERO_BYTES:]):
            raise NotAuthentic
        return content[:-_ZERO_BYTES]

    def _apply(self, iv: bytes, content: bytes) -> bytes:
        return rc4(hashlib.sha1(self._key + iv, usedforsecurity=False).digest(), content)


class New:
    """Version 2: ChaCha20-Poly1305 with the first 32 of 128 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key[:_CHACHA_BYTES])

    def seal(self, content: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content + bytes(secrets.randbelow(32)), None)

    def open(self, datagram: bytes) -> bytes:
        try:
            return self._cipher.decrypt(datagram[:_NONCE_BYTES], datagram[_NONCE_BYTES:], None)
        except (InvalidTag, ValueError) as error:
            raise NotAuthentic from error


def rc4(key: bytes, content: bytes) -> bytes:
    """Return the content with the key stream of RC4 laid over it."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 0xFF
        state[i], state[j] = state[j], state[i]
    result, i, j = bytearray(content), 0, 0
    for at in range(len(content)):
        i = (i + 1) & 0xFF
        j = (j + state[i]) & 0xFF
        state[i], state[j] = state[j], state[i]
        result[at] ^= state[(state[i] + state[j]) & 0xFF]
    return bytes(result)
