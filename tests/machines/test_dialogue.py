"""Both machines against each other in memory, whatever way the bytes are cut."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from etherloom.handshake.additional_connection import AdditionalConnect
from etherloom.handshake.admin_login import AdminConnect
from etherloom.handshake.client_login import ClientLogin, PasswordLogin
from etherloom.handshake.exchange import Hello
from etherloom.handshake.messages import (
    AdditionalAccepted,
    AdditionalConnection,
    AdminAccepted,
    AdminLogin,
    Direction,
    LoginRequest,
    PasswordAuth,
    Send,
    SessionWishes,
    Welcome,
)
from etherloom.handshake.server_login import Action, HttpRequest, Request, ServerLogin
from etherloom.wire.digest import hash_password, secure_password
from tests.machines.support import CHALLENGE, DATE, FACTS, SESSION_KEY, WELCOME

FRAMES = b"\xff\xff\xff\xff\0\0\0\3abc\0\0\0\1\0\0\0\x0e" + bytes(14)
LOOK = b"GET / HTTP/1.1\r\nX-VPN: 1\r\n\r\n"
Cuts = list[int]
cuts = st.lists(st.integers(1, 400), max_size=30)
paddings = st.binary(max_size=999)


def pieces(data: bytes, sizes: Cuts) -> Iterator[bytes]:
    """The data, cut into pieces of these sizes and a last one."""
    at = 0
    for size in [*sizes, len(data)]:
        if at < len(data):
            yield data[at : at + size]
        at += size


def serve(machine: ServerLogin, data: bytes, sizes: Cuts, padding: bytes) -> list[Action]:
    actions: list[Action] = []
    for piece in pieces(data, sizes):
        actions += machine.feed(piece, DATE, padding)
    return actions


def gather(feed: Callable[[bytes], list[object]], data: bytes, sizes: Cuts) -> list[object]:
    actions: list[object] = []
    for piece in pieces(data, sizes):
        actions += feed(piece)
    return actions


@settings(deadline=None)
@given(cuts, cuts, paddings, st.booleans())
def test_a_login_from_the_first_byte_to_the_first_frame(
    there: Cuts, back: Cuts, padding: bytes, looks_first: bool
) -> None:
    log_in(there, back, padding, looks_first)


def test_a_login_byte_by_byte() -> None:
    log_in([1] * 20_000, [1] * 20_000, b"x" * 40, looks_first=True)


def log_in(there: Cuts, back: Cuts, padding: bytes, looks_first: bool) -> None:
    server, client = ServerLogin(CHALLENGE), ClientLogin("192.0.2.1", "LAB", "alice")
    hashed = hash_password("secret", "alice")
    wishes = SessionWishes(8, use_compress=True, half_connection=True)

    first = serve(server, LOOK * looks_first + client.start(), there, padding)
    if looks_first:
        assert isinstance(first.pop(0), HttpRequest)
    [greeting] = first
    assert isinstance(greeting, Send)
    [hello] = gather(lambda piece: [*client.feed(piece, DATE)], greeting.data, back)
    assert isinstance(hello, Hello)
    assert hello.challenge == CHALLENGE

    login = client.login(PasswordLogin(hashed), wishes, FACTS, padding)
    [asked] = serve(server, login + FRAMES, there, padding)
    assert isinstance(asked, Request)
    request = asked.request
    assert isinstance(request, LoginRequest)
    assert (request.hub, request.user, request.wishes) == ("LAB", "alice", wishes)
    assert request.auth == PasswordAuth(secure_password(hashed, CHALLENGE))
    assert request.client == replace(
        FACTS, server_product=hello.product, server_version=hello.version, server_build=hello.build
    )
    assert server.leftover == FRAMES

    [welcome] = gather(
        lambda piece: [*client.feed(piece, DATE)], server.accept_login(WELCOME, padding) + FRAMES, back
    )
    assert welcome == Welcome(WELCOME)
    assert client.leftover == FRAMES


@settings(deadline=None)
@given(cuts, cuts, paddings, st.sampled_from(Direction))
def test_an_additional_connection(there: Cuts, back: Cuts, padding: bytes, direction: Direction) -> None:
    server, client = ServerLogin(CHALLENGE), AdditionalConnect("192.0.2.1", SESSION_KEY, FACTS)
    [greeting] = serve(server, client.start(), there, padding)
    assert isinstance(greeting, Send)
    [send] = gather(lambda piece: [*client.feed(piece, DATE, padding)], greeting.data, back)
    assert isinstance(send, Send)
    [asked] = serve(server, send.data + FRAMES, there, padding)
    assert isinstance(asked, Request)
    assert isinstance(asked.request, AdditionalConnection)
    assert asked.request.session_key == SESSION_KEY
    farewell = server.accept_additional(direction, padding) + FRAMES
    outcome = gather(lambda piece: [*client.feed(piece, DATE)], farewell, back)
    assert outcome == [AdditionalAccepted(direction)]
    assert (server.leftover, client.leftover) == (FRAMES, FRAMES)


@settings(deadline=None)
@given(cuts, cuts, paddings, st.booleans())
def test_an_administrator(there: Cuts, back: Cuts, padding: bytes, empty: bool) -> None:
    server, client = ServerLogin(CHALLENGE), AdminConnect("192.0.2.1", "LAB", bytes(20), FACTS)
    [greeting] = serve(server, client.start(), there, padding)
    assert isinstance(greeting, Send)
    _, send = gather(lambda piece: [*client.feed(piece, DATE, padding)], greeting.data, back)
    assert isinstance(send, Send)
    [asked] = serve(server, send.data, there, padding)
    assert isinstance(asked, Request)
    assert isinstance(asked.request, AdminLogin)
    assert asked.request.secure_password == secure_password(bytes(20), CHALLENGE)
    outcome = gather(lambda piece: [*client.feed(piece, DATE)], server.accept_admin(empty, padding), back)
    assert outcome == [AdminAccepted(empty)]


def test_an_ipv4_server_address_and_no_address_survive_too() -> None:
    server, client = ServerLogin(CHALLENGE), ClientLogin("192.0.2.1", "LAB", "alice")
    [greeting] = server.feed(client.start(), DATE)
    assert isinstance(greeting, Send)
    client.feed(greeting.data, DATE)
    facts = replace(FACTS, client_ip=None, server_ip=ip_address("198.51.100.1"), proxy_hostname="proxy")
    [asked] = server.feed(client.login(PasswordLogin(bytes(20)), SessionWishes(), facts, b""), DATE)
    assert isinstance(asked, Request)
    assert asked.request.client.client_ip is None
    assert asked.request.client.server_ip == ip_address("198.51.100.1")
    assert asked.request.client.proxy_hostname == "proxy"
