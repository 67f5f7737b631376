"""Old digests that stock peers' log-ins are made of: SHA-0 and MD4, and what is computed with them.

Must not be used for anything new: neither digest is safe, and whoever has a hashed password can log in.
"""

import struct
from typing import Final

_MASK: Final = 0xFFFFFFFF
_SHA_START: Final = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
_MD4_START: Final = _SHA_START[:4]


def _rotate(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _MASK


def _pad(data: bytes, length_form: str) -> bytes:
    """The padding that SHA and MD4 share: a one bit, zeros, the length in bits."""
    return data + b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack(length_form, len(data) * 8)


# --- SHA-0 -------------------------------------------------------------------------------------------------


def sha0(data: bytes) -> bytes:
    """SHA-0: SHA-1 without the rotation in the message schedule."""
    padded = _pad(data, ">Q")
    state = _SHA_START
    for at in range(0, len(padded), 64):
        state = _sha0_block(state, padded[at : at + 64])
    return struct.pack(">5I", *state)


_Sha0State = tuple[int, int, int, int, int]


def _sha0_block(state: _Sha0State, block: bytes) -> _Sha0State:
    words = list(struct.unpack(">16I", block))
    for step in range(16, 80):
        words.append(words[step - 3] ^ words[step - 8] ^ words[step - 14] ^ words[step - 16])
    # Written out four times: this runs at every log-in, and a call a step would double its cost. What a
    # rotation shifts beyond 32 bits goes with the mask.
    a, b, c, d, e = state
    for word in words[:20]:
        new = (a << 5 | a >> 27) + (d ^ (b & (c ^ d))) + e + 0x5A827999 + word
        a, b, c, d, e = new & _MASK, a, (b << 30 | b >> 2) & _MASK, c, d
    for word in words[20:40]:
        new = (a << 5 | a >> 27) + (b ^ c ^ d) + e + 0x6ED9EBA1 + word
        a, b, c, d, e = new & _MASK, a, (b << 30 | b >> 2) & _MASK, c, d
    for word in words[40:60]:
        new = (a << 5 | a >> 27) + ((b & c) | (d & (b | c))) + e + 0x8F1BBCDC + word
        a, b, c, d, e = new & _MASK, a, (b << 30 | b >> 2) & _MASK, c, d
    for word in words[60:]:
        new = (a << 5 | a >> 27) + (b ^ c ^ d) + e + 0xCA62C1D6 + word
        a, b, c, d, e = new & _MASK, a, (b << 30 | b >> 2) & _MASK, c, d
    mixed = zip(state, (a, b, c, d, e), strict=True)
    a, b, c, d, e = ((old + new) & _MASK for old, new in mixed)
    return a, b, c, d, e


# --- MD4 ---------------------------------------------------------------------------------------------------

# For each round: additive constant, rotations, order of the message words (RFC 1320, section 3.4).
_MD4_ROUNDS: Final = (
    (0, (3, 7, 11, 19), tuple(range(16))),
    (0x5A827999, (3, 5, 9, 13), (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
    (0x6ED9EBA1, (3, 9, 11, 15), (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)


def md4(data: bytes) -> bytes:
    """MD4 (RFC 1320)."""
    padded = _pad(data, "<Q")
    state = _MD4_START
    for at in range(0, len(padded), 64):
        state = _md4_block(state, padded[at : at + 64])
    return struct.pack("<4I", *state)


def _md4_function(number: int, b: int, c: int, d: int) -> int:
    if number == 0:
        return (b & c) | (~b & d)
    if number == 1:
        return (b & c) | (b & d) | (c & d)
    return b ^ c ^ d


_Md4State = tuple[int, int, int, int]


def _md4_block(state: _Md4State, block: bytes) -> _Md4State:
    words = struct.unpack("<16I", block)
    a, b, c, d = state
    for number, (constant, shifts, order) in enumerate(_MD4_ROUNDS):
        for step, index in enumerate(order):
            total = (a + _md4_function(number, b, c, d) + words[index] + constant) & _MASK
            a, b, c, d = d, _rotate(total, shifts[step % 4]), b, c
    s = state
    return ((s[0] + a) & _MASK, (s[1] + b) & _MASK, (s[2] + c) & _MASK, (s[3] + d) & _MASK)


# --- what log-ins are made of ------------------------------------------------------------------------------


def _as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def hash_password(password: str | bytes, user: str) -> bytes:
    """A user's hashed password (20 bytes); of the name only ASCII letters are upper-cased."""
    return sha0(_as_bytes(password) + _as_bytes(user).upper())


def hash_administrator_password(password: str | bytes) -> bytes:
    """The hashed password of a server's or hub's administrator (20 bytes)."""
    return sha0(_as_bytes(password))


def secure_password(hashed: bytes, challenge: bytes) -> bytes:
    """What goes over the wire: the hashed password bound to this connection's challenge (20 bytes)."""
    return sha0(hashed + challenge)


def nt_hash(password: str | bytes) -> bytes:
    """The hash that MS-CHAPv2 log-ins are made of (16 bytes)."""
    text = password if isinstance(password, str) else password.decode("utf-8", "surrogateescape")
    return md4(text.encode("utf-16-le", "surrogatepass"))
