"""Calls about hooks: what is done when somebody logs in or a session comes or goes. For us only."""

from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who


@dataclass(frozen=True, slots=True)
class HookWish:
    """A new hook: either a command with its arguments, or the address of a webhook.

    `events` empty: all. `hub` empty: every hub. `timeout_ms` 0: the usual. `authority`: PEM of who may sign
    the receiver's certificate, instead of the system's. Without `secret` the server makes one.
    """

    name: str = element.text("Name", 63)
    events: tuple[str, ...] = element.texts("Events")
    hub: str = element.text("HubName")
    command: tuple[str, ...] = element.texts("Command")
    url: str = element.text("Url", 2_000)
    authority: str = element.text("Authority", 65_535)
    timeout_ms: int = element.number("TimeoutMs")
    secret: str = element.text("Secret", secret=True)


@dataclass(frozen=True, slots=True)
class HookAdded:
    """A hook that is there now. `secret`: the one that the server made."""

    name: str = element.text("Name", 63)
    secret: str = element.text("Secret", secret=True)


@dataclass(frozen=True, slots=True)
class HookRow:
    """A hook and what became of its events since the server started. `problem`: of the last one.

    `events` with commas between them, `command` as a shell would quote it.
    """

    name: str = element.text("Name", 63)
    events: str = element.text("Events")
    hub: str = element.text("HubName")
    command: str = element.text("Command", 0)
    url: str = element.text("Url", 2_000)
    authority: str = element.text("Authority", 65_535)
    timeout_ms: int = element.number("TimeoutMs")
    delivered: int = element.long("Delivered")
    failed: int = element.long("Failed")
    dropped: int = element.long("Dropped")
    waiting: int = element.number("Waiting")
    problem: str = element.text("Problem", 511)


@dataclass(frozen=True, slots=True)
class HookTable:
    """All hooks."""

    rows: tuple[HookRow, ...] = element.rows(HookRow, "Hooks")


@dataclass(frozen=True, slots=True)
class HookName:
    """One hook."""

    name: str = element.text("Name", 63)


@dataclass(frozen=True, slots=True)
class HookTest:
    """What came of a test; without a `problem` it worked."""

    name: str = element.text("Name", 63)
    problem: str = element.text("Problem", 511)


LIST_HOOKS: Final = Call("Etherloom.ListHooks", Empty, HookTable, Who.SERVER, "All hooks and how they do.")
ADD_HOOK: Final = Call(
    "Etherloom.AddHook",
    HookWish,
    HookAdded,
    Who.SERVER,
    "Adds a hook: a command to run, or a receiver of signed messages, for events of log-ins and sessions.",
    changes=True,
)
DELETE_HOOK: Final = Call(
    "Etherloom.DeleteHook", HookName, HookName, Who.SERVER, "Deletes a hook.", changes=True
)
TEST_HOOK: Final = Call(
    "Etherloom.TestHook",
    HookName,
    HookTest,
    Who.SERVER,
    "Lets a hook do its work once, with a made-up event.",
)

CALLS: Final = (LIST_HOOKS, ADD_HOOK, DELETE_HOOK, TEST_HOOK)
