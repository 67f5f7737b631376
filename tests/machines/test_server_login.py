"""The server's machine against single requests, stock-like and not."""

import hashlib
from dataclasses import replace

import pytest

from etherloom.handshake import server_login
from etherloom.handshake.messages import (
    AdditionalConnection,
    AdminLogin,
    AnonymousAuth,
    CertificateAuth,
    Close,
    Direction,
    EnumerateHubs,
    LoginRequest,
    PasswordAuth,
    PasswordChange,
    PlainPasswordAuth,
    Send,
    TicketAuth,
    UnknownMethod,
    UnsupportedAuth,
)
from etherloom.handshake.pages import MARKER
from etherloom.handshake.server_login import HttpRequest, Request, ServerLogin
from etherloom.model.errors import ErrorCode
from etherloom.wire import http
from etherloom.wire.pack import Pack, encode
from tests.machines.support import (
    CHALLENGE,
    DATE,
    SESSION_KEY,
    WELCOME,
    Elements,
    asked,
    request_bytes,
    responses,
    sent,
    signed,
)
from tests.vectors import load

PREFLIGHT = (
    b"GET / HTTP/1.1\r\nX-VPN: 1\r\nHost: 192.0.2.1\r\nKeep-Alive: timeout=15; max=19\r\n"
    b"Connection: Keep-Alive\r\nAccept-Language: ja\r\nPragma: no-cache\r\n\r\n"
)


def _machine() -> ServerLogin:
    return ServerLogin(CHALLENGE, "Example VPN Server")


def _post(target: str, body: bytes) -> bytes:
    head = f"POST {target} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


# --- the signature -----------------------------------------------------------------------------------------


def test_the_short_signature_brings_the_hello() -> None:
    actions = _machine().feed(_post("/vpnsvc/connect.cgi", b"VPNCONNECT"), DATE, b"padding")
    [hello] = responses(sent(actions))
    assert hello.str("hello") == "Example VPN Server"
    assert hello.data("random") == CHALLENGE
    assert (hello.int("version"), hello.int("build")) == (501, 9674)
    assert hello.data("pencore") == b"padding"


@pytest.mark.parametrize("tail", [0, 1, 2_000])
def test_the_long_signature_is_known_by_its_digest(tail: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # The real picture is not ours to carry; another one takes its place here.
    picture = b"GIF89a" + bytes(1_411 - 6)
    monkeypatch.setattr(server_login, "_PICTURE_SHA256", hashlib.sha256(picture).digest())
    actions = _machine().feed(_post("/vpnsvc/connect.cgi", picture + b"r" * tail), DATE)
    assert responses(sent(actions))[0].data("random") == CHALLENGE


@pytest.mark.parametrize("body", [b"VPNCONNECX", bytes(1_411), bytes(3_411)])
def test_a_wrong_signature_of_a_right_length_may_be_followed_by_a_right_one(body: bytes) -> None:
    machine = _machine()
    [refusal] = machine.feed(_post("/vpnsvc/connect.cgi", body), DATE)
    assert isinstance(refusal, Send)
    assert _status(refusal.data) == 403
    actions = machine.feed(_post("/vpnsvc/connect.cgi", b"VPNCONNECT"), DATE)
    assert responses(sent(actions))[0].data("random") == CHALLENGE


@pytest.mark.parametrize("length", [0, 9, 11, 1_410, 3_412, 4_294_967_296])
def test_a_signature_of_a_wrong_length_ends_the_connection(length: int) -> None:
    head = f"POST /vpnsvc/connect.cgi HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode()
    refusal, close = _machine().feed(head, DATE)
    assert isinstance(refusal, Send)
    assert _status(refusal.data) == 403
    assert isinstance(close, Close)


# --- whatever else speaks HTTP -----------------------------------------------------------------------------


def test_the_look_of_a_stock_client_is_answered_and_the_signature_follows() -> None:
    machine = _machine()
    [look] = machine.feed(PREFLIGHT, DATE)
    assert isinstance(look, HttpRequest)
    reader = http.ResponseReader()
    reader.feed(look.answer)
    page = reader.next()
    assert page is not None
    assert page.status == 200
    assert MARKER.encode() in page.body[:1_000]
    assert signed(machine).feed(request_bytes(method="enum_hub"), DATE)


def test_head_of_the_front_page() -> None:
    [look] = _machine().feed(PREFLIGHT.replace(b"GET", b"HEAD"), DATE)
    assert isinstance(look, HttpRequest)
    assert _status(look.answer) == 200
    assert look.answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /favicon.ico", 404),
        ("HEAD /x", 404),
        ("GET /vpnsvc/connect.cgi", 404),
        ("POST /", 404),
        ("POST /vpnsvc/vpn.cgi", 404),
        ("POST /api/", 404),
        ("PUT /", 501),
        ("OPTIONS /api", 501),
    ],
)
def test_other_requests(line: str, status: int) -> None:
    [other] = _machine().feed(f"{line} HTTP/1.1\r\nHost: h\r\n\r\n".encode(), DATE)
    assert isinstance(other, HttpRequest)
    assert _status(other.answer) == status


