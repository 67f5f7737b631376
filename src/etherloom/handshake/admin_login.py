"""The client's side of an administration connection (reference: administration, section 1).

Must not know RPC: what follows the acceptance are frames of another protocol.
"""

from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.exchange import (
    Exchange,
    Finished,
    Hello,
    Step,
    add_operating_system,
    begin_request,
    read_hello,
)
from etherloom.handshake.messages import AdminAccepted, Refused, Send
from etherloom.model.errors import ErrorCode
from etherloom.wire import digest
from etherloom.wire.pack import Pack

AdminEvent = Hello | Send | AdminAccepted
AdminAction = AdminEvent | Refused


class AdminConnect:
    """`start`, then feed; the request is sent by itself after the Hello. `leftover` are the first replies.

    `hub` is empty for the server's administrator. `hashed_password` is digest.hash_administrator_password.
    """

    def __init__(self, host: str, hub: str, hashed_password: bytes, facts: ClientFacts) -> None:
        self._hub = hub
        self._hashed_password = hashed_password
        self._facts = facts
        self._padding = b""
        self._exchange: Exchange[AdminEvent] = Exchange(host, _AwaitHello(self))

    @property
    def leftover(self) -> bytes:
        return self._exchange.leftover

    def start(self) -> bytes:
        """The first bytes to send."""
        return self._exchange.start()

    def feed(self, data: bytes, date: str, padding: bytes = b"") -> list[AdminAction]:
        """Take bytes from the server; `padding` goes into the request if it is sent on this call."""
        self._padding = padding
        return self._exchange.feed(data, date)

    def write_request(self, challenge: bytes) -> Send:
        pack = begin_request("admin", self._facts)
        if self._hub:
            pack.add_str("hubname", self._hub)
        pack.add_data("secure_password", digest.secure_password(self._hashed_password, challenge))
        pack.add_bool("accept_empty_password", True)
        add_operating_system(pack, self._facts)
        return Send(self._exchange.request(pack, self._padding))


class _AwaitHello:
    """The signature is on its way."""

    def __init__(self, machine: AdminConnect) -> None:
        self._machine = machine

    @property
    def fault(self) -> ErrorCode:
        return ErrorCode.SERVER_IS_NOT_VPN

    def take(self, pack: Pack) -> Step[AdminEvent]:
        hello = read_hello(pack)
        if isinstance(hello, Refused):
            return Step((hello,), Finished())
        return Step((hello, self._machine.write_request(hello.challenge)), _AwaitOutcome())


class _AwaitOutcome:
    """The server is checking the password."""

    @property
    def fault(self) -> ErrorCode:
        return ErrorCode.PROTOCOL_ERROR

    def take(self, pack: Pack) -> Step[AdminEvent]:
        return Step((AdminAccepted(pack.bool("empty_password")),), Finished())
