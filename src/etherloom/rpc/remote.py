"""A client of a server's administration over TLS, in the original's binary form: one call after the other.

Speaks to our servers and to stock ones. Knows the catalog and the handshake, nothing of services.
"""

import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar

from etherloom.handshake.admin_login import AdminConnect
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.exchange import Hello
from etherloom.handshake.messages import AdminAccepted, Refused, Send
from etherloom.model import product
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog.call import Call
from etherloom.rpc.pack_codec import decode_record, encode_record
from etherloom.wire.digest import hash_administrator_password
from etherloom.wire.http import http_date
from etherloom.wire.pack import Limits, Pack, PackError, decode, encode

Request = TypeVar("Request")
Reply = TypeVar("Reply")
_CONNECT_SECONDS: Final = 15.0
# Some calls make keys or restart things; the original waits without end.
_CALL_SECONDS: Final = 120.0
_READ_BYTES: Final = 65_536
_LARGEST_REPLY: Final = 134_217_728
_REPLY_LIMITS: Final = Limits(
    maximum_bytes=_LARGEST_REPLY, maximum_elements=262_144, maximum_values=16_777_216
)
_PADDING_BYTES: Final = 1_000
_LOST: Final = (OSError, PackError)


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to reach, as whom. `hub` is empty for the server's administrator."""

    host: str
    port: int
    hub: str = ""
    password: str = field(default="", repr=False)


class RemoteClient:
    """An administration connection. A call that finds it broken opens it once more and is made again."""

    def __init__(self, login: Login) -> None:
        """Connect and log in. Raises Refusal."""
        self._login: Final = login
        self._link = _Link(login)

    def call(self, call: Call[Request, Reply], request: Request) -> Reply:
        """Make a call. Raises Refusal, with DISCONNECTED if the server is gone."""
        pack = encode_record(request)
        pack.add_str("function_name", call.name)
        try:
            frame = encode(pack)
        except PackError as error:
            raise Refusal(ErrorCode.INVALID_PARAMETER, str(error)) from None
        return decode_record(call.reply, _accepted(self._exchange(frame)))

    def _exchange(self, frame: bytes) -> Pack:
        with suppress(*_LOST):
            return self._link.exchange(frame)
        self._link.close()
        try:
            self._link = _Link(self._login)
            return self._link.exchange(frame)
        except _LOST as error:
            raise Refusal(ErrorCode.DISCONNECTED, f"the server hung up: {error}") from None

    def close(self) -> None:
        self._link.close()


def _accepted(pack: Pack) -> Pack:
    code = pack.int("error")
    if not code:
        return pack
    known = ErrorCode(code) if code in set(ErrorCode) else ErrorCode.INTERNAL_ERROR
    raise Refusal(known, f"the server refuses: error {code}")


class _Link:
    """One TLS connection that has been logged in. Methods raise OSError and PackError when it breaks."""

    def __init__(self, login: Login) -> None:
        self._socket: Final = _connect(login)
        self._buffer = bytearray()
        try:
            self._buffer += _log_in(self._socket, login)
        except (OSError, Refusal):
            self.close()
            raise
        self._socket.settimeout(_CALL_SECONDS)

    def exchange(self, frame: bytes) -> Pack:
        self._socket.sendall(len(frame).to_bytes(4) + frame)
        self._acknowledge_at_once()
        size = int.from_bytes(self._take(4))
        if size > _LARGEST_REPLY:
            raise PackError(f"a reply of {size} bytes is more than the {_LARGEST_REPLY} allowed")
        return decode(self._take(size), _REPLY_LIMITS)

    def _acknowledge_at_once(self) -> None:
        """Servers send a reply's size, then wait for the acknowledgement: 40 ms a call, if we let them."""
        if hasattr(socket, "TCP_QUICKACK"):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = self._socket.recv(_READ_BYTES)
            if not data:
                raise ConnectionResetError("the connection ended")
            self._buffer += data
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()


def _connect(login: Login) -> ssl.SSLSocket:
    try:
        raw = socket.create_connection((login.host, login.port), _CONNECT_SECONDS)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise _unreachable(login, error) from None
    try:
        return _context().wrap_socket(raw, server_hostname=login.host)
    except (OSError, ValueError) as error:
        raw.close()
        raise _unreachable(login, error) from None


def _unreachable(login: Login, error: Exception) -> Refusal:
    return Refusal(ErrorCode.CONNECT_FAILED, f"can't reach {login.host} port {login.port}: {error}")


def _context() -> ssl.SSLContext:
    """Whoever answers is talked to: servers have certificates that they signed themselves.

    The password never goes over the line, but a machine in between could use the connection, as with the
    original.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Old servers have keys of 1,024 bits.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def _log_in(link: ssl.SSLSocket, login: Login) -> bytes:
    """Take the connection through the handshake; returns what came behind it. Raises Refusal, OSError."""
    machine = AdminConnect(login.host, login.hub, hash_administrator_password(login.password), _facts())
    link.sendall(machine.start())
    for data in _received(link):
        for action in machine.feed(data, http_date(int(time.time())), _padding()):
            match action:
                case Send(request):
                    link.sendall(request)
                case AdminAccepted():
                    return machine.leftover
                case Refused(code, message):
                    raise Refusal(code, message)
                case Hello():
                    pass
    raise Refusal(ErrorCode.DISCONNECTED, "the server hung up during the log-in")


def _received(link: ssl.SSLSocket) -> Iterator[bytes]:
    while data := link.recv(_READ_BYTES):
        yield data


def _padding() -> bytes:
    return secrets.token_bytes(secrets.randbelow(_PADDING_BYTES))


def _facts() -> ClientFacts:
    return ClientFacts(
        product=product.COMMAND_LINE_PRODUCT, version=product.WIRE_VERSION, build=product.WIRE_BUILD
    )