def test_a_request_can_be_spliced_with_all_its_bytes() -> None:
    data = b"POST /api HTTP/1.1\r\nContent-Length: 4\r\n\r\n{}"
    machine = _machine()
    [other] = machine.feed(data, DATE)
    assert isinstance(other, HttpRequest)
    assert (other.method, other.target) == ("POST", "/api")
    assert other.headers["content-length"] == "4"
    assert other.request_bytes == data
    # Whoever doesn't splice goes on: the rest of the body is read over.
    assert machine.feed(b"{}", DATE) == []
    assert responses(sent(machine.feed(_post("/vpnsvc/connect.cgi", b"VPNCONNECT"), DATE)))


def test_a_body_without_end_is_answered_and_ends_the_connection() -> None:
    data = (
        b"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
        b"Content-Length: 18446744073709551615\r\n\r\nabc"
    )
    other, close = _machine().feed(data, DATE)
    assert isinstance(other, HttpRequest)
    assert other.request_bytes == data
    assert isinstance(close, Close)


def test_nineteen_requests_are_served() -> None:
    machine = _machine()
    for _ in range(19):
        [other] = machine.feed(PREFLIGHT, DATE)
        assert isinstance(other, HttpRequest)
    [close] = machine.feed(PREFLIGHT, DATE)
    assert isinstance(close, Close)


def test_two_requests_in_one_segment() -> None:
    look, hello = _machine().feed(PREFLIGHT + http.signature_request("h"), DATE)
    assert isinstance(look, HttpRequest)
    assert isinstance(hello, Send)


@pytest.mark.parametrize("data", [b"SSH-2.0-x\r\n\r\n", b"\x16\x03\x01\x02\0\n\r\n\r\n", b"x" * 5_000])
def test_what_is_no_http_is_closed_without_a_word(data: bytes) -> None:
    [close] = _machine().feed(data, DATE)
    assert isinstance(close, Close)


# --- the request PACK --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(request_bytes(a=1).replace(b"vpn.cgi", b"vpm.cgi"), id="another target"),
        pytest.param(request_bytes(a=1).replace(b"POST", b"PUT"), id="another method"),
        pytest.param(request_bytes(a=1).replace(b"HTTP/1.1", b"HTTP/1.0"), id="another version"),
        pytest.param(request_bytes(a=1).replace(b"octet-stream", b"octet-stream; x=y"), id="a parameter"),
        pytest.param(http.pack_request("h", b"", DATE), id="an empty body"),
        pytest.param(http.pack_request("h", bytes(65_537), DATE), id="a body over the limit"),
        pytest.param(http.pack_request("h", b"\xff" * 40, DATE), id="no PACK"),
        pytest.param(http.pack_request("h", b"\0\0\0\2" + encode(Pack())[4:], DATE), id="half a PACK"),
        pytest.param(b"rubbish\r\n\r\n", id="no HTTP"),
    ],
)
def test_what_is_no_pack_is_answered_with_error_3(data: bytes) -> None:
    actions = signed(_machine()).feed(data, DATE)
    assert [pack.int("error") for pack in responses(sent(actions))] == [3]
    assert isinstance(actions[-1], Close)


