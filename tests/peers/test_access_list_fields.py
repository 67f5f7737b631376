"""Each field of an access rule on real sessions: on ours as on the original.

Anna sends, bert receives. What may differ stands in docs/design/differences.md.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from scapy.layers.inet import TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from etherloom.model.access_list import AccessRule
from tests.support import frames
from tests.support.access_list import set_access_list
from tests.support.frames import Ends, Make
from tests.support.peers import Account, Kind
from tests.support.traffic import Station
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_KINDS = pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
_DROP = AccessRule(0, 0, discard=True)
_PASS = AccessRule(0, 0)
_ALL4 = IPv4Address("255.255.255.255")
_ALL6 = IPv6Address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
_ANY6 = IPv6Address(0)
_SIX = replace(_DROP, source_address=_ANY6, source_mask=_ANY6, target_address=_ANY6, target_mask=_ANY6)
# The addresses that world.station gives anna and bert.
_ANNA4, _BERT4 = IPv4Address("10.88.0.11"), IPv4Address("10.88.0.12")
_ANNA6, _BERT6 = IPv6Address("fd58::11"), IPv6Address("fd58::12")
_MAC, _OTHER_MAC = bytes.fromhex("020000000a01"), bytes.fromhex("020000000a02")
_NET24 = IPv4Address("255.255.255.0")


def _syn6(ends: Ends, mark: bytes) -> Packet:
    frame = frames.syn_ack6(ends, mark)
    frame[TCP].flags = "S"
    return frame


def _with_port(field: str, port: int, make: Make) -> Make:
    def build(ends: Ends, mark: bytes) -> Packet:
        frame = make(ends, mark)
        setattr(frame.getlayer("UDP"), field, port)
        return frame

    return build


_from_mac = frames.from_mac(_MAC.hex(":"), frames.other)
_from_other_mac = frames.from_mac(_OTHER_MAC.hex(":"), frames.other)


def _to_mac(ends: Ends, mark: bytes) -> Packet:
    """To a group, so that it is carried although nobody has the address."""
    frame = frames.other(ends, mark)
    frame[Ether].dst = "03:00:00:00:0a:01"
    return frame


@dataclass(frozen=True)
class Case:
    """Rules in order, and what of anna's frames passes. `behind` passes in any case."""

    name: str
    rules: tuple[AccessRule, ...]
    expected: tuple[tuple[Make, bool], ...]
    behind: Make = frames.arp

    def __str__(self) -> str:
        return self.name


