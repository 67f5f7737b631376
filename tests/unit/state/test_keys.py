"""Keys: one place a name, however it is typed, and no name can reach into another's place."""

from hypothesis import given
from hypothesis import strategies as st

from etherloom.model.names import fold
from etherloom.state import keys
from etherloom.state.documents import find_kind


def test_keys_are_the_agreed_ones() -> None:
    assert keys.hub_key("LAB") == "hub/lab"
    assert keys.user_key("LAB", "Alice") == "hub/lab/user/alice"
    assert keys.password_key("LAB", "Alice") == "hub/lab/user/alice/password"
    assert keys.administrator_key("LAB") == "hub/lab/administrator"
    assert keys.administrator_key() == "server/administrator"
    assert keys.listener_key(443) == "listener/443"
    assert keys.bridge_key("LAB", "tap0") == "bridge/lab/tap0"


def test_names_with_signs_of_their_own_stay_one_segment() -> None:
    assert keys.hub_key("a/b %") == "hub/a%2Fb%20%25"
    assert keys.user_key("LAB", "*") == "hub/lab/user/%2A"


@given(st.text(min_size=1), st.text(min_size=1))
def test_keys_differ_exactly_where_folded_names_do(one: str, other: str) -> None:
    assert (keys.hub_key(one) == keys.hub_key(other)) == (fold(one) == fold(other))
    assert (keys.user_key("h", one) == keys.user_key("h", other)) == (fold(one) == fold(other))


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_kind_is_found_for_every_name(hub: str, user: str) -> None:
    expected = {
        keys.hub_key(hub): "hub",
        keys.user_key(hub, user): "user",
        keys.password_key(hub, user): "password",
        keys.administrator_key(hub): "hub administrator",
        keys.bridge_key(hub, user): "bridge",
    }
    for key, name in expected.items():
        kind = find_kind(key)
        assert kind is not None
        assert kind.name == name


def test_other_places_hold_nothing() -> None:
    for key in ("", "hub", "hub/", "hub//user/x", "hub/x/user/", "server/other", "hub/x/user/y/password/z"):
        assert find_kind(key) is None
