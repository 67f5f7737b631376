"""The client's side of a log-in, from the signature to the Welcome.

Must not check the server's certificate (that comes before the first byte) nor open further connections.
"""

from dataclasses import dataclass, field, replace

from etherloom.handshake.acceleration import write_offer
from etherloom.handshake.client_facts import ClientFacts, add_node_information
from etherloom.handshake.exchange import (
    Exchange,
    Finished,
    Hello,
    Step,
    add_operating_system,
    begin_request,
    read_hello,
)
from etherloom.handshake.messages import Redirect, Refused, SessionWishes, Welcome
from etherloom.handshake.welcome import read_redirect, read_welcome
from etherloom.model.errors import ErrorCode
from etherloom.wire import digest
from etherloom.wire.pack import Pack

# --- how the user proves who they are ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnonymousLogin:
    """Nothing to prove."""


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """The hashed password (digest.hash_password); only its binding to the challenge is sent."""

    hashed_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlainPasswordLogin:
    """The password itself is sent, for servers that ask RADIUS or a domain."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateLogin:
    """A DER certificate, and the signature over the challenge of the Hello."""

    certificate: bytes
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TicketLogin:
    """The ticket of a Redirect."""

    ticket: bytes = field(repr=False)


LoginCredential = AnonymousLogin | PasswordLogin | PlainPasswordLogin | CertificateLogin | TicketLogin
LoginEvent = Hello | Welcome | Redirect
LoginAction = LoginEvent | Refused


# --- the machine -------------------------------------------------------------------------------------------


class ClientLogin:
    """One log-in on one connection: `start`, feed until Hello, `login`, feed until the outcome.

    `host` is the server's address in text form. `leftover` is what followed the Welcome: the first frames.
    """

    def __init__(self, host: str, hub: str, user: str) -> None:
        self._hub = hub
        self._user = user
        self._exchange: Exchange[LoginEvent] = Exchange(host, _AwaitHello())

    @property
    def leftover(self) -> bytes:
        return self._exchange.leftover

    def start(self) -> bytes:
        """The first bytes to send."""
        return self._exchange.start()

    def feed(self, data: bytes, date: str) -> list[LoginAction]:
        """Take bytes from the server."""
        return self._exchange.feed(data, date)

    def login(
        self, credential: LoginCredential, wishes: SessionWishes, facts: ClientFacts, padding: bytes
    ) -> bytes:
        """The request to log in; allowed once, after the Hello."""
        match self._exchange.phase:
            case _AwaitLogin(hello=hello):
                self._exchange.phase = _AwaitOutcome(wishes)
            case _:
                raise RuntimeError("a log-in needs the server's Hello, and is sent once")
        pack = _login_pack(self._hub, self._user, wishes, _complete_facts(facts, hello))
        _add_credential(pack, credential, hello.challenge)
        return self._exchange.request(pack, padding)

    def acknowledge_redirect(self, padding: bytes) -> bytes:
        """What a redirected client says before it closes."""
        return self._exchange.request(Pack(), padding)


class _AwaitHello:
    """The signature is on its way."""

    @property
    def fault(self) -> ErrorCode:
        return ErrorCode.SERVER_IS_NOT_VPN

    def take(self, pack: Pack) -> Step[LoginEvent]:
        hello = read_hello(pack)
        return Step((hello,), Finished() if isinstance(hello, Refused) else _AwaitLogin(hello))


class _AwaitLogin(Finished):
    """The caller is thinking."""

    def __init__(self, hello: Hello) -> None:
        self.hello = hello


class _AwaitOutcome:
    """The server is thinking."""

    def __init__(self, wishes: SessionWishes) -> None:
        self._wishes = wishes

    @property
    def fault(self) -> ErrorCode:
        return ErrorCode.PROTOCOL_ERROR

    def take(self, pack: Pack) -> Step[LoginEvent]:
        if pack.int("Redirect"):
            return Step((read_redirect(pack),), Finished())
        granted = read_welcome(pack, self._wishes)
        return Step((granted if isinstance(granted, Refused) else Welcome(granted),), Finished())


# --- the request -------------------------------------------------------------------------------------------


def _complete_facts(facts: ClientFacts, hello: Hello) -> ClientFacts:
    return replace(
        facts, server_product=hello.product, server_version=hello.version, server_build=hello.build
    )


def _login_pack(hub: str, user: str, wishes: SessionWishes, facts: ClientFacts) -> Pack:
    pack = begin_request("login", facts)
    pack.add_str("hubname", hub)
    pack.add_str("username", user)
    pack.add_int("protocol", 0)
    pack.add_str("hello", facts.product)
    pack.add_int("version", facts.version)
    pack.add_int("build", facts.build)
    pack.add_int("client_id", facts.client_id)
    pack.add_data("unique_id", facts.unique_id.ljust(20, b"\0"))
    _add_wishes(pack, wishes)
    add_node_information(pack, facts)
    add_operating_system(pack, facts)
    return pack


def _add_wishes(pack: Pack, wishes: SessionWishes) -> None:
    pack.add_int("max_connection", wishes.max_connection)
    pack.add_bool("use_encrypt", wishes.use_encrypt)
    pack.add_bool("use_compress", wishes.use_compress)
    pack.add_bool("half_connection", wishes.half_connection)
    pack.add_bool("require_bridge_routing_mode", wishes.bridge_mode)
    pack.add_bool("require_monitor_mode", wishes.monitor_mode)
    pack.add_bool("qos", wishes.qos)
    # Constants of every client; servers look at them only on carriers other than TCP.
    for name in ("support_bulk_on_rudp", "support_hmac_on_bulk_of_rudp", "support_udp_recovery"):
        pack.add_bool(name, True)
    pack.add_int("rudp_bulk_max_version", 2)
    if wishes.super_frames:
        pack.add_int("etherloom_super_frames", wishes.super_frames)
    if wishes.acceleration:
        write_offer(pack, wishes.acceleration)


def _add_credential(pack: Pack, credential: LoginCredential, challenge: bytes) -> None:
    match credential:
        case AnonymousLogin():
            pack.add_int("authtype", 0)
        case PasswordLogin(hashed_key):
            pack.add_int("authtype", 1)
            pack.add_data("secure_password", digest.secure_password(hashed_key, challenge))
        case PlainPasswordLogin(password):
            pack.add_int("authtype", 2)
            pack.add_str("plain_password", password)
        case CertificateLogin(certificate, signature):
            pack.add_int("authtype", 3)
            pack.add_data("cert", certificate)
            pack.add_data("sign", signature)
        case TicketLogin(ticket):
            pack.add_int("authtype", 99)
            pack.add_data("ticket", ticket)
