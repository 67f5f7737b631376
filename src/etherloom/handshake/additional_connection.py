"""The client's side of one more TCP connection for a running session (reference: session protocol, 7.1).

Must not decide when to open one; that is the client's schedule.
"""

from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.exchange import Exchange, Finished, Step, begin_request, read_hello
from etherloom.handshake.messages import AdditionalAccepted, Direction, Refused, Send
from etherloom.model.errors import ErrorCode
from etherloom.wire.pack import Pack

AdditionalEvent = Send | AdditionalAccepted
AdditionalAction = AdditionalEvent | Refused


class AdditionalConnect:
    """`start`, then feed; the request is sent by itself after the Hello. `leftover` are the first frames."""

    def __init__(self, host: str, session_key: bytes, facts: ClientFacts) -> None:
        self._request = begin_request("additional_connect", facts)
        self._request.add_data("session_key", session_key)
        self._padding = b""
        self._exchange: Exchange[AdditionalEvent] = Exchange(host, _AwaitHello(self))

    @property
    def leftover(self) -> bytes:
        return self._exchange.leftover

    def start(self) -> bytes:
        """The first bytes to send."""
        return self._exchange.start()

    def feed(self, data: bytes, date: str, padding: bytes = b"") -> list[AdditionalAction]:
        """Take bytes from the server; `padding` goes into the request if it is sent on this call."""
        self._padding = padding
        return self._exchange.feed(data, date)

    def write_request(self) -> Send:
        return Send(self._exchange.request(self._request, self._padding))


class _AwaitHello:
    """The challenge isn't used, but the Hello must be one."""

    def __init__(self, machine: AdditionalConnect) -> None:
        self._machine = machine

    @property
    def fault(self) -> ErrorCode:
        return ErrorCode.SERVER_IS_NOT_VPN

    def take(self, pack: Pack) -> Step[AdditionalEvent]:
        hello = read_hello(pack)
        if isinstance(hello, Refused):
            return Step((hello,), Finished())
        return Step((self._machine.write_request(),), _AwaitOutcome())


class _AwaitOutcome:
    """The server is looking for the session."""

    @property
    def fault(self) -> ErrorCode:
        return ErrorCode.PROTOCOL_ERROR

    def take(self, pack: Pack) -> Step[AdditionalEvent]:
        direction = pack.int("direction")
        if direction not in list(Direction):
            refused = Refused(ErrorCode.PROTOCOL_ERROR, f"the server gave the unknown direction {direction}")
            return Step((refused,), Finished())
        return Step((AdditionalAccepted(Direction(direction)),), Finished())
