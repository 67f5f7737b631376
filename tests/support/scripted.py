"""Peers played from a script, in both roles, that decide which byte travels in which TCP segment.

TLS runs over memory buffers: what is sealed is sent when and how the script says, and one TLS record at a
time is taken from the socket, so that plain bytes behind the last record stay in it.
"""

import fcntl
import select
import socket
import ssl
import struct
import termios
from collections.abc import Mapping
from dataclasses import dataclass, field

import trustme

from tests.support import script_pack
from tests.support.netns import Namespace
from tests.support.script_pack import Value
from tests.support.waiting import wait_until

_TIMEOUT = 10.0
_MARKER = "9C37197CA7C2428388C2E6E59B829B30"


class Stream:
    """One TCP connection with TLS over memory buffers on top of it."""

    def __init__(self, tcp: socket.socket, context: ssl.SSLContext, *, server_side: bool) -> None:
        self.tcp = tcp
        tcp.settimeout(_TIMEOUT)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=server_side)
        self._plain = b""

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.tcp.close()

    def handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.tcp.sendall(self._outgoing.read())
                self._take_record()
            else:
                self.tcp.sendall(self._outgoing.read())
                return

    def seal(self, content: bytes) -> bytes:
        """Return the TLS records for `content`; sending them is up to the caller."""
        self._tls.write(content)
        return self._outgoing.read()

    def send(self, content: bytes) -> None:
        """Send by TLS."""
        self.tcp.sendall(self.seal(content))

    def dribble(self, content: bytes) -> None:
        """Send bytes as they are, each in a TCP segment of its own."""
        for index in range(len(content)):
            self.tcp.sendall(content[index : index + 1])
            wait_until(lambda: _unacknowledged(self.tcp) == 0, _TIMEOUT, "a byte is not taken", 0.0)

    def receive_message(self) -> tuple[str, bytes]:
        """Return start line and body of the next HTTP message."""
        while b"\r\n\r\n" not in self._plain:
            self._receive()
        head, _, rest = self._plain.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        size = int(headers.get("content-length", "0"))
        self._plain = rest
        while len(self._plain) < size:
            self._receive()
        body, self._plain = self._plain[:size], self._plain[size:]
        return lines[0], body

    def receive_plain(self) -> bytes:
        """Return what is decrypted next."""
        if not self._plain:
            self._receive()
        found, self._plain = self._plain, b""
        return found

    def at_end(self, timeout: float) -> bool:
        """Tell whether the other side ends the connection in time; what it sends meanwhile is dropped."""
        self.tcp.settimeout(timeout)
        try:
            while self.tcp.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    def _receive(self) -> None:
        while True:
            try:
                self._plain += self._tls.read(65536)
            except ssl.SSLWantReadError:
                self._take_record()
            else:
                return

    def _take_record(self) -> None:
        header = self._exactly(5)
        self._incoming.write(header + self._exactly(int.from_bytes(header[3:], "big")))

    def _exactly(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            part = self.tcp.recv(size - len(content))
            if not part:
                raise ConnectionResetError("the other side ended the connection")
            content += part
        return content


@dataclass(frozen=True)
class Login:
    """What a scripted client asks for."""

    hub: str
    user: str
    connections: int = 1
    encrypt: bool = True
    password: str | None = None
    more: Mapping[str, Value] = field(default_factory=dict)

    def pack(self, challenge: bytes = b"") -> bytes:
        """Return the request; with a password it answers the server's challenge."""
        proof: dict[str, Value] = {"authtype": 0}
        if self.password is not None:
            secret = script_pack.secure_password(self.password, self.user, challenge)
            proof = {"authtype": 1, "secure_password": secret}
        return script_pack.encode(
            {
                "method": "login",
                "hubname": self.hub,
                "username": self.user,
                **proof,
                **_PRODUCT,
                "protocol": 0,
                "max_connection": self.connections,
                "use_encrypt": int(self.encrypt),
                "use_compress": 0,
                "half_connection": 0,
                "qos": 0,
                **self.more,
            }
        )


_PRODUCT: Mapping[str, Value] = {"client_str": "Scripted client", "client_ver": 501, "client_build": 9674}


def call(namespace: Namespace, address: str, port: int = 443, source: str = "") -> socket.socket:
    """Open a bare TCP connection."""
    tcp = namespace.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    tcp.settimeout(_TIMEOUT)
    try:
        if source:
            tcp.bind((source, 0))
        tcp.connect((address, port))
    except BaseException:
        tcp.close()
        raise
    return tcp


def dial(namespace: Namespace, address: str, port: int = 443, source: str = "") -> Stream:
    """Connect to a server and shake hands; no certificate is checked."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    tcp = call(namespace, address, port, source)
    try:
        stream = Stream(tcp, context, server_side=False)
        stream.handshake()
    except BaseException:
        tcp.close()
        raise
    return stream


def greet(stream: Stream) -> dict[str, Value]:
    """Send the signature and return the Hello."""
    stream.send(script_pack.request(script_pack.GIF_PATH, b"VPNCONNECT", "image/jpeg"))
    return script_pack.decode(stream.receive_message()[1])


def login_request(login: Login, challenge: bytes = b"") -> bytes:
    """Return the log-in as an HTTP request."""
    return script_pack.request(script_pack.PACK_PATH, login.pack(challenge))


def log_in(stream: Stream, login: Login) -> dict[str, Value]:
    """Go through the whole log-in and return the Welcome, or the refusal."""
    challenge = greet(stream)["random"]
    assert isinstance(challenge, bytes)
    stream.send(login_request(login, challenge))
    return answer(stream)


def additional_request(session_key: bytes) -> bytes:
    """Return the request for one more connection of a session."""
    pack = script_pack.encode({"method": "additional_connect", "session_key": session_key, **_PRODUCT})
    return script_pack.request(script_pack.PACK_PATH, pack)


def answer(stream: Stream) -> dict[str, Value]:
    """Return the PACK that answers a request."""
    return script_pack.decode(stream.receive_message()[1])


class ScriptedServer:
    """A server that lets anybody in."""

    def __init__(self, namespace: Namespace, address: str, port: int) -> None:
        authority = trustme.CA()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(address).configure_cert(self._context)
        self._listener = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, port))
        self._listener.listen(8)
        self._listener.settimeout(20)

    def __enter__(self) -> "ScriptedServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def accept(self) -> tuple[Stream, dict[str, Value]]:
        """Take a connection as far as its request PACK, which is left unanswered."""
        tcp, _ = self._listener.accept()
        stream = Stream(tcp, self._context, server_side=True)
        stream.handshake()
        line, _ = stream.receive_message()
        if line.startswith("GET / "):
            page = f"<!DOCTYPE html><!-- {_MARKER} --><title>Hello</title>".encode()
            stream.send(script_pack.response(page, "text/html"))
            line, _ = stream.receive_message()
        assert line.startswith(f"POST {script_pack.GIF_PATH}"), line
        stream.send(script_pack.response(script_pack.encode(_HELLO)))
        return stream, script_pack.decode(stream.receive_message()[1])


_HELLO: Mapping[str, Value] = {"hello": "Scripted server", "version": 501, "build": 9674, "random": bytes(20)}


def welcome(
    *, encrypt: bool, connections: int = 1, timeout_ms: int = 20_000, more: Mapping[str, Value] | None = None
) -> bytes:
    """Return the Welcome as an HTTP response."""
    values: dict[str, Value] = {
        "session_name": "SID-SCRIPT-1",
        "connection_name": "CID-1",
        "max_connection": connections,
        "use_encrypt": int(encrypt),
        "use_compress": 0,
        "half_connection": 0,
        "timeout": timeout_ms,
        "qos": 0,
        "session_key": b"k" * 20,
        "session_key_32": 1,
        "policy:Access": 1,
        "policy:MaxConnection": 32,
        "policy:TimeOut": timeout_ms // 1000,
        "policy:NoBridge": 1,
        "policy:NoRouting": 1,
        "policy:Ver3": 1,
        **(more or {}),
    }
    return script_pack.response(script_pack.encode(values))


def readable(tcp: socket.socket, timeout: float) -> bool:
    """Wait until there is something to read."""
    return bool(select.select([tcp], [], [], timeout)[0])


def _unacknowledged(tcp: socket.socket) -> int:
    count: int = struct.unpack("i", fcntl.ioctl(tcp, termios.TIOCOUTQ, b"\0" * 4))[0]
    return count
