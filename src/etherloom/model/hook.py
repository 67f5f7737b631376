"""What a server tells others of: events of log-ins and sessions, and the hooks that wait for them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal


class EventKind(StrEnum):
    """What happened."""

    LOGIN_GRANTED = "login-granted"
    LOGIN_REFUSED = "login-refused"
    SESSION_UP = "session-up"
    SESSION_DOWN = "session-down"


EVERYTHING: Final = tuple(EventKind)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, at a Unix time in milliseconds. What doesn't belong to its kind is empty.

    `code` and `reason`: of a refusal the protocol's number and the log's words; of a session why it ended.
    """

    kind: EventKind
    at_ms: int
    hub: str = ""
    user: str = ""
    session: str = ""
    connection: str = ""
    address: str = ""
    port: int = 0
    host: str = ""
    client: str = ""
    code: int = 0
    reason: str = ""
    duration_ms: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    test: bool = False


@dataclass(frozen=True, slots=True)
class CommandAction:
    """A program is run: its path and its arguments, without a shell."""

    arguments: tuple[str, ...]
    method: Literal["command"] = field(default="command", kw_only=True)


@dataclass(frozen=True, slots=True)
class WebhookAction:
    """A signed POST. `authority`: PEM of who may sign the receiver's certificate; empty: the system's."""

    url: str
    authority: str = ""
    method: Literal["webhook"] = field(default="webhook", kw_only=True)


HookAction = CommandAction | WebhookAction


@dataclass(frozen=True, slots=True)
class Hook:
    """What is done about these kinds of events, of one hub or (empty) of all. The limit is of one attempt."""

    name: str
    action: HookAction
    events: tuple[EventKind, ...] = EVERYTHING
    hub: str = ""
    timeout_ms: int = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class HookSecret:
    """What a webhook's messages are signed with."""

    key: str
