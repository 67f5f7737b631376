"""What a configuration may not say is refused, every fault by name, and nothing is changed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from etherloom.model.bridge import LocalBridge
from etherloom.model.credential import PasswordSecret
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import AdministratorSecret, Hub
from etherloom.model.listener import Listener
from etherloom.model.policy import POLICY_ITEMS, Policy, PolicyItem, bounded, check_policy
from etherloom.model.server import ServerIdentity, ServerSettings
from etherloom.model.user import User
from etherloom.state import keys
from etherloom.state.changes import Delete, DeletePrefix, Operation, Put
from etherloom.state.preparation import prepare
from etherloom.state.snapshot import Snapshot
from tests.support.state import put_hub, put_password, put_user

EMPTY = Snapshot.build(0, {})
BASE = prepare(EMPTY, [put_hub(), put_user("alice"), put_password("alice")]).snapshot


def _refused(*operations: Operation) -> Refusal:
    with pytest.raises(Refusal) as caught:
        prepare(BASE, operations)
    return caught.value


def _user(**fields: object) -> Put:
    return Put(keys.user_key("LAB", "bob"), replace(User("bob"), **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operations", "code", "words"),
    [
        ([put_user("x", "NONE")], ErrorCode.HUB_NOT_FOUND, "no hub 'none'"),
        ([put_password("nobody")], ErrorCode.OBJECT_NOT_FOUND, "no user 'nobody'"),
        (
            [Put(keys.administrator_key("NONE"), AdministratorSecret())],
            ErrorCode.HUB_NOT_FOUND,
            "no hub",
        ),
        ([Put("hub/x/other", Hub("x"))], ErrorCode.INVALID_PARAMETER, "no document can live"),
        ([Put("hub/other", Hub("LAB"))], ErrorCode.INVALID_PARAMETER, "doesn't belong to the key"),
        ([Put("hub/lab/user/x", User("y"))], ErrorCode.INVALID_PARAMETER, "doesn't belong to the key"),
        ([put_hub("a/b")], ErrorCode.INVALID_PARAMETER, "can't name a hub"),
        ([put_user("administrator")], ErrorCode.INVALID_PARAMETER, "reserved"),
        ([_user(group="staff")], ErrorCode.GROUP_NOT_FOUND, "no group 'staff'"),
        ([_user(note="x" * 512)], ErrorCode.INVALID_PARAMETER, "at most 511"),
        ([_user(expires=-1)], ErrorCode.INVALID_PARAMETER, "expires"),
        ([_user(real_name=3)], ErrorCode.INVALID_PARAMETER, "real_name"),
        ([Put("listener/0", Listener(0))], ErrorCode.INVALID_PARAMETER, "a port is 1 to 65535"),
        ([Put("listener/70000", Listener(70_000))], ErrorCode.INVALID_PARAMETER, "a port"),
        (
            [Put("listener/443", Listener(443, unestablished_total=0))],
            ErrorCode.INVALID_PARAMETER,
            "in all",
        ),
        (
            [Put(keys.hub_key("H"), Hub("H", maximum_sessions=-1))],
            ErrorCode.INVALID_PARAMETER,
            "sessions",
        ),
        ([Put(keys.SERVER_SETTINGS, ServerSettings(b"x"))], ErrorCode.INVALID_PARAMETER, "16 bytes"),
        (
            [Put(keys.SERVER_SETTINGS, ServerSettings(bytes(16), ciphers=("RC4",)))],
            ErrorCode.INVALID_PARAMETER,
            "'RC4' is no cipher",
        ),
        (
            [Put(keys.SERVER_SETTINGS, ServerSettings(bytes(16), ciphers=("AES-256-GCM", "AES-256-GCM")))],
            ErrorCode.INVALID_PARAMETER,
            "twice",
        ),
        (
            [Put(keys.SERVER_SETTINGS, ServerSettings(bytes(16), tls_minimum="1.1"))],
            ErrorCode.INVALID_PARAMETER,
            "oldest TLS",
        ),
        ([Put(keys.SERVER_IDENTITY, ServerIdentity((), b""))], ErrorCode.INVALID_PARAMETER, "certificate"),
        (
            [Put(keys.password_key("LAB", "alice"), PasswordSecret(b"short"))],
            ErrorCode.INVALID_PARAMETER,
            "20 bytes",
        ),
        (
            [Put(keys.SERVER_ADMINISTRATOR, AdministratorSecret(b"short"))],
            ErrorCode.INVALID_PARAMETER,
            "20 bytes",
        ),
        (
            [Put(keys.bridge_key("LAB", "a b"), LocalBridge("LAB", "a b"))],
            ErrorCode.INVALID_PARAMETER,
            "network device",
        ),
        (
            [Put(keys.bridge_key("LAB", "t" * 16), LocalBridge("LAB", "t" * 16))],
            ErrorCode.INVALID_PARAMETER,
            "15 bytes",
        ),
        ([Delete(keys.hub_key("LAB"))], ErrorCode.INVALID_PARAMETER, "can't go alone"),
        ([Delete(keys.user_key("LAB", "alice"))], ErrorCode.INVALID_PARAMETER, "can't go alone"),
    ],
)
def test_faults_are_refused(operations: Sequence[Operation], code: ErrorCode, words: str) -> None:
    refusal = _refused(*operations)
    assert refusal.code == code
    assert words in refusal.message


def _policy(item: PolicyItem, value: int) -> Policy:
    fields: dict[str, Any] = {item.field: value}
    return replace(Policy(), **fields)


def _out_of_range(item: PolicyItem) -> list[int]:
    return [item.maximum + 1, item.minimum - 2] + ([] if item.zero_allowed else [0])


@pytest.mark.parametrize("item", [item for item in POLICY_ITEMS if not item.is_flag], ids=lambda i: i.name)
def test_policy_items_have_their_ranges(item: PolicyItem) -> None:
    for value in _out_of_range(item):
        assert [item.name in sentence for sentence in check_policy(_policy(item, value))] == [True]
        acted_on = bounded(_policy(item, value))
        assert not [*check_policy(acted_on)]
        assert acted_on == _policy(item, getattr(acted_on, item.field))
    for value in [item.minimum, item.maximum] + ([0] if item.zero_allowed else []):
        assert not [*check_policy(_policy(item, value))]
        assert bounded(_policy(item, value)) == _policy(item, value)


@pytest.mark.parametrize("item", [item for item in POLICY_ITEMS if not item.is_flag], ids=lambda i: i.name)
def test_a_policy_out_of_its_range_is_kept_as_it_is(item: PolicyItem) -> None:
    prepare(BASE, [_user(policy=_policy(item, 0xFFFF_FFFF))])
    assert item.name in _refused(_user(policy=_policy(item, 0x1_0000_0000))).message
    assert item.name in _refused(_user(policy=_policy(item, -1))).message


def test_all_faults_are_listed() -> None:
    refusal = _refused(
        put_user("x", "NONE"), _user(policy=Policy(max_connection=-1, time_out=-4)), put_hub("a/b")
    )
    for words in ("no hub 'none'", "MaxConnection", "TimeOut", "can't name a hub"):
        assert words in refusal.message


def test_a_flood_of_faults_is_cut() -> None:
    refusal = _refused(*(put_user(f"u{number}", "NONE") for number in range(1_000)))
    assert "and 980 more faults" in refusal.message
    assert len(refusal.message) < 2_000


def test_a_wrong_secret_is_not_told() -> None:
    wrong = PasswordSecret("hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in _refused(Put(keys.password_key("LAB", "alice"), wrong)).message


def test_what_hangs_together_may_come_and_go_in_one_change() -> None:
    prepared = prepare(EMPTY, [put_password("x"), put_user("x"), put_hub()])
    assert prepared.snapshot.password("lab", "X") is not None
    gone = prepare(prepared.snapshot, [DeletePrefix(keys.hub_key("LAB"))]).snapshot
    assert dict(gone.documents()) == {}
    replaced = prepare(prepared.snapshot, [DeletePrefix(keys.hub_key("LAB")), put_hub(), put_user("y")])
    assert [user.name for user in replaced.snapshot.users("LAB")] == ["y"]


def test_a_bridge_may_wait_for_its_hub() -> None:
    bridge = LocalBridge("LATER", "tap0")
    assert prepare(BASE, [Put(keys.bridge_key("LATER", "tap0"), bridge)]).snapshot.bridges() == [bridge]


def test_what_changes_nothing_is_left_out() -> None:
    prepared = prepare(BASE, [put_hub(), put_user("alice"), Delete("hub/none"), DeletePrefix("hub/none")])
    assert prepared.operations == ()
    assert prepared.stored == ()
    assert prepared.snapshot.root is BASE.root