def test_duplicate_elements_are_answered_with_error_3() -> None:
    body = request_bytes(username="a", usernamf="b").replace(b"usernamf", b"USERNAME")
    assert responses(sent(signed(_machine()).feed(body, DATE)))[0].int("error") == 3


def test_a_body_over_the_limit_is_refused_before_it_comes() -> None:
    head = http.pack_request("h", b"", DATE).replace(b"Content-Length: 0", b"Content-Length: 4294967295")
    actions = signed(_machine()).feed(head, DATE)
    assert responses(sent(actions))[0].int("error") == 3


def test_the_largest_body_is_read() -> None:
    pack = Pack()
    pack.add_str("method", "enum_hub")
    pack.add_data("pencore", bytes(65_536 - len(encode(pack)) - 23))
    body = encode(pack)
    assert len(body) == 65_536
    [action] = signed(_machine()).feed(http.pack_request("h", body, DATE), DATE)
    assert isinstance(action, Request)


def test_thinking_clients_are_waited_for_up_to_the_limit() -> None:
    machine = signed(_machine())
    for number in range(30):
        [answer] = responses(sent(machine.feed(request_bytes(error=0, noop=1 + number % 2), DATE)))
        assert (answer.int("error"), answer.int("noop")) == (0, 1)
    actions = machine.feed(request_bytes(noop=1), DATE)
    answer, failure = responses(sent(actions))
    assert answer.int("noop") == 1
    assert failure.int("error") == 3
    assert isinstance(actions[-1], Close)


def test_a_request_after_thinking() -> None:
    machine = signed(_machine())
    machine.feed(request_bytes(noop=1), DATE)
    [action] = machine.feed(request_bytes(method="enum_hub"), DATE)
    assert isinstance(action, Request)


# --- the methods -------------------------------------------------------------------------------------------


def test_a_minimal_login_gets_the_defaults_of_the_wire() -> None:
    request = asked(_machine(), method="LOGIN", hubname="T1", username="alice", authtype=1).request
    assert isinstance(request, LoginRequest)
    assert (request.hub, request.user, request.auth) == ("T1", "alice", PasswordAuth(b""))
    assert not request.wishes.use_encrypt
    assert request.wishes.max_connection == 0


def test_the_elements_of_a_captured_login() -> None:
    body = (5).to_bytes(4) + load("login_elements")
    [action] = signed(_machine()).feed(http.pack_request("h", body, DATE), DATE)
    assert isinstance(action, Request)
    assert isinstance(action.request, LoginRequest)
    assert (action.request.hub, action.request.user) == ("T1", "alice")
    proof = bytes.fromhex("888257bb1874c8aef468b88bc85aaae52d82e1ef")
    assert action.request.auth == PasswordAuth(proof)


def test_the_swapped_numbers_of_captured_node_information() -> None:
    login = encode(Pack())[4:] + load("node_information_elements") + load("login_elements")
    [action] = signed(_machine()).feed(http.pack_request("h", (8).to_bytes(4) + login, DATE), DATE)
    assert isinstance(action, Request)
    facts = action.request.client
    assert facts.client_port == 60_238
    assert str(facts.client_ip) == "127.0.0.1"


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"authtype": 0}, AnonymousAuth()),
        ({}, AnonymousAuth()),
        ({"authtype": 1, "secure_password": b"p" * 20}, PasswordAuth(b"p" * 20)),
        ({"authtype": 2, "plain_password": "secret"}, PlainPasswordAuth("secret")),
        ({"authtype": 3, "cert": b"der", "sign": b"signature"}, CertificateAuth(b"der", b"signature")),
        ({"authtype": 99, "ticket": b"t" * 20}, TicketAuth(b"t" * 20)),
        ({"authtype": 96}, UnsupportedAuth(96)),
        ({"authtype": 97, "key": "wireguard"}, UnsupportedAuth(97)),
        ({"authtype": 98}, UnsupportedAuth(98)),
        ({"authtype": 4}, UnsupportedAuth(4)),
        ({"authtype": 4_294_967_295}, UnsupportedAuth(4_294_967_295)),
    ],
)
def test_kinds_of_proof(elements: Elements, expected: object) -> None:
    request = asked(_machine(), method="login", hubname="h", username="u", **elements).request
    assert isinstance(request, LoginRequest)
    assert request.auth == expected


