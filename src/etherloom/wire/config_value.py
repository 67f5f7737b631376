"""Values in configuration files: their text, and the secrets that the original obscures. Pure.

Obscuring is no protection, since the keys are the same everywhere. It is done because the files have it.
"""

import binascii
from base64 import b64encode
from re import Match
from re import compile as pattern
from typing import Final

# Of the first key, the original takes as many bytes as a pointer has.
PASSWORD_KEY: Final = b"EncryptP"
PASSWORD_KEY_32: Final = b"Encr"
ETHERIP_KEY: Final = b"EncryptPassword2"
# Times count from 09:00 UTC of the first day of 1970.
_TIME_OFFSET_MS: Final = 32_400_000
_ESCAPED: Final = pattern(rb"(?s)\$(..|.?)")
_HEX: Final = pattern(rb"[0-9A-Fa-f]{2}")
_TO_ESCAPE: Final = pattern(r"[\x00-\x20$]")
_NUMBER: Final = pattern(r"[0-9]+|0[xX][0-9A-Fa-f]+")
_LONGEST_NUMBER: Final = 24
_BITS: Final = {"uint": 32, "uint64": 64}


class ValueFault(ValueError):
    """A value can't be read; the sentence goes on behind the value's name."""


def escape(text: str) -> str:
    """Write a name or a text as one word."""
    return _TO_ESCAPE.sub(lambda found: f"${ord(found[0]):02X}", text) or "$"


def unescape(word: str) -> str:
    """Read a name or a text. Raises ValueFault."""
    if "$" not in word:
        return word
    if word == "$":
        return ""
    try:
        return _ESCAPED.sub(_unescape, word.encode()).decode()
    except UnicodeDecodeError:
        raise ValueFault("is no UTF-8") from None


def _unescape(found: Match[bytes]) -> bytes:
    if not _HEX.fullmatch(found[1]):
        raise ValueFault("has a $ that isn't followed by two hexadecimal digits")
    return bytes.fromhex(found[1].decode())


def find_value_fault(kind: str, value: str) -> str | None:
    """Say what is wrong with a value of this type, if anything is."""
    try:
        _READERS[kind](value)
    except ValueFault as fault:
        return f"{value[:40]!r} {fault}"
    return None


def read_uint(value: str) -> int:
    """Read a number of 32 bits. Raises ValueFault."""
    return _read_number(value, _BITS["uint"])


def read_uint64(value: str) -> int:
    """Read a number of 64 bits. Raises ValueFault."""
    return _read_number(value, _BITS["uint64"])


def _read_number(value: str, bits: int) -> int:
    if not _NUMBER.fullmatch(value) or len(value) > _LONGEST_NUMBER:
        raise ValueFault("is no number")
    number = int(value, 16) if value[:2] in ("0x", "0X") else int(value)
    if number >> bits:
        raise ValueFault(f"is too large for a number of {bits} bits")
    return number


def read_bool(value: str) -> bool:
    """Read true, false, or a number, of which only 0 is false. Raises ValueFault."""
    word = value.lower()
    if word in ("true", "false"):
        return word == "true"
    try:
        return read_uint(value) != 0
    except ValueFault:
        raise ValueFault("is neither true nor false") from None


def read_bytes(value: str) -> bytes:
    """Read bytes, which stand as base64. Raises ValueFault."""
    text = unescape(value)
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        raise ValueFault("is no base64") from None


_READERS: Final = {
    "uint": read_uint,
    "uint64": read_uint64,
    "bool": read_bool,
    "string": unescape,
    "byte": read_bytes,
}


def write_bool(value: bool) -> str:
    return "true" if value else "false"


def write_bytes(value: bytes) -> str:
    return b64encode(value).decode() or "$"


def read_time(number: int) -> int:
    """Return Unix milliseconds; 0 stays 0, which is never."""
    return number + _TIME_OFFSET_MS if number else 0


def write_time(unix_ms: int) -> int:
    """Return the number that a file has for Unix milliseconds; 0 stays 0."""
    return max(unix_ms - _TIME_OFFSET_MS, 0)


def obscure(data: bytes, key: bytes) -> bytes:
    """RC4, which is its own inverse."""
    boxes = list(range(256))
    at = 0
    for step in range(256):
        at = (at + boxes[step] + key[step % len(key)]) & 0xFF
        boxes[step], boxes[at] = boxes[at], boxes[step]
    here = there = 0
    result = bytearray()
    for byte in data:
        here = (here + 1) & 0xFF
        there = (there + boxes[here]) & 0xFF
        boxes[here], boxes[there] = boxes[there], boxes[here]
        result.append(byte ^ boxes[(boxes[here] + boxes[there]) & 0xFF])
    return bytes(result)


def read_password(data: bytes) -> str:
    """Read an obscured password, also one that a program of 32 bits wrote. Raises ValueFault."""
    for key in (PASSWORD_KEY, PASSWORD_KEY_32):
        text = _readable(obscure(data, key))
        if text is not None:
            return text
    raise ValueFault("can't be made readable: it was obscured by another program")


def read_etherip_password(data: bytes) -> str:
    """Read the obscured password of an EtherIP client. Raises ValueFault."""
    text = _readable(obscure(data, ETHERIP_KEY))
    if text is None:
        raise ValueFault("can't be made readable: it was obscured by another program")
    return text


def _readable(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def write_password(password: str) -> bytes:
    return obscure(password.encode(), PASSWORD_KEY)


def write_etherip_password(password: str) -> bytes:
    return obscure(password.encode(), ETHERIP_KEY)
