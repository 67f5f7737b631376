"""HTTP/1.1 as far as the protocol's first phase needs it, for both sides (reference: session protocol, 2.1).

Written by hand because h11 refuses requests that stock peers accept (no Host header) and keeps neither the
raw bytes of a request nor the reference's limits on lines and header fields. Must not know what is asked
for: targets and answers belong to the handshake. Dates are arguments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

SIGNATURE_TARGET: Final = "/vpnsvc/connect.cgi"
PACK_TARGET: Final = "/vpnsvc/vpn.cgi"
PACK_TYPE: Final = "application/octet-stream"
SIGNATURE: Final = b"VPNCONNECT"

_REASONS: Final = {
    200: "OK",
    403: "Forbidden",
    404: "Not Found",
    501: "Method Not Implemented",
}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class HttpError(ValueError):
    """The peer's bytes are no HTTP message that we read."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How much a message may claim. Line and header limits are stock peers' own."""

    maximum_line: int = 4_096
    maximum_headers: int = 128
    maximum_head: int = 65_536
    maximum_body: int = 65_536


REQUEST_LIMITS: Final = HttpLimits()
RESPONSE_LIMITS: Final = HttpLimits(maximum_body=1_048_576)


# --- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """Start line and header fields; names are lower-cased, the first of two equal ones counts.

    `content_length` is None if the field is missing.
    """

    start: tuple[str, str, str]
    headers: Mapping[str, str]
    content_length: int | None


@dataclass(frozen=True, slots=True)
class Request:
    """A complete request; `raw` are all its bytes as they came."""

    head: Head
    body: bytes = field(repr=False)
    raw: bytes = field(repr=False)

    @property
    def method(self) -> str:
        return self.head.start[0]

    @property
    def target(self) -> str:
        return self.head.start[1]

    @property
    def version(self) -> str:
        return self.head.start[2]

    @property
    def headers(self) -> Mapping[str, str]:
        return self.head.headers


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response; `status` is 0 if the start line has no number there."""

    head: Head
    body: bytes = field(repr=False)

    @property
    def version(self) -> str:
        return self.head.start[0]

    @property
    def status(self) -> int:
        return _decimal(self.head.start[1]) or 0

    @property
    def headers(self) -> Mapping[str, str]:
        return self.head.headers


# --- reading -----------------------------------------------------------------------------------------------


class _MessageReader:
    """Collects bytes until a head, then a body, is complete. Holds no more than was fed."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._line_start = 0
        self._scanned = 0
        self._head: Head | None = None

    def feed(self, data: bytes) -> None:
        """Take bytes from the peer."""
        self._buffer += data

    @property
    def leftover(self) -> bytes:
        """The bytes behind the last complete message."""
        return bytes(self._buffer)

    def head(self) -> Head | None:
        """The head of the message that is coming, or None while it is incomplete. Raises HttpError."""
        while self._head is None:
            line = self._next_line()
            if line is None:
                return None
            if line:
                self._keep(line)
            else:
                self._head = _parse_head(self._lines)
        return self._head

    def _next_line(self) -> str | None:
        end = self._buffer.find(b"\n", self._scanned)
        self._scanned = len(self._buffer) if end < 0 else end + 1
        if (end if end >= 0 else len(self._buffer)) - self._line_start > self._limits.maximum_line:
            raise HttpError(f"a line is longer than {self._limits.maximum_line} bytes")
        if end < 0:
            return None
        line = self._buffer[self._line_start : end].removesuffix(b"\r")
        self._line_start = end + 1
        return line.decode("latin-1")

    def _keep(self, line: str) -> None:
        if len(self._lines) > self._limits.maximum_headers or self._line_start > self._limits.maximum_head:
            raise HttpError("the head of the message is too long")
        self._lines.append(line)

    def _take(self, maximum_body: int) -> tuple[Head, bytes, bytes] | None:
        head = self.head()
        if head is None:
            return None
        length = head.content_length or 0
        if length > maximum_body:
            raise HttpError(f"a body of {length} bytes is more than the {maximum_body} allowed")
        end = self._line_start + length
        if len(self._buffer) < end:
            return None
        raw = bytes(self._buffer[:end])
        body = raw[self._line_start :]
        self._drop(end)
        return head, body, raw

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._lines = []
        self._line_start = self._scanned = 0
        self._head = None


class RequestReader(_MessageReader):
    """The server's side: bytes in, requests out."""

    def __init__(self, limits: HttpLimits = REQUEST_LIMITS) -> None:
        super().__init__(limits)

    def next(self) -> Request | None:
        """The next complete request, or None. Raises HttpError, also for a body over the limit."""
        taken = self._take(self._limits.maximum_body)
        return Request(*taken) if taken else None


