"""The one interface of all ways to authenticate, and its closed result. Judges identity, never rights."""

from dataclasses import dataclass
from typing import Protocol

from etherloom.handshake.messages import Auth
from etherloom.model.credential import PasswordSecret
from etherloom.model.errors import ErrorCode
from etherloom.model.hub import AdministratorSecret
from etherloom.model.user import User


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """A name, what was shown for it, and what is on file about it (None: nothing).

    `challenge` is what a password's proof is bound to.
    """

    name: str
    auth: Auth
    challenge: bytes
    user: User | None
    secret: PasswordSecret | None
    administrator: AdministratorSecret | None


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The peer is `user`; None means the hub's administrator."""

    user: User | None


@dataclass(frozen=True, slots=True)
class Denied:
    """`code` is for the peer and tells nothing that helps guessing; `reason` is for the log."""

    code: ErrorCode
    reason: str


Verdict = Authenticated | Denied


class Authenticator(Protocol):
    """Decides whether a claim is true. It may ask another machine, so it may take its time."""

    async def authenticate(self, claim: Claim) -> Verdict: ...
