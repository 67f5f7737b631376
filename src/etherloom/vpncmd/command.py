"""What a command is: a name, parameters, words of help, and what it does with an open administration.

Must not print or read anything itself: commands give parts to show, and the session shows them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Protocol, TypeVar

from etherloom.model.errors import ErrorCode
from etherloom.rpc.catalog.call import Call
from etherloom.rpc.catalog.server import ServerInfo
from etherloom.vpncmd import values
from etherloom.vpncmd.output import Part
from etherloom.vpncmd.values import Check

Request = TypeVar("Request")
Reply = TypeVar("Reply")
Given = Mapping[str, Any]


class Failure(Exception):
    """A command that can't go on: the code it ends with, and a sentence."""

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code: Final = code
        self.sentence: Final = sentence


class Ask(Enum):
    """How a missing parameter is asked for."""

    NEVER = auto()
    OPENLY = auto()
    PASSWORD = auto()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. The first one of a command may be given without its name, if `positional`.

    `about` explains it where there is no prompt.
    """

    name: str
    prompt: str
    check: Check = values.text
    positional: bool = False
    ask: Ask = Ask.OPENLY
    about: str = ""

    @property
    def shown(self) -> str:
        """How help writes it."""
        name = f"[{self.name}]" if self.positional else f"[/{self.name}:value]"
        return name if self.ask is Ask.NEVER or self.positional else name[1:-1]


class Desk(Protocol):
    """An open administration, as commands see it."""

    hub: str

    @property
    def server(self) -> ServerInfo:
        """What the server said of itself."""

    def call(self, call: Call[Request, Reply], request: Request) -> Reply:
        """Make a call. Raises Refusal."""

    def has(self, capability: str) -> bool:
        """Whether the server can do it."""


Work = Callable[[Desk, Given], Iterable[Part] | None]


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `at_hub`: a hub must be selected. `reads`: it changes nothing."""

    name: str
    summary: str
    work: Work
    parameters: tuple[Parameter, ...] = ()
    at_hub: bool = False
    help: str = ""

    @property
    def usage(self) -> str:
        return " ".join([self.name, *(parameter.shown for parameter in self.parameters)])


def main(name: str, prompt: str, check: Check = values.nonempty) -> Parameter:
    """The parameter that needs no name."""
    return Parameter(name, prompt, check, positional=True)


def option(name: str, prompt: str, check: Check = values.text) -> Parameter:
    """A named parameter that is asked for."""
    return Parameter(name, prompt, check)


def password(name: str, *, positional: bool = False) -> Parameter:
    return Parameter(name, "", values.text, positional, Ask.PASSWORD)


def optional(name: str, about: str, check: Check = values.text, *, positional: bool = False) -> Parameter:
    """A parameter that may be left out; it is None then."""
    return Parameter(name, "", check, positional, Ask.NEVER, about)
