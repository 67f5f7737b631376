"""Each item of a security policy that concerns frames, on real sessions: on ours as on the original.

What may differ stands in docs/design/differences.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.support import frames
from tests.support.frames import Ends, Make
from tests.support.peers import Account, Kind
from tests.support.traffic import Station, wait_ping
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_ANNA, _BERT = World.SEATS


@dataclass(frozen=True)
class Case:
    """Policies of the two users, and what passes one way and the other. `behind` passes in any case."""

    name: str
    anna: Mapping[str, int] = field(default_factory=dict)
    bert: Mapping[str, int] = field(default_factory=dict)
    there: tuple[tuple[Make, bool], ...] = ()
    back: tuple[tuple[Make, bool], ...] = ()
    behind: Make = frames.udp

    def __str__(self) -> str:
        return self.name


def _stations(which: int) -> tuple[tuple[Make, bool], ...]:
    """Four more behind a port that may have three in all."""
    macs = [f"02:00:00:00:{which:02x}:{number:02x}" for number in range(4)]
    return tuple((frames.from_mac(mac, frames.other), index < 2) for index, mac in enumerate(macs))


_CASES = (
    Case("nothing set", there=((frames.udp, True), (frames.other, True), (frames.dhcp_answer, True))),
    Case(
        "DHCPFilter",
        {"DHCPFilter": 1},
        there=((frames.dhcp_question, False), (frames.dhcp_answer, False), (frames.udp, True)),
        back=((frames.dhcp_question, False), (frames.dhcp_answer, False), (frames.dhcpv6_answer, True)),
    ),
    Case(
        "DHCPNoServer",
        {"DHCPNoServer": 1},
        there=((frames.dhcp_question, True), (frames.dhcp_answer, False)),
        back=((frames.dhcp_answer, True),),
    ),
    Case(
        "DHCPForce",
        {"DHCPForce": 1},
        there=((frames.udp, False), (frames.arp, False), (frames.udp6, True)),
        back=((frames.udp, True),),
        behind=frames.other,
    ),
    Case(
        "ArpDhcpOnly",
        {"ArpDhcpOnly": 1},
        there=((frames.broadcast, False), (frames.arp, True), (frames.udp, True), (frames.other, True)),
        back=((frames.broadcast, False), (frames.arp, True), (frames.udp, True)),
    ),
    Case("PrivacyFilter of one", {"PrivacyFilter": 1}, there=((frames.udp, True), (frames.broadcast, True))),
    Case(
        "NoServer",
        {"NoServer": 1},
        there=((frames.syn_ack, False), (frames.syn, True), (frames.syn_ack6, True)),
        back=((frames.syn_ack, True),),
    ),
    Case(
        "NoServerV6",
        {"NoServerV6": 1},
        there=((frames.syn_ack6, False), (frames.syn_ack, True)),
        back=((frames.syn_ack6, True),),
    ),
    Case(
        "RSandRAFilter",
        {"RSandRAFilter": 1},
        there=((frames.router_question, False), (frames.router_answer, False), (frames.udp6, True)),
        back=((frames.router_question, False), (frames.router_answer, False)),
    ),
    Case(
        "RAFilter",
        {"RAFilter": 1},
        there=((frames.router_question, True), (frames.router_answer, False)),
        back=((frames.router_answer, True),),
    ),
    Case(
        "DHCPv6Filter",
        {"DHCPv6Filter": 1},
        there=((frames.dhcpv6_question, False), (frames.dhcpv6_answer, False), (frames.dhcp_answer, True)),
        back=((frames.dhcpv6_answer, False),),
    ),
    Case(
        "DHCPv6NoServer",
        {"DHCPv6NoServer": 1},
        there=((frames.dhcpv6_question, True), (frames.dhcpv6_answer, False)),
        back=((frames.dhcpv6_answer, True),),
    ),
    Case(
        "FilterIPv4",
        {"FilterIPv4": 1},
        there=((frames.udp, False), (frames.arp, False), (frames.other, True)),
        back=((frames.udp, False), (frames.arp_answer, False)),
        behind=frames.udp6,
    ),
    Case(
        "FilterIPv6",
        {"FilterIPv6": 1},
        there=((frames.udp6, False), (frames.other, True)),
        back=((frames.udp6, False),),
    ),
    Case(
        "FilterNonIP",
        {"FilterNonIP": 1},
        there=((frames.other, False), (frames.udp6, True), (frames.arp, True)),
        back=((frames.other, False),),
    ),
    Case(
        "NoBridge",
        {"NoBridge": 1},
        there=_stations(1),
    ),
    Case(
        "MaxMac below the floor",
        {"MaxMac": 1},
        there=_stations(2),
    ),
    Case(
        "MonitorPort without a wish for it",
        {"MonitorPort": 1},
        there=((frames.udp, True),),
    ),
)


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
@pytest.mark.parametrize("case", _CASES, ids=str)
def test_frames_pass_as_the_policy_says(world: World, kind: Kind, case: Case) -> None:
    with world.hub(kind) as hub:
        anna, bert = _meet(world, kind, hub, case)
        for sender, receiver, expected in ((anna, bert, case.there), (bert, anna, case.back)):
            ends = Ends(sender, receiver)
            found = [frames.passes(ends, make, case.behind) for make, _ in expected]
            assert found == [passes for _, passes in expected]


def _meet(world: World, kind: Kind, hub: str, case: Case) -> tuple[Station, Station]:
    server = world.server(kind)
    for user, items in ((_ANNA, case.anna), (_BERT, case.bert)):
        if items:
            server.set_policy(hub, user, **items)
    anna, bert = world.connect(kind, Kind.OURS, hub, Account("", "", ""))
    # Each side's station is known to the hub before anything is judged by where it goes.
    for ends in (Ends(anna, bert), Ends(bert, anna)):
        assert frames.passes(ends, case.behind, case.behind)
    return anna, bert


def test_addresses_are_counted(world: World) -> None:
    """The station's own ones count as well."""
    limit = 6
    made = [frames.from_address(f"10.88.0.{number}", frames.udp) for number in range(200, 200 + limit)]
    passed = {}
    for kind in Kind:
        case = Case("MaxIP", {"MaxIP": limit})
        with world.hub(kind) as hub:
            anna, bert = _meet(world, kind, hub, case)
            passed[kind] = [frames.passes(Ends(anna, bert), make, case.behind) for make in made]
    assert passed[Kind.STOCK] == passed[Kind.OURS]
    assert passed[Kind.OURS] == sorted(passed[Kind.OURS], reverse=True)
    assert 0 < sum(passed[Kind.OURS]) < limit


