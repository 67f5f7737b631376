"""The first packet of a program: a wish, or refused."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etherloom.model.errors import Refusal
from etherloom.model.program import USUAL_QUEUE_FRAMES
from etherloom.rpc.ports import Wish, read_wish

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_a_wish_says_the_hub_and_what_else_it_likes() -> None:
    assert read_wish(b'{"hub": "LAB"}') == Wish("LAB", "program", USUAL_QUEUE_FRAMES, False)
    packet = b'{"hub": "LAB", "name": "x", "queue_frames": 7, "monitor": true, "later": 1}'
    assert read_wish(packet) == Wish("LAB", "x", 7, True)


@given(st.binary(max_size=1_601))
def test_any_bytes_are_a_wish_or_refused(packet: bytes) -> None:
    with pytest.raises(Refusal):
        read_wish(packet)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["hub", "name", "queue_frames", "monitor"]), VALUES))
def test_any_members_are_a_wish_or_refused(members: dict[str, object]) -> None:
    try:
        wish = read_wish(json.dumps(members).encode())
    except Refusal:
        return
    assert wish.hub == members["hub"]
    assert (type(wish.hub), type(wish.name), type(wish.monitor)) == (str, str, bool)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(Refusal):
        read_wish(b"[" * 1_601)
