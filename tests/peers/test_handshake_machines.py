"""The handshake's machines on plain TLS sockets against the stock programs, before any engine is involved."""

import contextlib
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme

from etherloom.handshake.additional_connection import AdditionalAction, AdditionalConnect
from etherloom.handshake.admin_login import AdminAction, AdminConnect
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.client_login import (
    AnonymousLogin,
    ClientLogin,
    LoginAction,
    LoginCredential,
    PasswordLogin,
    PlainPasswordLogin,
)
from etherloom.handshake.exchange import Hello
from etherloom.handshake.messages import (
    AdditionalAccepted,
    AdminAccepted,
    Close,
    LoginRequest,
    PasswordAuth,
    Refused,
    Send,
    SessionWishes,
    Welcome,
    WelcomeParameters,
)
from etherloom.handshake.negotiation import Manner, negotiate, session_policy
from etherloom.handshake.server_login import HttpRequest, Request, ServerLogin
from etherloom.model.errors import ErrorCode
from etherloom.model.policy import DEFAULT_POLICY
from etherloom.wire.digest import hash_administrator_password, hash_password, secure_password
from etherloom.wire.http import http_date
from etherloom.wire.pack import Pack, decode
from tests.support.peers import Account, Kind
from tests.support.world import World
from tests.vectors import load

pytestmark = [pytest.mark.root, pytest.mark.stock]

DATE = http_date(784_111_777)
FACTS = ClientFacts(product="Example VPN Client", version=501, build=9674, hostname="h", os_name="Linux")
WISHES = SessionWishes(max_connection=8, use_compress=True, half_connection=True)
PASSWORD = PasswordLogin(hash_password("secret", "anna"))
TIMEOUT = 15.0


# --- our machines on a stock server ------------------------------------------------------------------------


@contextlib.contextmanager
def dialled(world: World) -> Iterator[ssl.SSLSocket]:
    """A TLS connection from a seat to the stock server."""
    with world.seat("anna").socket(socket.AF_INET, socket.SOCK_STREAM) as plain:
        plain.settimeout(TIMEOUT)
        plain.connect((world.address(Kind.STOCK), 443))
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with context.wrap_socket(plain, server_hostname="vpn.example") as tls:
            yield tls


Outcome = LoginAction | AdditionalAction | AdminAction


def receive(tls: ssl.SSLSocket, feed: Callable[[bytes], list[Outcome]]) -> list[Outcome]:
    """What the machine says once it says something."""
    while True:
        data = tls.recv(16_384)
        assert data, "the server closed the connection"
        if actions := feed(data):
            return actions


def log_in(tls: ssl.SSLSocket, hub: str, user: str, credential: LoginCredential) -> Outcome:
    machine = ClientLogin("192.0.2.1", hub, user)
    tls.sendall(machine.start())
    [hello] = receive(tls, lambda data: [*machine.feed(data, DATE)])
    assert isinstance(hello, Hello)
    tls.sendall(machine.login(credential, WISHES, FACTS, secrets.token_bytes(77)))
    [outcome] = receive(tls, lambda data: [*machine.feed(data, DATE)])
    return outcome


@pytest.mark.parametrize("credential", [PASSWORD, PlainPasswordLogin("secret")])
def test_a_stock_server_lets_us_in(world: World, credential: LoginCredential) -> None:
    with world.hub(Kind.STOCK) as hub, _session(world, hub, credential) as welcome:
        assert welcome.session_name.startswith("SID-ANNA-")
        assert (welcome.use_encrypt, welcome.use_compress, welcome.half_connection) == (True, True, True)
        assert (welcome.max_connection, welcome.timeout_ms) == (8, 20_000)
        assert welcome.policy.no_bridge
        assert any(session.name == welcome.session_name for session in world.server(Kind.STOCK).sessions(hub))


@contextlib.contextmanager
def _session(world: World, hub: str, credential: LoginCredential) -> Iterator[WelcomeParameters]:
    world.server(Kind.STOCK)
    with dialled(world) as tls:
        outcome = log_in(tls, hub, "anna", credential)
        assert isinstance(outcome, Welcome), outcome
        yield outcome.parameters


@pytest.mark.parametrize(
    ("hub", "user", "credential", "code"),
    [
        (None, "anna", PasswordLogin(bytes(20)), ErrorCode.AUTH_FAILED),
        (None, "nobody", AnonymousLogin(), ErrorCode.AUTH_FAILED),
        ("NOWHERE", "anna", PASSWORD, ErrorCode.HUB_NOT_FOUND),
    ],
)
def test_a_stock_server_refuses_us(
    world: World, hub: str | None, user: str, credential: LoginCredential, code: ErrorCode
) -> None:
    world.server(Kind.STOCK)
    with world.hub(Kind.STOCK) as real, dialled(world) as tls:
        outcome = log_in(tls, hub or real, user, credential)
        assert isinstance(outcome, Refused)
        assert outcome.code is code


def test_a_second_connection_joins_a_session(world: World) -> None:
    with world.hub(Kind.STOCK) as hub, _session(world, hub, PASSWORD) as welcome:
        outcome = _join(world, welcome.session_key)
        assert isinstance(outcome, AdditionalAccepted)
        assert outcome.direction == 1  # in half duplex the first one goes to the server
        stranger = _join(world, bytes(20))
        assert isinstance(stranger, Refused)
        assert stranger.code is ErrorCode.SESSION_TIMEOUT


