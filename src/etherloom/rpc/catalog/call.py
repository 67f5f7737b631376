"""What one administration call is: its name, its records, who may make it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, TypeVar

Request = TypeVar("Request")
Reply = TypeVar("Reply")


OWN_PREFIX: Final = "Etherloom."


class Who(Enum):
    """Who may make a call. HUB: the server's administrator, and the administrator of the hub it names."""

    ANY = "any administrator"
    HUB = "administrator of the hub"
    SERVER = "administrator of the server"


@dataclass(frozen=True, slots=True)
class Call(Generic[Request, Reply]):
    """One call. `changes`: it alters something, so it is written to the audit log.

    `check` looks at the request before the caller's rights are looked at, where the original does so; it
    raises Refusal. `aliases`: other spellings under which the original has it.
    """

    name: str
    request: type[Request]
    reply: type[Reply]
    who: Who
    doc: str
    changes: bool = False
    check: Callable[[Request], None] | None = None
    aliases: tuple[str, ...] = ()

    @property
    def stock(self) -> bool:
        """True if the original has it too; the others are never offered to stock peers."""
        return not self.name.startswith(OWN_PREFIX)

    def __hash__(self) -> int:
        return hash(self.name)


AnyCall = Call[Any, Any]