@pytest.mark.parametrize("product", ["x VPN Server y", "VPN BRIDGE", "some bridge client"])
def test_servers_and_bridges_come_in_bridge_mode(product: str) -> None:
    request = asked(_machine(), method="login", hubname="h", username="u", client_str=product).request
    assert isinstance(request, LoginRequest)
    assert request.wishes.bridge_mode
    assert request.client.is_bridge


def test_clients_come_in_bridge_mode_only_if_they_ask() -> None:
    login: Elements = {"method": "login", "hubname": "h", "username": "u", "client_str": "A VPN Client"}
    for wish in (0, 1):
        request = asked(_machine(), **login, require_bridge_routing_mode=wish).request
        assert isinstance(request, LoginRequest)
        assert request.wishes.bridge_mode == bool(wish)
        assert request.client.is_client
        assert not request.client.is_bridge


@pytest.mark.parametrize(
    "elements",
    [
        {"method": "login", "username": "u"},
        {"method": "login", "hubname": "h"},
        {"method": "login", "hubname": 5, "username": "u"},
        {"method": "additional_connect"},
        {"method": "additional_connect", "session_key": b"short"},
        {"method": "admin", "secure_password": b"p" * 19},
        {"method": "admin"},
        {"method": "password", "hubname": "h", "username": "u", "new_password": b"n" * 20},
        {"method": "password", "hubname": "h", "username": "u", "secure_old_password": b"n" * 20},
    ],
)
def test_what_a_method_lacks_is_answered_with_error_4(elements: Elements) -> None:
    actions = signed(_machine()).feed(request_bytes(**elements), DATE)
    assert [pack.int("error") for pack in responses(sent(actions))] == [4]
    assert isinstance(actions[-1], Close)


def test_an_additional_connection() -> None:
    machine = _machine()
    request = asked(machine, method="additional_connect", session_key=SESSION_KEY, client_ver=501).request
    assert isinstance(request, AdditionalConnection)
    assert request.session_key == SESSION_KEY
    [reply] = responses(machine.accept_additional(Direction.SERVER_TO_CLIENT, b""))
    assert (reply.int("error"), reply.int("direction")) == (0, 1)


@pytest.mark.parametrize(("asks", "is_empty", "told"), [(1, True, True), (0, True, False), (1, False, False)])
def test_an_administrator_is_told_of_the_empty_password_on_request(
    asks: int, is_empty: bool, told: bool
) -> None:
    machine = _machine()
    elements: Elements = {"method": "admin", "hubname": "LAB", "accept_empty_password": asks}
    request = asked(machine, **elements, secure_password=b"p" * 20).request
    assert isinstance(request, AdminLogin)
    assert request.hub == "LAB"
    [reply] = responses(machine.accept_admin(is_empty, b"x"))
    assert ("empty_password" in reply) == told
    assert reply.int("error") == 0


def test_the_hub_list() -> None:
    machine = _machine()
    assert isinstance(asked(machine, method="enum_hub").request, EnumerateHubs)
    reply = Pack()
    reply.add_str("HubName", "DEFAULT", "T1")
    reply.add_int("NumHub", 2)
    [read] = responses(machine.answer(reply, b"x"))
    assert read.strs("HubName") == ("DEFAULT", "T1")
    assert "pencore" not in reply


