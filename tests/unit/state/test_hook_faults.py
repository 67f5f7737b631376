"""What a hook may not say is refused, and nothing is changed."""

import pytest

from etherloom.model.errors import Refusal
from etherloom.model.hook import CommandAction, EventKind, Hook, HookAction, HookSecret, WebhookAction
from etherloom.state import keys
from etherloom.state.changes import Delete, Put
from etherloom.state.preparation import prepare
from etherloom.state.snapshot import Snapshot

EMPTY = Snapshot.build(0, {})
RUN = CommandAction(("/bin/true",))


def refusal(hook: Hook) -> str:
    with pytest.raises(Refusal) as caught:
        prepare(EMPTY, [Put(keys.hook_key(hook.name), hook)])
    return caught.value.message


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (CommandAction(()), "absolute path"),
        (CommandAction(("true",)), "absolute path"),
        (CommandAction(("/bin/true", "a\0b")), "null character"),
        (CommandAction(("/bin/true", "x" * 4_096)), "at most 4095"),
        (CommandAction(("/bin/true",) * 65), "at most 64"),
        (WebhookAction("http://example.org/"), "https://"),
        (WebhookAction("ftp://example.org/"), "https://"),
        (WebhookAction("http://localhost/"), "https://"),
        (WebhookAction("https://user:pw@example.org/"), "no password"),
        (WebhookAction("https:///path"), "no address"),
        (WebhookAction("https://example.org:99999/"), "no address"),
        (WebhookAction("https://[::1/"), "no address"),
        (WebhookAction("https://example.org/a b"), "no address"),
        (WebhookAction("https://example.org/\r\nX: y"), "no address"),
        (WebhookAction("https://example.org/" + "x" * 2_000), "at most 2000"),
    ],
)
def test_actions_that_can_not_be(action: HookAction, words: str) -> None:
    assert words in refusal(Hook("x", action))


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "https://[2001:db8::1]:8443/x?y=z", "http://127.0.0.1:80/", "http://[::1]/"],
)
def test_addresses_that_can_be(url: str) -> None:
    prepare(EMPTY, [Put(keys.hook_key("x"), Hook("x", WebhookAction(url)))])


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (Hook("x" * 64, RUN), "can't name a hook"),
        (Hook("a\nb", RUN), "can't name a hook"),
        (Hook(" a", RUN), "can't name a hook"),
        (Hook("x", RUN, events=()), "names the events"),
        (Hook("x", RUN, events=(EventKind.SESSION_UP,) * 2), "names the events"),
        (Hook("x", RUN, timeout_ms=99), "time-out"),
        (Hook("x", RUN, timeout_ms=30_001), "time-out"),
    ],
)
def test_hooks_that_can_not_be(hook: Hook, words: str) -> None:
    assert words in refusal(hook)


def test_a_secret_is_long_enough_and_belongs_to_a_hook() -> None:
    put = Put(keys.hook_key("x"), Hook("x", RUN))
    kept = Put(keys.hook_secret_key("x"), HookSecret("0123456789abcdef"))
    snapshot = prepare(EMPTY, [put, kept]).snapshot
    assert snapshot.hook_secret("X") == kept.record
    assert "0123" not in repr(kept.record)
    with pytest.raises(Refusal, match="no hook 'x'"):
        prepare(EMPTY, [kept])
    for operations in ([kept], [put, Put(keys.hook_secret_key("x"), HookSecret("short"))]):
        with pytest.raises(Refusal):
            prepare(EMPTY, operations)
    with pytest.raises(Refusal, match="can't go alone"):
        prepare(snapshot, [Delete(keys.hook_key("x"))])
