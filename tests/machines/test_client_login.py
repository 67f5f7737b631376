"""The client's machines against a server that says what it wants."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from etherloom.handshake.additional_connection import AdditionalConnect
from etherloom.handshake.admin_login import AdminConnect
from etherloom.handshake.client_login import (
    AnonymousLogin,
    CertificateLogin,
    ClientLogin,
    LoginCredential,
    PasswordLogin,
    PlainPasswordLogin,
    TicketLogin,
)
from etherloom.handshake.exchange import Hello
from etherloom.handshake.messages import (
    AdditionalAccepted,
    AdminAccepted,
    Direction,
    Redirect,
    Refused,
    Send,
    SessionWishes,
    Welcome,
)
from etherloom.handshake.welcome import write_redirect, write_welcome
from etherloom.model.errors import ErrorCode
from etherloom.wire import http
from etherloom.wire.digest import hash_administrator_password, hash_password
from etherloom.wire.pack import Pack, decode, encode
from tests.machines.support import CHALLENGE, DATE, FACTS, SESSION_KEY, WELCOME, Elements, pack_of
from tests.vectors import load

WISHES = SessionWishes(max_connection=8, use_compress=True, half_connection=True)
PASSWORD = PasswordLogin(hash_password("secret", "alice"))
HELLO = http.pack_response(load("hello") + bytes(534), DATE)


def reply(pack: Pack) -> bytes:
    return http.pack_response(encode(pack), DATE)


def greeted() -> ClientLogin:
    machine = ClientLogin("192.0.2.1", "LAB", "alice")
    machine.start()
    [hello] = machine.feed(HELLO, DATE)
    assert isinstance(hello, Hello)
    return machine


def asked(credential: LoginCredential = PASSWORD, wishes: SessionWishes = WISHES) -> tuple[ClientLogin, Pack]:
    """A machine that waits for the outcome, and the PACK that it sent."""
    machine = greeted()
    return machine, sent_pack(machine.login(credential, wishes, FACTS, b"padding"))


def sent_pack(data: bytes) -> Pack:
    reader = http.RequestReader()
    reader.feed(data)
    request = reader.next()
    assert request is not None
    assert reader.leftover == b""
    assert (request.method, request.target) == ("POST", "/vpnsvc/vpn.cgi")
    assert request.headers["date"] == DATE
    return decode(request.body)


def welcome_without(*names: str) -> Pack:
    pack = write_welcome(WELCOME)
    for name in names:
        pack.remove(name)
    return pack


# --- signature and Hello -----------------------------------------------------------------------------------


def test_the_first_bytes_are_the_signature() -> None:
    data = ClientLogin("192.0.2.1", "LAB", "alice").start()
    assert data.startswith(b"POST /vpnsvc/connect.cgi HTTP/1.1\r\n")
    assert b"\r\nHost: 192.0.2.1\r\n" in data
    assert data.endswith(b"\r\n\r\nVPNCONNECT")


def test_the_hello_of_a_stock_server() -> None:
    machine = ClientLogin("192.0.2.1", "LAB", "alice")
    [hello] = machine.feed(HELLO, DATE)
    assert isinstance(hello, Hello)
    assert (hello.version, hello.build, hello.challenge) == (501, 9674, CHALLENGE)
    assert hello.product.startswith("SoftEther VPN Server")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(reply(pack_of(random=CHALLENGE)), id="no name"),
        pytest.param(reply(pack_of(hello="x", random=b"short")), id="a short challenge"),
        pytest.param(reply(pack_of(hello="x")), id="no challenge"),
        pytest.param(http.pack_response(b"\xff" * 30, DATE), id="no PACK"),
        pytest.param(http.response(403, {"Content-Type": "text/html"}, b"no", DATE), id="forbidden"),
        pytest.param(http.response(200, {"Content-Type": "text/html"}, b"hi", DATE), id="a web page"),
        pytest.param(HELLO.replace(b"HTTP/1.1", b"HTTP/1.0"), id="an old version"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n", id="4 GB"),
    ],
)
def test_what_doesn_t_greet_is_no_vpn_server(data: bytes) -> None:
    machine = ClientLogin("192.0.2.1", "LAB", "alice")
    [refused] = machine.feed(data, DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.SERVER_IS_NOT_VPN
    assert machine.feed(b"more", DATE) == []


def test_a_hello_may_carry_an_error() -> None:
    [refused] = ClientLogin("h", "LAB", "alice").feed(reply(pack_of(error=105)), DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.SERVER_CANT_ACCEPT


# --- the request -------------------------------------------------------------------------------------------


def test_the_login_has_the_elements_of_a_stock_one() -> None:
    _, pack = asked()
    # 66 elements without the offer of UDP acceleration, live (reference: session protocol, section 14.3).
    assert len(pack) == 66
    assert pack.data("secure_password") == bytes.fromhex("888257bb1874c8aef468b88bc85aaae52d82e1ef")
    assert (pack.int("ClientProductVer"), pack.int("ClientPort")) == (4_110_483_456, 1_324_023_808)
    assert (pack.int("max_connection"), pack.int("half_connection"), pack.int("use_encrypt")) == (8, 1, 1)
    assert pack.str("ServerProductName").startswith("SoftEther VPN Server")
    assert pack.data("pencore") == b"padding"


@pytest.mark.parametrize(
    ("credential", "elements"),
    [
        (AnonymousLogin(), {"authtype": 0}),
        (PlainPasswordLogin("secret"), {"authtype": 2, "plain_password": "secret"}),
        (CertificateLogin(b"der", b"signature"), {"authtype": 3, "cert": b"der", "sign": b"signature"}),
        (TicketLogin(b"t" * 20), {"authtype": 99, "ticket": b"t" * 20}),
    ],
)
def test_the_other_proofs(credential: LoginCredential, elements: Elements) -> None:
    _, pack = asked(credential)
    for name, value in elements.items():
        element = pack.element(name)
        assert element is not None
        assert element.values == (value,)
    assert "secure_password" not in pack


def test_a_login_is_sent_once_and_after_the_hello() -> None:
    machine = ClientLogin("192.0.2.1", "LAB", "alice")
    with pytest.raises(RuntimeError):
        machine.login(PASSWORD, WISHES, FACTS, b"")
    machine, _ = asked()
    with pytest.raises(RuntimeError):
        machine.login(PASSWORD, WISHES, FACTS, b"")


def test_secrets_stay_out_of_repr() -> None:
    shown = repr([PASSWORD, PlainPasswordLogin("hunter2"), TicketLogin(b"hunter2"), WELCOME])
    assert "hunter2" not in shown
    assert str(SESSION_KEY) not in shown


# --- the outcome -------------------------------------------------------------------------------------------


def test_a_welcome_and_the_first_frames_in_one_segment() -> None:
    machine, _ = asked()
    frames = b"\0\0\0\1\0\0\0\x0e" + bytes(14)
    [welcome] = machine.feed(reply(write_welcome(WELCOME)) + frames, DATE)
    assert welcome == Welcome(WELCOME)
    assert machine.leftover == frames
    assert machine.feed(b"more", DATE) == []
    assert machine.leftover == frames + b"more"


def test_the_least_that_stock_clients_accept() -> None:
    machine, _ = asked(wishes=replace(WISHES, use_encrypt=False))
    minimal = pack_of(session_name="S", connection_name="C", timeout=20_000, session_key=SESSION_KEY)
    [welcome] = machine.feed(reply(minimal), DATE)
    assert isinstance(welcome, Welcome)
    assert welcome.parameters.max_connection == 1
    assert not welcome.parameters.use_encrypt
    assert not welcome.parameters.policy.no_bridge
    assert welcome.parameters.policy.time_out == 0


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(welcome_without("session_name"), id="no session name"),
        pytest.param(welcome_without("connection_name"), id="no connection name"),
        pytest.param(welcome_without("session_key"), id="no key"),
        pytest.param(write_welcome(replace(WELCOME, session_key=b"k" * 19)), id="a short key"),
        pytest.param(welcome_without("timeout"), id="no time-out"),
        pytest.param(write_welcome(replace(WELCOME, use_encrypt=False)), id="plain text against our wish"),
    ],
)
def test_a_welcome_that_can_t_be_accepted(pack: Pack) -> None:
    machine, _ = asked()
    [refused] = machine.feed(reply(pack), DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.PROTOCOL_ERROR


@pytest.mark.parametrize(
    ("wish", "granted", "qos", "half", "expected"),
    [
        (8, 4, 0, 0, 4),
        (4, 8, 0, 0, 4),
        (32, 4_294_967_295, 0, 0, 32),
        (8, 0, 0, 0, 1),
        (1, 1, 1, 0, 2),  # live: a wish of 1 with QoS becomes 2
        (1, 4, 1, 1, 4),
        (8, 1, 0, 1, 2),
    ],
)
def test_the_number_of_connections(wish: int, granted: int, qos: int, half: int, expected: int) -> None:
    machine, _ = asked(wishes=replace(WISHES, max_connection=wish))
    pack = welcome_without("max_connection", "qos", "half_connection")
    pack.add_int("max_connection", granted)
    pack.add_int("qos", qos)
    pack.add_int("half_connection", half)
    [welcome] = machine.feed(reply(pack), DATE)
    assert isinstance(welcome, Welcome)
    assert welcome.parameters.max_connection == expected


@pytest.mark.parametrize(("sent", "used"), [(1, 1_000), (5_000, 5_000), (4_294_967_295, 600_000)])
def test_the_time_out_is_sane(sent: int, used: int) -> None:
    machine, _ = asked()
    [welcome] = machine.feed(reply(write_welcome(replace(WELCOME, timeout_ms=sent))), DATE)
    assert isinstance(welcome, Welcome)
    assert welcome.parameters.timeout_ms == used


def test_a_wrong_password_of_a_stock_server() -> None:
    machine, _ = asked()
    [refused] = machine.feed(http.pack_response(load("error_bad_password") + bytes(667), DATE), DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.AUTH_FAILED
    assert not refused.no_save_password


def test_an_unknown_error_is_named_by_its_number() -> None:
    machine, _ = asked()
    [refused] = machine.feed(reply(pack_of(error=4_711, no_save_password=1)), DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.PROTOCOL_ERROR
    assert "4711" in refused.message
    assert refused.no_save_password


@pytest.mark.parametrize(
    "data", [http.pack_response(b"\0\0\0\1", DATE), b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"]
)
def test_an_outcome_that_makes_no_sense(data: bytes) -> None:
    machine, _ = asked()
    [refused] = machine.feed(data, DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.PROTOCOL_ERROR


def test_answers_that_only_say_that_the_server_is_there_are_passed_over() -> None:
    machine, _ = asked()
    assert machine.feed(reply(pack_of(error=0, noop=2)) * 3, DATE) == []
    [welcome] = machine.feed(reply(write_welcome(WELCOME)), DATE)
    assert isinstance(welcome, Welcome)


def test_they_are_passed_over_only_so_often() -> None:
    machine, _ = asked()
    [refused] = machine.feed(reply(pack_of(error=0, noop=2)) * 31, DATE)
    assert isinstance(refused, Refused)


def test_a_redirect() -> None:
    machine, _ = asked()
    elsewhere = Redirect(ip_address("192.0.2.9"), (5_555, 443), b"t" * 20, b"certificate", "hello")
    [redirect] = machine.feed(reply(write_redirect(elsewhere)), DATE)
    assert redirect == elsewhere
    farewell = sent_pack(machine.acknowledge_redirect(b"x"))
    assert [element.name for element in farewell] == ["pencore"]


@pytest.mark.parametrize("missing", ["Ip", "Port", "Ticket", "Cert"])
def test_half_a_redirect(missing: str) -> None:
    machine, _ = asked()
    pack = write_redirect(Redirect(ip_address("192.0.2.9"), (443,), b"t" * 20, b"certificate"))
    pack.remove(missing)
    [refused] = machine.feed(reply(pack), DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.PROTOCOL_ERROR


# --- the other machines ------------------------------------------------------------------------------------


def _joining() -> AdditionalConnect:
    machine = AdditionalConnect("192.0.2.1", SESSION_KEY, FACTS)
    assert machine.start().endswith(b"VPNCONNECT")
    [request] = machine.feed(HELLO, DATE, b"padding")
    assert isinstance(request, Send)
    pack = sent_pack(request.data)
    assert pack.data("session_key") == SESSION_KEY
    assert (pack.str("method"), len(pack)) == ("additional_connect", 6)
    return machine


@pytest.mark.parametrize("direction", list(Direction))
def test_an_additional_connection_is_accepted(direction: Direction) -> None:
    machine = _joining()
    data = reply(pack_of(error=0, direction=int(direction))) + b"\0\0\0\0"
    assert machine.feed(data, DATE) == [AdditionalAccepted(direction)]
    assert machine.leftover == b"\0\0\0\0"


@pytest.mark.parametrize(
    ("elements", "code"), [({"error": 13}, 13), ({"error": 15}, 15), ({"direction": 3}, 4)]
)
def test_an_additional_connection_is_refused(elements: Elements, code: int) -> None:
    [refused] = _joining().feed(reply(pack_of(**elements)), DATE)
    assert isinstance(refused, Refused)
    assert refused.code == code


def test_an_additional_connection_needs_a_greeting() -> None:
    [refused] = AdditionalConnect("h", SESSION_KEY, FACTS).feed(reply(pack_of(hello="x")), DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.SERVER_IS_NOT_VPN


@pytest.mark.parametrize("hub", ["", "LAB"])
def test_an_administrator_logs_in(hub: str) -> None:
    hashed = hash_administrator_password("secret")
    machine = AdminConnect("192.0.2.1", hub, hashed, FACTS)
    hello, request = machine.feed(HELLO, DATE, b"padding")
    assert isinstance(hello, Hello)
    assert isinstance(request, Send)
    pack = sent_pack(request.data)
    assert (pack.str("method"), pack.str("hubname"), "hubname" in pack) == ("admin", hub, bool(hub))
    assert len(pack.data("secure_password") or b"") == 20
    data = reply(pack_of(empty_password=1)) + b"\0\0\0\4"
    assert machine.feed(data, DATE) == [AdminAccepted(empty_password=True)]
    assert machine.leftover == b"\0\0\0\4"


def test_an_administrator_is_refused() -> None:
    machine = AdminConnect("192.0.2.1", "", bytes(20), FACTS)
    machine.feed(HELLO, DATE)
    [refused] = machine.feed(reply(pack_of(error=12)), DATE)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.ACCESS_DENIED
