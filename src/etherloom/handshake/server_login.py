"""The server's side of the handshake, from the first byte inside TLS to the farewell before the frames.

Bytes in, actions out; the caller decides about requests and says so through the methods. Must not know
users, hubs or sessions, nor touch a socket, a clock or a source of randomness: date, challenge and padding
are arguments.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from etherloom.handshake import pages
from etherloom.handshake.messages import (
    AdditionalConnection,
    AdminLogin,
    ClientRequest,
    Close,
    Direction,
    LoginRequest,
    Redirect,
    Send,
    WelcomeParameters,
)
from etherloom.handshake.requests import MissingElement, read_request
from etherloom.handshake.welcome import error_pack, padded, write_redirect, write_welcome
from etherloom.model.errors import ErrorCode
from etherloom.model.product import SERVER_PRODUCT, WIRE_BUILD, WIRE_VERSION
from etherloom.wire import http
from etherloom.wire.pack import Pack, PackError, decode, encode

CHALLENGE_BYTES: Final = 20
_MAXIMUM_REQUESTS: Final = 19
_MAXIMUM_NOOPS: Final = 30
_MAXIMUM_BODY: Final = http.REQUEST_LIMITS.maximum_body
# Stock clients send this picture with up to 2,000 random bytes behind it. Its digest is enough to know it.
_PICTURE_BYTES: Final = 1_411
_PICTURE_SHA256: Final = bytes.fromhex("96a706bbab378ec37dfef21e02b1a3c177fbebeffa039eb0efac918630df12a0")
_PICTURE_LENGTHS: Final = range(_PICTURE_BYTES, _PICTURE_BYTES + 2_001)


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request that the caller must now decide about; feed nothing until it has."""

    request: ClientRequest


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """Something else that speaks HTTP. Send `answer`, or splice and drop this machine.

    `request_bytes` is all that has come of the request so far, and whatever came behind it.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    request_bytes: bytes = field(repr=False)
    answer: bytes = field(repr=False)


Action = Send | Request | HttpRequest | Close


class ServerLogin:
    """The machine of one connection. `leftover` is what followed the request, once there is one."""

    def __init__(self, challenge: bytes, product: str = SERVER_PRODUCT) -> None:
        if len(challenge) != CHALLENGE_BYTES:
            raise ValueError(f"the challenge must be {CHALLENGE_BYTES} random bytes")
        self.challenge = challenge
        self._reader = http.RequestReader()
        self._date = ""
        self._phase: _Phase = _AwaitSignature(_hello_pack(challenge, product))

    @property
    def leftover(self) -> bytes:
        """Bytes that came behind the last request read: the first of the session's frames."""
        return self._reader.leftover

    def feed(self, data: bytes, date: str, padding: bytes = b"") -> list[Action]:
        """Take bytes; `padding` (0 to 999 random bytes) goes into the PACKs that are sent on this call."""
        self._date = date
        self._reader.feed(data)
        actions: list[Action] = []
        writer = _Writer(date, padding)
        while step := self._advance(writer):
            actions += step.actions
            self._phase = step.phase
        return actions

    def _advance(self, writer: "_Writer") -> "_Step | None":
        try:
            return self._phase.advance(self._reader, writer)
        except http.HttpError as error:
            return self._phase.fail(str(error), writer)

    # --- the caller's decision -----------------------------------------------------------------------------

    def accept_login(self, parameters: WelcomeParameters, padding: bytes) -> bytes:
        """The Welcome. Frames follow it at once."""
        self._decide(LoginRequest)
        return self._write(write_welcome(parameters), padding)

    def accept_additional(self, direction: Direction, padding: bytes) -> bytes:
        """The connection joins its session. Frames follow at once."""
        self._decide(AdditionalConnection)
        pack = Pack()
        pack.add_int("error", ErrorCode.NO_ERROR)
        pack.add_int("direction", direction)
        return self._write(pack, padding)

    def accept_admin(self, empty_password: bool, padding: bytes) -> bytes:
        """The administrator is in. RPC frames follow at once."""
        request = self._decide(AdminLogin)
        pack = Pack()
        if empty_password and isinstance(request, AdminLogin) and request.accept_empty_password:
            pack.add_bool("empty_password", True)
        return self._write(pack, padding)

    def redirect(self, redirect: Redirect, padding: bytes) -> bytes:
        """The session is to be had elsewhere."""
        self._decide(LoginRequest)
        return self._write(write_redirect(redirect), padding)

    def answer(self, pack: Pack, padding: bytes) -> bytes:
        """The reply to a request that ends with it."""
        self._decide()
        return self._write(pack, padding)

    def refuse(self, code: ErrorCode, padding: bytes, *, no_save_password: bool = False) -> bytes:
        """The error reply; close politely after it."""
        self._decide()
        return self._write(error_pack(code, no_save_password=no_save_password), padding)

    def _decide(self, expected: type | None = None) -> ClientRequest:
        phase = self._phase
        if not isinstance(phase, _AwaitDecision) or (expected and not isinstance(phase.request, expected)):
            raise RuntimeError("this is no answer to what the client asked")
        self._phase = _Finished()
        return phase.request

    def _write(self, pack: Pack, padding: bytes) -> bytes:
        return _Writer(self._date, padding).pack(pack)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes the bytes of answers."""

    date: str
    padding: bytes

    def pack(self, pack: Pack) -> bytes:
        return http.pack_response(encode(padded(pack, self.padding)), self.date)

    def page(self, status: int, body: bytes, *, without_body: bool = False) -> bytes:
        headers = {"Content-Type": pages.HTML_TYPE}
        return http.response(status, headers, body, self.date, without_body=without_body)


def _hello_pack(challenge: bytes, product: str) -> Pack:
    pack = Pack()
    pack.add_str("hello", product)
    pack.add_int("version", WIRE_VERSION)
    pack.add_int("build", WIRE_BUILD)
    pack.add_data("random", challenge)
    return pack


# --- phases ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    actions: tuple[Action, ...]
    phase: "_Phase"


class _Phase(Protocol):
    def advance(self, reader: http.RequestReader, writer: _Writer) -> _Step | None:
        """Take the next thing from the reader, or None if there isn't enough."""

    def fail(self, reason: str, writer: _Writer) -> _Step:
        """What came is no HTTP."""