class ResponseReader(_MessageReader):
    """The client's side: bytes in, responses out."""

    def __init__(self, limits: HttpLimits = RESPONSE_LIMITS) -> None:
        super().__init__(limits)

    def next(self) -> Response | None:
        """The next complete response, or None. Raises HttpError, also for one without Content-Length."""
        head = self.head()
        if head is not None and head.content_length is None:
            raise HttpError("the response doesn't say how long it is")
        taken = self._take(self._limits.maximum_body)
        return Response(taken[0], taken[1]) if taken else None


def _parse_head(lines: Sequence[str]) -> Head:
    tokens = lines[0].split(" ", 2) if lines else []
    if len(tokens) < 3 or not all(tokens):
        raise HttpError("the start line has fewer than three parts")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, value = _parse_field(line)
        if name == "content-length" and headers.get(name, value) != value:
            raise HttpError("two lengths are given")
        headers.setdefault(name, value)
    if "transfer-encoding" in headers:
        raise HttpError("transfer codings are not part of this protocol")
    return Head((tokens[0], tokens[1], tokens[2]), headers, _parse_length(headers))


def _parse_field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip() or " " in name:
        raise HttpError("a header field has no name")
    # An empty value is accepted: one of the stock editions does so too (reference, 2.1).
    return name.lower(), value.strip(" \t")


def _parse_length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length")
    if text is None:
        return None
    length = _decimal(text)
    if length is None:
        raise HttpError("the length is no number")
    return length


def _decimal(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None


# --- writing -----------------------------------------------------------------------------------------------


@lru_cache(4)
def http_date(unix_seconds: int) -> str:
    """The date as header fields have it, e.g. "Thu, 01 Jan 1970 00:00:00 GMT"."""
    at = datetime.fromtimestamp(unix_seconds, UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"


def _write(start: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers.items())]
    if any(character in line for line in lines for character in "\r\n\0"):
        raise HttpError("a line of a message would contain a line end")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body


def response(
    status: int, headers: Mapping[str, str], body: bytes, date: str, *, without_body: bool = False
) -> bytes:
    """A response that keeps the connection. `without_body` is for HEAD: the length is that of `body`."""
    fields = {
        "Date": date,
        "Keep-Alive": "timeout=15; max=19",
        "Connection": "Keep-Alive",
        **headers,
        "Content-Length": str(len(body)),
    }
    reason = _REASONS.get(status, "Unknown")
    return _write(f"HTTP/1.1 {status} {reason}", fields, b"" if without_body else body)


def pack_response(pack: bytes, date: str) -> bytes:
    """The response that carries a PACK."""
    return response(200, {"Content-Type": PACK_TYPE}, pack, date)


def signature_request(host: str) -> bytes:
    """The request that says which protocol we speak. `host` is the server's address in text form."""
    headers = {
        "Host": host,
        "Content-Type": "image/jpeg",
        "Connection": "Keep-Alive",
        "Content-Length": str(len(SIGNATURE)),
    }
    return _write(f"POST {SIGNATURE_TARGET} HTTP/1.1", headers, SIGNATURE)


def pack_request(host: str, body: bytes, date: str) -> bytes:
    """The request that carries a PACK."""
    headers = {
        "Date": date,
        "Host": host,
        "Keep-Alive": "timeout=15; max=19",
        "Connection": "Keep-Alive",
        "Content-Type": PACK_TYPE,
        "Content-Length": str(len(body)),
    }
    return _write(f"POST {PACK_TARGET} HTTP/1.1", headers, body)
