"""Policies as PACK elements."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from etherloom.model.policy import DEFAULT_POLICY, POLICY_ITEMS, Policy
from etherloom.wire.pack import Pack, decode, encode
from etherloom.wire.policy import add_policy, read_policy

_POLICIES = st.builds(
    Policy,
    **{item.field: st.booleans() if item.is_flag else st.integers(0, item.maximum) for item in POLICY_ITEMS},
)


@given(_POLICIES)
def test_reading_undoes_writing(policy: Policy) -> None:
    pack = Pack()
    add_policy(pack, policy)
    assert len(pack) == 39
    assert read_policy(decode(encode(pack))) == policy


def test_no_elements_are_no_policy() -> None:
    pack = Pack()
    pack.add_int("error", 0)
    assert read_policy(pack) is None


def test_missing_items_are_zero() -> None:
    pack = Pack()
    pack.add_bool("policy:Ver3", True)
    pack.add_int("policy:MaxConnection", 8)
    policy = read_policy(pack)
    assert policy == replace(DEFAULT_POLICY, access=False, max_connection=8, time_out=0)


def test_an_old_sender_leaves_the_newer_items_alone() -> None:
    base = replace(DEFAULT_POLICY, vlan_id=7, no_save_password=True, max_mac=9)
    pack = Pack()
    pack.add_bool("policy:Access", True)
    pack.add_int("policy:VLanId", 5)
    policy = read_policy(pack, base)
    assert policy is not None
    assert (policy.vlan_id, policy.no_save_password, policy.max_mac) == (7, True, 0)
