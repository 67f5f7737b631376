"""What a server grants: the reference's rules, and what holds for all wishes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etherloom.handshake.messages import SessionWishes
from etherloom.handshake.negotiation import Manner, negotiate, session_policy
from etherloom.model.policy import DEFAULT_POLICY, Policy

PLAIN = SessionWishes(max_connection=1, qos=False)
wishes_of_any_kind = st.builds(SessionWishes, st.integers(0, 2**32 - 1), *(st.booleans() for _ in range(7)))
policies = st.builds(
    Policy, max_connection=st.integers(0, 100), time_out=st.integers(0, 2**32 - 1), no_qos=st.booleans()
)


@pytest.mark.parametrize(
    ("wish", "qos", "half", "limit", "expected"),
    [
        (1, False, False, 32, 1),
        (0, False, False, 32, 1),  # an absent wish
        (100, False, False, 32, 32),  # live
        (8, False, False, 4, 4),
        (8, False, False, 0, 8),
        (1, True, False, 32, 2),
        (1, False, True, 32, 1),  # granted as full duplex
        (2, False, True, 32, 2),
        (1, True, True, 32, 4),  # live
        (8, True, False, 1, 2),
    ],
)
def test_connections(wish: int, qos: bool, half: bool, limit: int, expected: int) -> None:
    wishes = SessionWishes(max_connection=wish, qos=qos, half_connection=half)
    assert negotiate(wishes, replace(DEFAULT_POLICY, max_connection=limit)).max_connection == expected


@pytest.mark.parametrize(("wish", "qos", "granted"), [(1, False, False), (1, True, True), (2, False, True)])
def test_half_duplex_takes_more_than_one_connection(wish: int, qos: bool, granted: bool) -> None:
    wishes = SessionWishes(max_connection=wish, qos=qos, half_connection=True)
    assert negotiate(wishes, DEFAULT_POLICY).half_connection is granted


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(20, 20_000), (0, 20_000), (1, 5_000), (5, 5_000), (60, 60_000), (3_600, 60_000)],
)
def test_the_time_out(seconds: int, expected: int) -> None:
    assert negotiate(PLAIN, replace(DEFAULT_POLICY, time_out=seconds)).timeout_ms == expected


def test_qos_can_be_denied_in_three_ways() -> None:
    wishes = SessionWishes(qos=True)
    assert negotiate(wishes, DEFAULT_POLICY).qos
    assert not negotiate(wishes, replace(DEFAULT_POLICY, no_qos=True)).qos
    assert not negotiate(wishes, DEFAULT_POLICY, deny_qos=True).qos
    assert not negotiate(replace(wishes, monitor_mode=True), DEFAULT_POLICY).qos


def test_encryption_can_be_required() -> None:
    wishes = replace(PLAIN, use_encrypt=False)
    assert not negotiate(wishes, DEFAULT_POLICY).use_encrypt
    assert negotiate(wishes, DEFAULT_POLICY, require_encryption=True).use_encrypt


@pytest.mark.parametrize(
    ("asked", "allowed", "agreed"), [(0, True, 0), (1, True, 1), (7, True, 1), (1, False, 0)]
)
def test_super_frames_as_far_as_both_ends_know_them(asked: int, allowed: bool, agreed: int) -> None:
    wishes = replace(PLAIN, super_frames=asked)
    assert negotiate(wishes, DEFAULT_POLICY, super_frames=allowed).super_frames == agreed


def test_super_frames_only_inside_tls_and_never_compressed() -> None:
    wishes = replace(PLAIN, super_frames=1)
    assert not negotiate(replace(wishes, use_compress=True), DEFAULT_POLICY).super_frames
    assert not negotiate(replace(wishes, use_encrypt=False), DEFAULT_POLICY).super_frames
    moved_into_tls = negotiate(replace(wishes, use_encrypt=False), DEFAULT_POLICY, require_encryption=True)
    assert moved_into_tls.super_frames == 1


@given(wishes_of_any_kind, policies, st.booleans(), st.booleans())
def test_whatever_is_wished_the_grant_is_sane(
    wishes: SessionWishes, policy: Policy, required: bool, denied: bool
) -> None:
    modes = negotiate(wishes, policy, require_encryption=required, deny_qos=denied)
    assert 1 <= modes.max_connection <= 32
    assert 5_000 <= modes.timeout_ms <= 60_000
    assert modes.max_connection >= (2 if modes.qos else 1) * (2 if modes.half_connection else 1)
    assert modes.use_encrypt == (wishes.use_encrypt or required)
    assert modes.use_compress == wishes.use_compress


@pytest.mark.parametrize(
    ("bridge", "same_machine", "expected"),
    [(False, False, (True, True)), (True, False, (False, True)), (False, True, (False, False))],
)
def test_who_may_bridge(bridge: bool, same_machine: bool, expected: tuple[bool, bool]) -> None:
    policy = replace(DEFAULT_POLICY, no_routing=True)
    effective = session_policy(policy, Manner(bridge_mode=bridge, same_machine=same_machine))
    assert (effective.no_bridge, effective.no_routing) == expected
