"""The hub against a slow one that was written from the facts alone, over random histories.

Each step does the same to both: ports come and go, rules change, frames come, time passes. After each step
both have said the same about where the frame goes and in what form, both know the same stations and
addresses, and both have told people the same.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.support.random_frames import IPV4, IPV6, MACS, frames
from tests.support.reference_access import ReferenceList
from tests.support.reference_hub import ReferenceHub
from tests.support.reference_rules import HUB_BITS, KINDS, POLICY_BITS, AccessRule, HubSetting, PortSetting
from tests.support.switch_program import SwitchProgram
from tests.support.tools import compiled

STEPS = 100

_ports = st.integers(0, 5)
_few_items = st.frozensets(st.sampled_from(POLICY_BITS), max_size=4)
_limits = st.sampled_from([0, 0, 1, 4, 6])
_rates = st.sampled_from([0, 0, 0, 1, 100_000, 4_000_000_000])
_settings = st.builds(
    PortSetting,
    kind=st.sampled_from(KINDS),
    monitor=st.sampled_from([False] * 6 + [True]),
    over_ipv6=st.booleans(),
    user=st.integers(0, 2),
    policy=_few_items.map(lambda items: items | {"no_broadcast_limiter"}) | _few_items,
    max_mac=_limits,
    max_ip=_limits,
    max_ipv6=_limits,
    max_upload=_rates,
    max_download=_rates,
    vlan=st.sampled_from([0, 0, 0, 5, 6]),
)
_options = st.frozensets(st.sampled_from(sorted(set(HUB_BITS) - {"no_loop_detection"})), max_size=4)
_hubs = st.builds(
    HubSetting,
    options=_options
    | _options.map(lambda options: options - {"filter_ipv4", "no_ip_table", "no_ip_parsing"}),
    mac_entries=st.sampled_from([0, 3, 5, 60_000, 60_000]),
    ip_entries=st.sampled_from([0, 3, 5, 60_000, 60_000]),
    mac_age_ms=st.sampled_from([3_000, 600_000]),
    ip_age_ms=st.sampled_from([3_000, 60_000]),
    dhcp_age_ms=st.sampled_from([2_000, 300_000]),
    vlan_type=st.sampled_from([0x8100, 0x8100, 0x88A8]),
    storm_threshold=st.sampled_from([0, 2, 8, 32]),
    dormant_ms=st.sampled_from([0, 0, 5_000]),
)
_blocks = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(IPV4), st.sampled_from([0, 8, 31, 32])),
    st.tuples(st.sampled_from(IPV6), st.sampled_from([0, 10, 127, 128])),
)
_users = st.sampled_from([0, 0, 0, 1, 2])


@st.composite
def _rules(draw: st.DrawFn) -> AccessRule:
    ipv6 = draw(st.booleans())
    version = 6 if ipv6 else 4
    own = _blocks.filter(lambda block: block is None or block[0].version == version)
    return AccessRule(
        priority=draw(st.integers(1, 3)),
        discard=draw(st.booleans()),
        active=draw(st.sampled_from([True, True, True, False])),
        ipv6=ipv6,
        delayed=draw(st.sampled_from([False, False, True])),
        source=draw(own),
        target=draw(own),
        protocol=draw(st.sampled_from([0, 0, 6, 17, 58])),
        source_user=draw(_users),
        target_user=draw(_users),
        target_ports=draw(st.sampled_from([None, None, (67, 80), (80, 80)])),
    )


_pauses = st.sampled_from([0, 1, 10, 100, 499, 500, 501, 999, 1_000, 1_001, 13_000, 14_000, 14_001, 61_000])


class SwitchAgainstReference(RuleBasedStateMachine):
    """Both hubs, always in the same state."""

    program: SwitchProgram
    transitions = 0

    def __init__(self) -> None:
        super().__init__()
        self.slow = ReferenceHub()
        self.program.begin_anew()
        self.program.set_rules(HubSetting())
        for port in range(3):
            self.attach(port, PortSetting())

    @rule(port=_ports, rules=_settings)
    def attach(self, port: int, rules: PortSetting) -> None:
        assert self.program.attach(port, rules) == self.slow.attach(port, rules)

    @rule(port=_ports, rules=_settings)
    def change_port(self, port: int, rules: PortSetting) -> None:
        self.program.set_port_rules(port, rules)
        self.slow.set_port_rules(port, rules)

    @rule(port=_ports)
    def detach(self, port: int) -> None:
        assert self.program.detach(port) == self.slow.detach(port)

    @rule(rules=_hubs)
    def change_hub(self, rules: HubSetting) -> None:
        self.program.set_rules(rules)
        self.slow.rules = rules

    @rule(rules=st.lists(_rules(), max_size=6))
    def change_access_list(self, rules: list[AccessRule]) -> None:
        self.program.set_access_list(rules)
        self.slow.access_list = ReferenceList(rules)

    @rule(port=_ports, frame=frames(), copies=st.sampled_from([1, 1, 1, 1, 1, 12]))
    def put_frame(self, port: int, frame: bytes, copies: int) -> None:
        for _ in range(copies):
            self._put(port, frame, again=False)

    @rule(port=_ports, frames=st.lists(frames(), max_size=8))
    def put_frames(self, port: int, frames: list[bytes]) -> None:
        for frame in frames:
            self._put(port, frame, again=False)

    @rule(port=_ports, frame=frames())
    def put_delayed_frame(self, port: int, frame: bytes) -> None:
        self._put(port, frame, again=True)

    @rule(pause=_pauses)
    def let_time_pass(self, pause: int) -> None:
        self.program.let_pass(pause)
        self.slow.now += pause

    @rule(mac=st.sampled_from(MACS), vlan=st.sampled_from([0, 5]))
    def remove_station(self, mac: bytes, vlan: int) -> None:
        was_there = self.slow.stations.known.pop((mac, vlan), None) is not None
        assert self.program.remove_station(mac, vlan) == was_there

    @rule(address=st.sampled_from([*IPV4, *IPV6]), vlan=st.sampled_from([0, 5]))
    def remove_address(self, address: Any, vlan: int) -> None:
        was_there = self.slow.addresses.known.pop((address, vlan), None) is not None
        assert self.program.remove_address(address, vlan) == was_there

    def _put(self, port: int, frame: bytes, *, again: bool) -> None:
        judged = self.slow.judge(port, frame, again=again)
        expected = [judged.verdict]
        expected += [f"{target}:{form}" for target, form in self.slow.egress(port, judged)]
        assert self.program.frame(port, frame, again=again) == " ".join(expected)

    @invariant()
    def both_know_and_tell_the_same(self) -> None:
        type(self).transitions += 1
        stations = [
            f"{mac.hex(':')}/{vlan} {it.port} {it.created} {it.updated}"
            for (mac, vlan), it in self.slow.stations.known.items()
        ]
        addresses = [
            f"{address}/{vlan} {it.port} {it.mac.hex(':')}/0 {it.by_dhcp:d} {it.created} {it.updated}"
            for (address, vlan), it in self.slow.addresses.known.items()
        ]
        assert self.program.tables() == (sorted(stations), sorted(addresses))
        assert self.program.events() == "".join(self.slow.events)
        self.slow.events.clear()


def _compare(transitions: int) -> None:
    class Comparison(SwitchAgainstReference):
        program = SwitchProgram(compiled("etherloom-switch"))

    run_state_machine_as_test(
        Comparison,
        settings=settings(
            max_examples=2 * transitions // STEPS,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            database=None,
        ),
    )
    Comparison.program.close()
    assert Comparison.transitions >= transitions


def test_both_hubs_agree() -> None:
    _compare(5_000)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_both_hubs_agree_for_long() -> None:
    _compare(100_000)
