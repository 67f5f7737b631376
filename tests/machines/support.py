"""What the tests of the machines share: a date, example facts, and the PACKs inside HTTP bytes."""

from ipaddress import ip_address

from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.messages import Send, WelcomeParameters
from etherloom.handshake.server_login import Action, Request, ServerLogin
from etherloom.model.policy import Policy
from etherloom.wire import http
from etherloom.wire.pack import Pack, decode, encode

# What a PACK of these tests is made of.
Elements = dict[str, int | str | bytes]
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
CHALLENGE = bytes.fromhex("c884f0e82c581b26a2f2b16d40e598eb6abae398")
SESSION_KEY = bytes(range(20))
FACTS = ClientFacts(
    product="Example VPN Client",
    version=501,
    build=9674,
    hostname="host",
    os_name="Linux",
    os_version="6.1",
    os_product_id="--",
    node_unique_id=b"n" * 16,
    unique_id=b"u" * 20,
    client_ip=ip_address("192.0.2.7"),
    client_port=60_238,
    server_hostname="vpn.example",
    server_ip=ip_address("2001:db8::1"),
    server_port=443,
)
WELCOME = WelcomeParameters(
    session_name="SID-ALICE-1",
    connection_name="CID-2",
    max_connection=8,
    use_encrypt=True,
    use_compress=True,
    half_connection=True,
    timeout_ms=20_000,
    qos=True,
    session_key=SESSION_KEY,
    session_key_32=7,
    policy=Policy(no_bridge=True, no_routing=True, vlan_id=9),
    vlan_id=9,
    message="Grüß Gott",
)


def responses(data: bytes) -> list[Pack]:
    """The PACKs that a server sent; what follows them must be nothing."""
    reader = http.ResponseReader()
    reader.feed(data)
    packs = []
    while (response := reader.next()) is not None:
        assert response.status == 200
        packs.append(decode(response.body))
    assert reader.leftover == b""
    return packs


def sent(actions: list[Action]) -> bytes:
    return b"".join(action.data for action in actions if isinstance(action, Send))


def signed(machine: ServerLogin) -> ServerLogin:
    """The machine after a good signature."""
    machine.feed(http.signature_request("192.0.2.1"), DATE)
    return machine


def pack_of(**elements: int | str | bytes) -> Pack:
    pack = Pack()
    for name, value in elements.items():
        if isinstance(value, int):
            pack.add_int(name, value)
        elif isinstance(value, str):
            pack.add_str(name, value)
        else:
            pack.add_data(name, value)
    return pack


def request_bytes(**elements: int | str | bytes) -> bytes:
    return http.pack_request("192.0.2.1", encode(pack_of(**elements)), DATE)


def asked(machine: ServerLogin, **elements: int | str | bytes) -> Request:
    """The machine's one action after a request with these elements."""
    actions = signed(machine).feed(request_bytes(**elements), DATE)
    assert len(actions) == 1
    assert isinstance(actions[0], Request)
    return actions[0]