def _join(world: World, session_key: bytes) -> Outcome:
    machine = AdditionalConnect("192.0.2.1", session_key, FACTS)
    with dialled(world) as tls:
        tls.sendall(machine.start())
        [request] = receive(tls, lambda data: [*machine.feed(data, DATE)])
        assert isinstance(request, Send)
        tls.sendall(request.data)
        [outcome] = receive(tls, lambda data: [*machine.feed(data, DATE)])
        return outcome


def test_a_stock_server_is_administered(world: World) -> None:
    world.server(Kind.STOCK)
    machine = AdminConnect("192.0.2.1", "", hash_administrator_password(""), FACTS)
    with dialled(world) as tls:
        tls.sendall(machine.start())
        _, request = receive(tls, lambda data: [*machine.feed(data, DATE)])
        assert isinstance(request, Send)
        tls.sendall(request.data)
        outcome = receive(tls, lambda data: [*machine.feed(data, DATE)])
        assert outcome == [AdminAccepted(empty_password=True)]
        tls.sendall(load("administration_test_request"))
        reply = _frame(tls)
        assert (reply.int("IntValue"), reply.str("StrValue")) == (7, "7")


def _frame(tls: ssl.SSLSocket) -> Pack:
    with tls.makefile("rb") as stream:
        size = int.from_bytes(stream.read(4))
        return decode(stream.read(size))


# --- a stock client on our machine -------------------------------------------------------------------------


class Host:
    """Serves one stock client's session with plain sockets: log-in, then frames are read and forgotten."""

    def __init__(self, world: World) -> None:
        ca = trustme.CA()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("vpn.example").configure_cert(self._context)
        self._listener = world.host(Kind.OURS).socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("0.0.0.0", 8_443))
        self._listener.listen()
        self.looked = False
        self.request: LoginRequest | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                with contextlib.suppress(OSError), plain:
                    plain.settimeout(TIMEOUT)
                    with self._context.wrap_socket(plain, server_side=True) as tls:
                        self._talk(tls)

    def _talk(self, tls: ssl.SSLSocket) -> None:
        machine = ServerLogin(secrets.token_bytes(20))
        while data := tls.recv(16_384):
            for action in machine.feed(data, DATE, secrets.token_bytes(77)):
                match action:
                    case Send(answer):
                        tls.sendall(answer)
                    case HttpRequest(answer=answer):
                        self.looked = True
                        tls.sendall(answer)
                    case Request(request):
                        tls.sendall(self._decide(machine, request))
                    case Close():
                        return

    def _decide(self, machine: ServerLogin, request: object) -> bytes:
        if not isinstance(request, LoginRequest):
            return machine.refuse(ErrorCode.NOT_SUPPORTED, b"")
        self.request = request
        proof = secure_password(hash_password("secret", "anna"), machine.challenge)
        if request.auth != PasswordAuth(proof):
            return machine.refuse(ErrorCode.AUTH_FAILED, b"")
        return machine.accept_login(_welcome(request), secrets.token_bytes(77))


def _welcome(request: LoginRequest) -> WelcomeParameters:
    modes = negotiate(request.wishes, DEFAULT_POLICY)
    return WelcomeParameters(
        session_name="SID-ANNA-1",
        connection_name="CID-1",
        max_connection=modes.max_connection,
        use_encrypt=modes.use_encrypt,
        use_compress=modes.use_compress,
        half_connection=modes.half_connection,
        timeout_ms=modes.timeout_ms,
        qos=modes.qos,
        session_key=secrets.token_bytes(20),
        policy=session_policy(DEFAULT_POLICY, Manner.wished(request.wishes)),
    )


@pytest.fixture
def host(world: World) -> Iterator[Host]:
    made = Host(world)
    yield made
    made.close()


@pytest.mark.parametrize("compress", [False, True])
def test_a_stock_client_comes_in(world: World, host: Host, compress: bool) -> None:
    client = world.client(Kind.STOCK, "anna")
    account = Account(world.address(Kind.OURS), "LAB", "anna", port=8_443, compress=compress)
    client.connect(account)
    try:
        world.wait_established(client)
        link = client.link()
        assert (link.encrypted, link.compressed) == (True, compress)
    finally:
        client.disconnect()
    assert host.looked, "the client didn't look at the front page first"
    assert host.request is not None
    assert (host.request.hub, host.request.user) == ("LAB", "anna")
    facts = host.request.client
    assert facts.is_client
    assert (facts.version, facts.os_name != "") == (501, True)
    assert facts.server_port == 8_443
    assert str(facts.server_ip) == world.address(Kind.OURS)


def test_a_stock_client_with_a_wrong_password_is_told_so(world: World, host: Host) -> None:
    client = world.client(Kind.STOCK, "anna")
    client.connect(Account(world.address(Kind.OURS), "LAB", "anna", "wrong", port=8_443))
    try:
        with pytest.raises(AssertionError):
            world.wait_established(client, timeout=3)
        assert ErrorCode.AUTH_FAILED in client.failures()
    finally:
        client.disconnect()