_CASES = (
    Case("no rules", (), ((frames.udp, True), (frames.other, True))),
    Case("discard all", (_DROP,), ((frames.udp, False), (frames.udp6, False), (frames.other, False))),
    Case("inactive", (replace(_DROP, active=False),), ((frames.udp, True),)),
    Case("IPv6 without a condition", (_SIX,), ((frames.udp, False), (frames.other, False))),
    Case(
        "the first match decides",
        (replace(_PASS, protocol=17), _DROP),
        ((frames.udp, True), (frames.syn, False)),
    ),
    Case(
        "priority before place",
        (replace(_DROP, priority=9), replace(_PASS, priority=5, protocol=17)),
        ((frames.udp, True), (frames.syn, False)),
    ),
    Case(
        "pass before discard",
        (replace(_DROP, priority=7), replace(_PASS, priority=7, protocol=17)),
        ((frames.udp, True), (frames.syn, False)),
    ),
    Case(
        "source address",
        (replace(_DROP, source_address=_ANNA4, source_mask=_ALL4),),
        ((frames.udp, False), (frames.from_address("10.88.0.99", frames.udp), True), (frames.udp6, True)),
    ),
    Case(
        "source network",
        (replace(_DROP, source_address=IPv4Address("10.88.7.1"), source_mask=_NET24),),
        ((frames.udp, True), (frames.from_address("10.88.7.9", frames.udp), False)),
    ),
    Case(
        "target address",
        (replace(_DROP, target_address=_BERT4, target_mask=_ALL4),),
        ((frames.udp, False), (frames.broadcast, True), (frames.other, True)),
    ),
    Case(
        "IPv6 source",
        (replace(_SIX, source_address=_ANNA6, source_mask=_ALL6),),
        ((frames.udp6, False), (frames.udp, True)),
    ),
    Case(
        "IPv6 target network",
        (replace(_SIX, target_address=_BERT6, target_mask=IPv6Address("ffff:ffff:ffff:ffff::")),),
        ((frames.udp6, False), (frames.udp, True), (frames.other, True)),
    ),
    Case(
        "protocol",
        (replace(_DROP, protocol=17),),
        ((frames.udp, False), (frames.syn, True), (frames.udp6, True)),
    ),
    Case(
        "IPv6 protocol",
        (replace(_SIX, protocol=17),),
        ((frames.udp6, False), (_syn6, True), (frames.udp, True)),
    ),
    Case(
        "source ports",
        (replace(_DROP, source_port_first=4_000, source_port_last=4_010),),
        (
            (frames.udp, False),
            (frames.syn, False),
            (_with_port("sport", 3_999, frames.udp), True),
            (_with_port("sport", 4_010, frames.udp), False),
            (_with_port("sport", 4_011, frames.udp), True),
            (frames.udp6, True),
            (frames.ospf, True),
        ),
    ),
    Case(
        "target port",
        (replace(_DROP, target_port_first=4_001, target_port_last=4_001),),
        ((frames.udp, False), (_with_port("dport", 4_002, frames.udp), True), (frames.syn, True)),
    ),
    Case(
        "begun connections",
        (replace(_DROP, check_tcp_state=True, established=True),),
        ((frames.syn, True), (frames.syn_ack, False), (frames.udp, True)),
    ),
    Case(
        "new connections",
        (replace(_DROP, check_tcp_state=True),),
        ((frames.syn, False), (frames.syn_ack, True), (frames.udp, True)),
    ),
    Case(
        "source MAC",
        (replace(_DROP, check_source_mac=True, source_mac=_MAC, source_mac_mask=b"\xff" * 6),),
        ((_from_mac, False), (_from_other_mac, True), (frames.other, True)),
    ),
    Case(
        "source MAC with a mask",
        (replace(_DROP, check_source_mac=True, source_mac=_MAC, source_mac_mask=b"\xff" * 5 + b"\0"),),
        ((_from_mac, False), (_from_other_mac, False), (frames.other, True)),
    ),
    Case(
        "target MAC",
        (
            replace(
                _DROP,
                check_target_mac=True,
                target_mac=bytes.fromhex("030000000a01"),
                target_mac_mask=b"\xff" * 6,
            ),
        ),
        ((_to_mac, False), (frames.other, True)),
    ),
    Case("source user", (replace(_DROP, source_user="anna"),), ((frames.udp, False), (frames.other, False))),
    Case("source user, other case", (replace(_DROP, source_user="ANNA"),), ((frames.udp, False),)),
    Case("another source user", (replace(_DROP, source_user="bert"),), ((frames.udp, True),)),
    Case(
        "target user",
        (replace(_DROP, target_user="bert", protocol=17),),
        ((frames.udp, False), (frames.syn, True)),
    ),
    Case("another target user", (replace(_DROP, target_user="anna"),), ((frames.udp, True),)),
    Case("flooded to a target user", (replace(_DROP, target_user="bert"),), ((frames.broadcast, False),)),
    Case(
        "behind a target user",
        (replace(_PASS, target_user="anna"), replace(_DROP, source_user="anna", protocol=17)),
        ((frames.udp, False), (frames.syn, True)),
    ),
    Case(
        "an inactive target user divides the list",
        (replace(_DROP, target_user="bert", active=False), replace(_DROP, protocol=17)),
        ((frames.udp, False), (frames.syn, True)),
    ),
    Case(
        "passed where it came in",
        (replace(_PASS, protocol=17), replace(_DROP, target_user="bert")),
        ((frames.udp, True), (frames.syn, False)),
    ),
    Case("all of it lost", (replace(_PASS, loss=100),), ((frames.udp, False), (frames.other, False))),
)


