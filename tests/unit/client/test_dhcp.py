"""The DHCP client as a machine: packets made by scapy, time made up, garbage by hypothesis."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from etherloom.client.dhcp import Action, Bind, Broadcast, DhcpClient, Phase, Unbind, Unicast
from etherloom.client.dhcp_message import build_frame, parse_frame, parse_reply

MAC = bytes.fromhex("020000000042")
SERVER, ADDRESS, ROUTER = "10.0.0.1", "10.0.0.77", "10.0.0.254"
T0 = 1000.0


def client(host_name: str = "") -> DhcpClient:
    return DhcpClient(MAC, lambda: 0.5, host_name)


def sent(actions: list[Action]) -> Any:
    """The one message among the actions, as scapy reads it."""
    messages = [action for action in actions if isinstance(action, Broadcast | Unicast)]
    assert len(messages) == 1
    return BOOTP(messages[0].payload)


def options(message: Any) -> dict[str, Any]:
    return {entry[0]: entry[1] for entry in message[DHCP].options if isinstance(entry, tuple)}


def reply(request: Any, kind: str, *extra: tuple[str | int, Any], address: str = ADDRESS) -> bytes:
    given_options = [("message-type", kind), ("server_id", SERVER), *extra, "end"]
    message = BOOTP(op=2, xid=request.xid, chaddr=request.chaddr, yiaddr=address)
    return bytes(message / DHCP(options=given_options))


GRANT = (
    ("subnet_mask", "255.255.255.0"),
    ("router", ROUTER),
    ("name_server", SERVER),
    ("domain", "lab.example"),
    ("lease_time", 3600),
)


def bound(machine: DhcpClient, *extra: tuple[str | int, Any]) -> DhcpClient:
    """Take a fresh machine to its lease, at T0."""
    discover = sent(machine.start(T0))
    request = sent(machine.receive(reply(discover, "offer", *GRANT), T0))
    actions = machine.receive(reply(request, "ack", *(extra or GRANT)), T0)
    assert machine.phase is Phase.BOUND
    assert isinstance(actions[0], Bind)
    return machine


# -- getting a lease


def test_discover() -> None:
    message = sent(client("laptop").start(T0))
    found = options(message)
    assert found["message-type"] == 1
    assert found["client_id"] == b"\x01" + MAC
    assert found["hostname"] == b"laptop"
    assert {1, 3, 6, 51, 121} <= set(found["param_req_list"])
    assert (message.ciaddr, bytes(message.chaddr)[:6]) == ("0.0.0.0", MAC)
    assert int(message.flags) == 0x8000
    assert len(bytes(message)) >= 300


def test_request_names_server_and_address() -> None:
    machine = client()
    request = sent(machine.receive(reply(sent(machine.start(T0)), "offer", *GRANT), T0))
    found = options(request)
    assert (found["message-type"], found["requested_addr"], found["server_id"]) == (3, ADDRESS, SERVER)
    assert request.ciaddr == "0.0.0.0"


def test_lease() -> None:
    lease = bound(client()).lease
    assert lease is not None
    assert lease.interface == IPv4Interface(f"{ADDRESS}/24")
    assert lease.routers == (IPv4Address(ROUTER),)
    assert lease.name_servers == (IPv4Address(SERVER),)
    assert (lease.domain, lease.lease_s, lease.renew_s, lease.rebind_s) == ("lab.example", 3600, 1800, 3150)


def test_times_of_the_server() -> None:
    machine = bound(client(), *GRANT, ("renewal_time", 100), ("rebinding_time", 200))
    assert machine.deadline == T0 + 100


def test_classless_routes() -> None:
    raw = bytes.fromhex("18c0a8010a0000fe000a0000fd0cac1000000000")
    machine = bound(client(), *GRANT, (121, raw))
    assert machine.lease is not None
    assert machine.lease.routes == (
        (IPv4Network("192.168.1.0/24"), IPv4Address("10.0.0.254")),
        (IPv4Network("0.0.0.0/0"), IPv4Address("10.0.0.253")),
        (IPv4Network("172.16.0.0/12"), IPv4Address("0.0.0.0")),
    )


def test_infinite_lease_is_never_renewed() -> None:
    machine = bound(client(), ("subnet_mask", "255.255.255.0"), ("lease_time", 0xFFFFFFFF))
    assert machine.deadline is None
    assert machine.tick(T0 + 1e9) == []


def test_discover_is_repeated_with_growing_pauses() -> None:
    machine = client()
    machine.start(T0)
    pauses, now = [], T0
    for _ in range(7):
        assert machine.deadline is not None
        pauses.append(machine.deadline - now)
        now = machine.deadline
        assert options(sent(machine.tick(now)))["message-type"] == 1
    assert pauses == [4, 8, 16, 32, 64, 64, 64]


def test_unanswered_request_leads_back_to_discover() -> None:
    machine = client()
    machine.receive(reply(sent(machine.start(T0)), "offer", *GRANT), T0)
    kinds = []
    for _ in range(5):
        assert machine.deadline is not None
        kinds.append(options(sent(machine.tick(machine.deadline)))["message-type"])
    assert kinds == [3, 3, 3, 1, 1]


def test_refused_request_begins_anew_after_a_moment() -> None:
    machine = client()
    request = sent(machine.receive(reply(sent(machine.start(T0)), "offer", *GRANT), T0))
    assert machine.receive(reply(request, "nak", address="0.0.0.0"), T0) == []
    assert machine.deadline == T0 + 1
    assert options(sent(machine.tick(T0 + 1)))["message-type"] == 1


# -- what isn't for us


def test_other_transaction_and_other_hardware_are_ignored() -> None:
    machine = client()
    discover = sent(machine.start(T0))
    discover.xid += 1
    assert machine.receive(reply(discover, "offer", *GRANT), T0) == []
    discover.xid -= 1
    discover.chaddr = b"\x02\0\0\0\0\x43"
    assert machine.receive(reply(discover, "offer", *GRANT), T0) == []
    assert machine.phase is Phase.SELECTING


def test_unasked_acknowledgement_changes_nothing() -> None:
    machine = bound(client())
    before = machine.lease
    discover = sent(client().start(T0))
    assert machine.receive(reply(discover, "ack", *GRANT, address="10.66.6.6"), T0) == []
    assert machine.receive(reply(discover, "nak"), T0) == []
    assert machine.lease == before


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255"])
def test_senseless_addresses_are_not_taken(address: str) -> None:
    machine = client()
    request = sent(machine.receive(reply(sent(machine.start(T0)), "offer", *GRANT), T0))
    assert machine.receive(reply(request, "ack", *GRANT, address=address), T0) == []
    assert machine.lease is None


@pytest.mark.parametrize("mask", ["0.0.0.0", "128.0.0.0", "255.0.255.0"])
def test_masks_that_would_catch_the_world_are_not_taken(mask: str) -> None:
    machine = client()
    request = sent(machine.receive(reply(sent(machine.start(T0)), "offer", *GRANT), T0))
    assert machine.receive(reply(request, "ack", ("subnet_mask", mask), ("lease_time", 60)), T0) == []


# -- keeping and losing it


def test_renewal_by_unicast() -> None:
    machine = bound(client())
    actions = machine.tick(T0 + 1800)
    assert isinstance(actions[0], Unicast)
    assert (str(actions[0].source), str(actions[0].server)) == (ADDRESS, SERVER)
    request = sent(actions)
    assert request.ciaddr == ADDRESS
    assert "requested_addr" not in options(request)
    assert machine.receive(reply(request, "ack", *GRANT), T0 + 1801) == []
    assert machine.deadline == T0 + 3600


def test_renewal_with_another_router_binds_again() -> None:
    machine = bound(client())
    request = sent(machine.tick(T0 + 1800))
    changed = [entry for entry in GRANT if entry[0] != "router"]
    actions = machine.receive(reply(request, "ack", *changed), T0 + 1801)
    assert isinstance(actions[0], Bind)


def test_silent_server_means_rebinding_then_loss() -> None:
    machine = bound(client())
    kinds: list[type[Action]] = []
    while machine.lease is not None:
        assert machine.deadline is not None
        kinds += [type(action) for action in machine.tick(machine.deadline)]
    assert kinds[0] is Unicast
    assert Broadcast in kinds
    assert kinds[-2:] == [Unbind, Broadcast]
    assert machine.phase is Phase.SELECTING
    assert len(kinds) < 30


def test_loss_comes_exactly_at_the_end_of_the_lease() -> None:
    machine = bound(client())
    assert not any(isinstance(action, Unbind) for action in machine.tick(T0 + 3599.9))
    assert any(isinstance(action, Unbind) for action in machine.tick(T0 + 3600))


def test_refused_renewal_takes_the_address_away_at_once() -> None:
    machine = bound(client())
    request = sent(machine.tick(T0 + 1800))
    actions = machine.receive(reply(request, "nak", address="0.0.0.0"), T0 + 1801)
    assert [type(action) for action in actions] == [Unbind]
    assert machine.lease is None


# -- with the connection going and coming


def test_reconnected_adapter_asks_for_its_address_again() -> None:
    machine = bound(client())
    machine.pause()
    assert machine.deadline == T0 + 3600
    request = sent(machine.start(T0 + 60))
    found = options(request)
    assert (found["message-type"], found["requested_addr"]) == (3, ADDRESS)
    assert "server_id" not in found
    assert isinstance(machine.receive(reply(request, "ack", *GRANT), T0 + 61)[0], Bind)


def test_reconnected_adapter_keeps_its_address_if_nobody_objects() -> None:
    machine = bound(client())
    machine.pause()
    machine.start(T0 + 60)
    actions: list[Action] = []
    while machine.phase is Phase.REBOOTING:
        assert machine.deadline is not None
        actions += machine.tick(machine.deadline)
    assert isinstance(actions[-1], Bind)
    assert machine.deadline == T0 + 1800


def test_lease_runs_out_while_disconnected() -> None:
    machine = bound(client())
    machine.pause()
    assert [type(action) for action in machine.tick(T0 + 3600)] == [Unbind]
    assert machine.deadline is None
    assert options(sent(machine.start(T0 + 3700)))["message-type"] == 1


def test_release() -> None:
    actions = bound(client()).release()
    message = sent(actions)
    assert (options(message)["message-type"], message.ciaddr) == (7, ADDRESS)
    assert isinstance(actions[-1], Unbind)
    assert client().release() == []


# -- bytes


def test_frame_as_scapy_reads_it() -> None:
    frame = Ether(build_frame(b"x" * 301, MAC, IPv4Address(0)))
    assert (frame.dst, frame.src) == ("ff:ff:ff:ff:ff:ff", MAC.hex(":"))
    assert (frame[IP].src, frame[IP].dst, frame[UDP].sport, frame[UDP].dport) == (
        "0.0.0.0",
        "255.255.255.255",
        68,
        67,
    )
    checksums = frame[IP].chksum, frame[UDP].chksum
    del frame[IP].chksum, frame[UDP].chksum
    again = Ether(bytes(frame))
    assert (again[IP].chksum, again[UDP].chksum) == checksums


def test_frame_from_scapy() -> None:
    frame = Ether(dst=MAC.hex(":")) / IP(dst=ADDRESS, src=SERVER) / UDP(sport=67, dport=68) / b"payload"
    padded = bytes(frame).ljust(60, b"\0")
    assert parse_frame(padded) == b"payload"


@pytest.mark.parametrize(("source", "destination"), [(67, 69), (68, 68)])
def test_other_ports_are_no_dhcp(source: int, destination: int) -> None:
    assert parse_frame(bytes(Ether() / IP() / UDP(sport=source, dport=destination) / (b"x" * 20))) is None


def test_fragments_are_no_dhcp() -> None:
    assert parse_frame(bytes(Ether() / IP(frag=1) / UDP(sport=67, dport=68) / (b"x" * 20))) is None
    assert parse_frame(bytes(Ether() / IP(flags="MF") / UDP(sport=67, dport=68) / (b"x" * 20))) is None


def test_overloaded_and_repeated_options() -> None:
    request = sent(client().start(T0))
    message = BOOTP(op=2, xid=request.xid, chaddr=request.chaddr, yiaddr=ADDRESS)
    message.file = bytes((51, 4, 0, 0, 14, 16, 255))
    message.sname = bytes((12, 2)) + b"ab" + bytes((12, 2)) + b"cd" + b"\xff"
    given_options = [("message-type", "ack"), ("dhcp-option-overload", 3), "end"]
    found = parse_reply(bytes(message / DHCP(options=given_options)))
    assert found is not None
    assert found.options[51] == bytes((0, 0, 14, 16))
    assert found.options[12] == b"abcd"


@given(st.binary(max_size=700))
def test_any_frame_is_read_without_raising(frame: bytes) -> None:
    parse_frame(frame)
    parse_frame(bytes(14) + frame)
    parse_frame(frame[:12] + b"\x08\x00\x45" + frame)


@given(
    kinds=st.lists(st.sampled_from([2, 5, 6, 1, 0, 255]), min_size=1, max_size=6),
    tails=st.lists(st.binary(max_size=200), min_size=6, max_size=6),
    address=st.integers(0, 2**32 - 1),
    pauses=st.lists(st.floats(0, 5000), min_size=6, max_size=6),
)
def test_any_options_are_survived(
    kinds: list[int], tails: list[bytes], address: int, pauses: list[float]
) -> None:
    machine = client()
    now = T0
    actions = machine.start(now)
    for kind, tail, pause in zip(kinds, tails, pauses, strict=False):
        messages = [action for action in actions if isinstance(action, Broadcast | Unicast)]
        if messages:
            transaction = messages[-1].payload[4:8]
        head = b"\x02\x01\x06\x00" + transaction + bytes(8) + address.to_bytes(4) + bytes(8)
        body = head + MAC + bytes(10) + bytes(192) + b"\x63\x82\x53\x63"
        basic = bytes((53, 1, kind, 54, 4, 10, 0, 0, 1, 51, 4, 0, 0, 0, 60))
        actions = machine.receive(body + basic + tail, now)
        now += pause
        actions += machine.tick(now)
        assert machine.deadline is None or machine.deadline > now - 1e-6


@given(st.binary(max_size=400), st.integers(0, 400), st.integers(0, 255))
def test_damaged_messages_never_raise(tail: bytes, position: int, value: int) -> None:
    machine = client()
    discover = sent(machine.start(T0))
    whole = bytearray(reply(discover, "offer", *GRANT) + tail)
    whole[position % len(whole)] = value
    machine.receive(bytes(whole), T0)
    machine.receive(bytes(whole)[: position % len(whole)], T0)
