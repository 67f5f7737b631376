"""What a peer shows to prove who they are: a closed union, whatever protocol it came by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoProof:
    """Nothing was shown; only anonymous users get in with it."""


@dataclass(frozen=True, slots=True, repr=False)
class PasswordResponse:
    """SHA-0(hashed key + challenge), 20 bytes: the password itself did not travel."""

    response: bytes
    challenge: bytes


@dataclass(frozen=True, slots=True, repr=False)
class PlainPassword:
    """The password as typed, as bytes of the peer's own encoding."""

    password: bytes


@dataclass(frozen=True, slots=True)
class UnsupportedProof:
    """A kind that the protocol knows and this server can't judge; `kind` names it for the log."""

    kind: str


@dataclass(frozen=True, slots=True)
class UnknownProof:
    """A number that the protocol doesn't know, or one that must not come from the network."""

    number: int


Proof = NoProof | PasswordResponse | PlainPassword | UnsupportedProof | UnknownProof