def test_a_password_change() -> None:
    machine = _machine()
    elements: Elements = {
        "hubname": "h",
        "username": "u",
        "secure_old_password": b"o" * 20,
        "new_password": b"n" * 20,
    }
    request = asked(machine, method="password", **elements, new_password_ntlm=b"m" * 16).request
    assert isinstance(request, PasswordChange)
    assert request.new_hashed_key == b"n" * 20
    assert request.new_nt_hash == b"m" * 16
    assert b"nnnn" not in repr(request).encode()
    [reply] = responses(machine.refuse(ErrorCode.OLD_PASSWORD_WRONG, b""))
    assert reply.int("error") == 69


@pytest.mark.parametrize("elements", [{"method": "farm_connect"}, {"a": 1}, {"method": 5}])
def test_other_methods_are_left_to_the_caller(elements: Elements) -> None:
    machine = _machine()
    request = asked(machine, **elements).request
    assert isinstance(request, UnknownMethod)
    assert request.method == (elements["method"] if elements.get("method") == "farm_connect" else "")
    assert responses(machine.refuse(ErrorCode.PROTOCOL_ERROR, b""))[0].int("error") == 4


# --- the decision ------------------------------------------------------------------------------------------


def test_a_refusal_of_a_login() -> None:
    machine = _machine()
    asked(machine, method="login", hubname="h", username="u")
    [reply] = responses(machine.refuse(ErrorCode.AUTH_FAILED, b"x" * 999, no_save_password=True))
    assert (reply.int("error"), reply.bool("no_save_password")) == (9, True)
    assert reply.data("pencore") == b"x" * 999


def test_the_welcome_has_what_a_stock_one_has() -> None:
    machine = _machine()
    asked(machine, method="login", hubname="h", username="u")
    [reply] = responses(machine.accept_login(WELCOME, b""))
    # 55 elements in a live capture (reference: session protocol, section 14.2).
    assert len(reply) == 55
    assert reply.data("session_key") == SESSION_KEY
    assert reply.data("Msg") == "Grüß Gott".encode()
    assert (reply.int("policy:NoBridge"), reply.int("policy:Ver3")) == (1, 1)


def test_an_empty_message_is_an_empty_element() -> None:
    machine = _machine()
    asked(machine, method="login", hubname="h", username="u")
    [reply] = responses(machine.accept_login(replace(WELCOME, message=""), b""))
    assert reply.data("Msg") == b""


def test_what_follows_the_request_is_left_over() -> None:
    machine = signed(_machine())
    machine.feed(request_bytes(method="enum_hub") + b"\0\0\0\1raw", DATE)
    assert machine.leftover == b"\0\0\0\1raw"
    machine.feed(b"more", DATE)
    assert machine.leftover == b"\0\0\0\1rawmore"


def test_a_decision_must_fit_the_request_and_comes_once() -> None:
    machine = _machine()
    with pytest.raises(RuntimeError):
        machine.refuse(ErrorCode.AUTH_FAILED, b"")
    asked(machine, method="enum_hub")
    with pytest.raises(RuntimeError):
        machine.accept_login(WELCOME, b"")
    machine.answer(Pack(), b"")
    with pytest.raises(RuntimeError):
        machine.answer(Pack(), b"")


def test_a_challenge_has_twenty_bytes() -> None:
    with pytest.raises(ValueError, match="20"):
        ServerLogin(b"short")


def test_texts_for_people_are_cut_and_cleaned() -> None:
    data = request_bytes(method="login", hubname="h" * 300, username="a??b").replace(b"a??b", b"a\xff\xfeb")
    [action] = signed(_machine()).feed(data, DATE)
    assert isinstance(action, Request)
    assert isinstance(action.request, LoginRequest)
    assert action.request.hub == "h" * 255
    assert action.request.user == "a\ufffd\ufffdb"