class _AwaitSignature:
    """Whatever speaks HTTP may ask; only the signature leads on."""

    def __init__(self, hello: Pack) -> None:
        self._hello = hello
        self._served = 0

    def advance(self, reader: http.RequestReader, writer: _Writer) -> _Step | None:
        head = reader.head()
        if head is None:
            return None
        if self._served == _MAXIMUM_REQUESTS:
            return _close("too many requests without a log-in")
        if head.start[:2] == ("POST", http.SIGNATURE_TARGET):
            return self._take_signature(head, reader, writer)
        self._served += 1
        return self._answer_page(head, reader, writer)

    def fail(self, reason: str, writer: _Writer) -> _Step:
        return _close(reason)

    def _take_signature(self, head: http.Head, reader: http.RequestReader, writer: _Writer) -> _Step | None:
        forbidden = Send(writer.page(403, pages.error_page(403)))
        if head.content_length != len(http.SIGNATURE) and head.content_length not in _PICTURE_LENGTHS:
            return _Step((forbidden, Close("the signature has the wrong length")), _Finished())
        request = reader.next()
        if request is None:
            return None
        self._served += 1
        if not _is_signature(request.body):
            return _Step((forbidden,), self)
        return _Step((Send(writer.pack(self._hello)),), _AwaitPack())

    def _answer_page(self, head: http.Head, reader: http.RequestReader, writer: _Writer) -> _Step:
        answer = _page_for(head, writer)
        asked = HttpRequest(head.start[0], head.start[1], head.headers, reader.leftover, answer)
        if (head.content_length or 0) > _MAXIMUM_BODY:
            return _Step((asked, Close("the body of the request is too long")), _Finished())
        return _Step((asked,), _SkipBody(self))