@contextmanager
def _meeting(world: World, kind: Kind) -> Iterator[tuple[str, Station, Station]]:
    """A hub with both stations on it, that knows where each is."""
    with world.hub(kind) as hub:
        anna, bert = world.connect(kind, Kind.OURS, hub, Account("", "", ""))
        for ends in (Ends(anna, bert), Ends(bert, anna)):
            assert frames.passes(ends, frames.other, frames.arp)
        yield hub, anna, bert


@_KINDS
def test_frames_pass_as_the_rules_say(world: World, kind: Kind) -> None:
    """All cases on one pair of sessions: a change of rules reaches those that run."""
    wrong = []
    with _meeting(world, kind) as (hub, anna, bert):
        for case in _CASES:
            set_access_list(world, kind, hub, case.rules)
            found = [frames.passes(Ends(anna, bert), make, case.behind) for make, _ in case.expected]
            if found != [expected for _, expected in case.expected]:
                wrong.append(f"{case}: {found}")
    assert not wrong


@_KINDS
def test_arp_is_judged_on_request(world: World, kind: Kind) -> None:
    rule = replace(_DROP, source_address=_ANNA4, source_mask=_ALL4)
    with _meeting(world, kind) as (hub, anna, bert):
        set_access_list(world, kind, hub, [rule])
        assert frames.passes(Ends(anna, bert), frames.arp, frames.other)
        world.server(kind).set_options(hub, ApplyIPv4AccessListOnArpPacket=1)
        assert not frames.passes(Ends(anna, bert), frames.arp, frames.other)


@_KINDS
def test_delay_keeps_frames_back(world: World, kind: Kind) -> None:
    """Each by its own delay, so that they may change places; none sooner or later than jitter allows."""
    with _meeting(world, kind) as (hub, anna, bert):
        set_access_list(world, kind, hub, [replace(_PASS, protocol=17, delay=300, jitter=50)])
        spans = []
        for _ in range(12):
            with frames.watching(bert) as watch:
                begin = time.monotonic()
                assert watch.wait(frames.send(Ends(anna, bert), frames.udp)) is not None
                spans.append(time.monotonic() - begin)
        assert min(spans) > 0.14
        assert max(spans) - min(spans) > 0.03
        # The way itself takes some time on a machine that is busy.
        assert sorted(spans)[len(spans) // 2] < 0.65


@_KINDS
def test_some_frames_get_lost(world: World, kind: Kind) -> None:
    with _meeting(world, kind) as (hub, anna, bert):
        set_access_list(world, kind, hub, [replace(_PASS, protocol=17, loss=50)])
        ends = Ends(anna, bert)
        with frames.watching(bert) as watch:
            marks = [frames.send(ends, frames.udp) for _ in range(200)]
            assert watch.wait(frames.send(ends, frames.arp)) is not None
            come = sum(watch.find(mark) is not None for mark in marks)
        assert 60 < come < 140


@_KINDS
def test_browsers_are_sent_elsewhere(world: World, kind: Kind) -> None:
    url = "http://redir.example/?i=<INFO>|secret"
    with _meeting(world, kind) as (hub, anna, bert):
        rule = replace(_DROP, protocol=6, target_port_first=80, target_port_last=80, redirect_url=url)
        # What begins a connection passes, so that there is something to redirect.
        begin = replace(_PASS, check_tcp_state=True)
        set_access_list(world, kind, hub, [begin, replace(rule, discard=False)])
        with bert.namespace.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.bind((bert.v4, 80))
            listener.listen()
            answer = wait_until(lambda: _ask(anna, bert.v4), 20, "an answer")
    head, _, _ = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 302 Found"
    [location] = [line for line in lines if line.startswith("Location: ")]
    prefix, told = location.split("?i=")
    assert prefix == "Location: http://redir.example/"
    user, session, address, moment, digest = told.split("|")
    assert (user, session.startswith("SID-ANNA-")) == ("anna", True)
    assert address.startswith("10.")
    assert len(moment) == 14
    assert len(digest) == 40


def _ask(station: Station, address: str) -> bytes:
    with station.namespace.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        stream.settimeout(5)
        stream.connect((address, 80))
        stream.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return stream.recv(4_096)