def test_private_ports_are_apart(world: World) -> None:
    for kind in Kind:
        with world.hub(kind) as hub:
            server = world.server(kind)
            for user in World.SEATS:
                server.set_policy(hub, user, PrivacyFilter=1)
            anna, bert = world.connect(kind, Kind.OURS, hub, Account("", "", ""))
            ends = Ends(anna, bert)
            server.set_options(hub, DropBroadcastsInPrivacyFilterMode=0, DropArpInPrivacyFilterMode=0)
            assert frames.arrived(ends, frames.broadcast) is not None, kind
            assert frames.arrived(ends, frames.arp_answer) is not None, kind
            assert not frames.passes(ends, frames.udp, frames.broadcast), kind
            server.set_options(hub, DropBroadcastsInPrivacyFilterMode=1)
            assert not frames.passes(ends, frames.broadcast, frames.arp), kind


def test_a_vlan_is_a_hub_of_its_own(world: World) -> None:
    for kind in Kind:
        with world.hub(kind) as hub:
            world.server(kind).set_policy(hub, _ANNA, VLanId=5)
            anna, bert = world.connect(kind, Kind.OURS, hub, Account("", "", ""))
            there, back = Ends(anna, bert), Ends(bert, anna)
            arrived = frames.arrived(there, frames.broadcast)
            assert arrived is not None, kind
            assert arrived[12:18] == b"\x81\0\0\x05\x08\0", kind
            stripped = frames.arrived(back, frames.tagged(5, frames.broadcast))
            assert stripped is not None, kind
            assert stripped[12:14] == b"\x08\0", kind
            inside = frames.tagged(5, frames.broadcast)
            assert not frames.passes(back, frames.broadcast, inside), kind
            assert not frames.passes(back, frames.tagged(6, frames.broadcast), inside), kind


def test_router_advertisements_name_no_default_router(world: World) -> None:
    for kind in Kind:
        with world.hub(kind) as hub:
            world.server(kind).set_policy(hub, _BERT, NoIPv6DefaultRouterInRA=1)
            # On by default, and the original obeys it for sessions over IPv4 as well.
            world.server(kind).set_options(hub, NoIPv6DefaultRouterInRAWhenIPv6=0)
            anna, bert = world.connect(kind, Kind.OURS, hub, Account("", "", ""))
            wait_ping(anna, bert.v6)
            arrived = frames.arrived(Ends(anna, bert), frames.router_answer)
            assert arrived is not None, kind
            assert arrived[54 + 6 : 54 + 8] == b"\0\0", kind
            back = frames.arrived(Ends(bert, anna), frames.router_answer)
            assert back is not None, kind
            assert back[54 + 6 : 54 + 8] == (1_800).to_bytes(2), kind


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
@pytest.mark.parametrize(
    ("option", "refused", "behind"),
    [
        ("FilterPPPoE", frames.pppoe, frames.udp),
        ("FilterOSPF", frames.ospf, frames.udp),
        ("FilterIPv4", frames.udp, frames.udp6),
        ("FilterIPv6", frames.udp6, frames.udp),
        ("FilterNonIP", frames.other, frames.udp),
        ("FilterBPDU", frames.spanning_tree, frames.udp),
    ],
)
def test_what_a_hub_carries_for_nobody(
    world: World, kind: Kind, option: str, refused: Make, behind: Make
) -> None:
    with world.hub(kind) as hub:
        anna, bert = world.connect(kind, Kind.OURS, hub, Account("", "", ""))
        ends = Ends(anna, bert)
        assert frames.passes(Ends(bert, anna), behind, behind)
        assert frames.passes(ends, refused, behind)
        world.server(kind).set_options(hub, **{option: 1})
        assert not frames.passes(ends, refused, behind)


def test_a_change_reaches_running_sessions(world: World) -> None:
    """The original keeps what a session began with."""
    with world.hub(Kind.OURS) as hub:
        anna, bert = world.connect(Kind.OURS, Kind.OURS, hub, Account("", "", ""))
        ends = Ends(anna, bert)
        assert frames.passes(Ends(bert, anna), frames.udp, frames.udp)
        assert frames.passes(ends, frames.other, frames.udp)
        world.server(Kind.OURS).set_policy(hub, _ANNA, FilterNonIP=1)
        assert not frames.passes(ends, frames.other, frames.udp)
        world.server(Kind.OURS).set_policy(hub, _ANNA, FilterNonIP=0)
        assert frames.passes(ends, frames.other, frames.udp)