class _SkipBody:
    """The answer is out; the rest of the request is read and forgotten."""

    def __init__(self, then: _AwaitSignature) -> None:
        self._then = then

    def advance(self, reader: http.RequestReader, writer: _Writer) -> _Step | None:
        return _Step((), self._then) if reader.next() else None

    def fail(self, reason: str, writer: _Writer) -> _Step:
        return _close(reason)


class _AwaitPack:
    """The client knows the challenge and is to send its request. It may say that it is still thinking."""

    def __init__(self) -> None:
        self._noops = 0

    def advance(self, reader: http.RequestReader, writer: _Writer) -> _Step | None:
        head = reader.head()
        if head is None:
            return None
        if not _carries_pack(head):
            return self.fail("the request carries no PACK", writer)
        request = reader.next()
        return self._take_pack(request.body, writer) if request else None

    def fail(self, reason: str, writer: _Writer) -> _Step:
        return _refuse(ErrorCode.DISCONNECTED, reason, writer)

    def _take_pack(self, body: bytes, writer: _Writer) -> _Step:
        try:
            pack = decode(body)
            if pack.int("noop"):
                return self._answer_noop(writer)
            request = read_request(pack)
        except PackError as error:
            return self.fail(str(error), writer)
        except MissingElement as error:
            return _refuse(ErrorCode.PROTOCOL_ERROR, str(error), writer)
        return _Step((Request(request),), _AwaitDecision(request))

    def _answer_noop(self, writer: _Writer) -> _Step:
        self._noops += 1
        pack = Pack()
        pack.add_int("error", ErrorCode.NO_ERROR)
        pack.add_int("noop", 1)
        answer = Send(writer.pack(pack))
        if self._noops <= _MAXIMUM_NOOPS:
            return _Step((answer,), self)
        # Stock servers answer one more, and the failure follows unasked.
        refusal = self.fail("the client thought for too long", writer)
        return _Step((answer, *refusal.actions), refusal.phase)


class _Final:
    """What has come since stays in the reader."""

    def advance(self, reader: http.RequestReader, writer: _Writer) -> _Step | None:
        return None

    def fail(self, reason: str, writer: _Writer) -> _Step:
        return _close(reason)


class _AwaitDecision(_Final):
    """The caller is thinking."""

    def __init__(self, request: ClientRequest) -> None:
        self.request = request


class _Finished(_Final):
    """This machine has said its last word."""


def _close(reason: str) -> _Step:
    return _Step((Close(reason),), _Finished())


def _refuse(code: ErrorCode, reason: str, writer: _Writer) -> _Step:
    return _Step((Send(writer.pack(error_pack(code))), Close(reason)), _Finished())


# --- rules -------------------------------------------------------------------------------------------------


def _is_signature(body: bytes) -> bool:
    return body == http.SIGNATURE or hashlib.sha256(body[:_PICTURE_BYTES]).digest() == _PICTURE_SHA256


def _carries_pack(head: http.Head) -> bool:
    return (
        head.start == ("POST", http.PACK_TARGET, "HTTP/1.1")
        and head.headers.get("content-type", "").lower() == http.PACK_TYPE
        and 1 <= (head.content_length or 0) <= _MAXIMUM_BODY
    )


def _page_for(head: http.Head, writer: _Writer) -> bytes:
    method, target, _ = head.start
    reading = method in ("GET", "HEAD")
    if reading and target == "/":
        return writer.page(200, pages.front_page(), without_body=method == "HEAD")
    status = 404 if reading or method == "POST" else 501
    return writer.page(status, pages.error_page(status), without_body=method == "HEAD")
