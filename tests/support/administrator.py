"""An administrator of any server, stock or ours: calls over one TLS connection, as stock tools make them."""

import socket
import ssl
from typing import Final, Self

from etherloom.handshake.admin_login import AdminConnect
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.messages import AdminAccepted, Refused, Send
from etherloom.wire.digest import hash_administrator_password
from etherloom.wire.pack import Limits, Pack, decode, encode
from tests.support.netns import Namespace

_DATE: Final = "Thu, 01 Jan 1970 00:00:00 GMT"
_FACTS: Final = ClientFacts(product="SoftEther VPN Command Line Admin Tool", version=501, build=9674)
_WAIT_SECONDS: Final = 20.0
_PORT: Final = 443
_LIMITS: Final = Limits(16 * 1_048_576, 262_144, 262_144)


class NotAdmitted(AssertionError):
    """The server refused the log-in; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the administrator is refused with {code}")
        self.code = code


class Administrator:
    """One connection, logged in. `hub` is empty for the server's administrator."""

    def __init__(self, connected: socket.socket, password: str = "", hub: str = "") -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connected.settimeout(_WAIT_SECONDS)
        self._socket = context.wrap_socket(connected)
        self._log_in(AdminConnect("127.0.0.1", hub, hash_administrator_password(password), _FACTS))

    @classmethod
    def arrive(cls, host: Namespace, password: str = "", hub: str = "", port: int = _PORT) -> Self:
        """Connect to the server of this namespace from within."""
        one = host.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.connect(("127.0.0.1", port))
        return cls(one, password, hub)

    def call(self, function: str, request: Pack) -> Pack:
        """Make one call and return the answer, whatever it says."""
        request.add_str("function_name", function)
        data = encode(request)
        self._socket.sendall(len(data).to_bytes(4) + data)
        return decode(self._read(int.from_bytes(self._read(4))), _LIMITS)

    def close(self) -> None:
        self._socket.close()

    def _log_in(self, machine: AdminConnect) -> None:
        self._socket.sendall(machine.start())
        while True:
            for action in machine.feed(self._response(), _DATE):
                match action:
                    case Send(data):
                        self._socket.sendall(data)
                    case AdminAccepted():
                        return
                    case Refused():
                        raise NotAdmitted(action.code)
                    case _:
                        continue

    def _response(self) -> bytes:
        """Exactly one HTTP response."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._read(1)
        lines = head.decode("latin-1").lower().split("\r\n")
        return head + self._read(
            next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
        )

    def _read(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            part = self._socket.recv(size - len(content))
            assert part, "the server hung up"
            content += part
        return content
