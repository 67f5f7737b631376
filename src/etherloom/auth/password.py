"""Passwords: responses to a challenge, and plain ones. A wrong name costs the work of a wrong password."""

import hmac
from typing import Final

from etherloom.auth.authenticator import Authenticated, Claim, Denied, Verdict
from etherloom.handshake.messages import PasswordAuth, PlainPasswordAuth
from etherloom.model.credential import PasswordCredential
from etherloom.model.errors import ErrorCode
from etherloom.wire.digest import hash_password, secure_password

ADMINISTRATOR: Final = "administrator"
_NOBODY: Final = bytes(20)
_EMPTY_ADMINISTRATOR: Final = hash_password(b"", ADMINISTRATOR)
# The digest costs time by length; the original's buffers hold no longer password.
_LONGEST_PASSWORD: Final = 511


class PasswordAuthenticator:
    """Users whose credential is a password."""

    async def authenticate(self, claim: Claim) -> Verdict:
        by_password = claim.user is not None and isinstance(claim.user.credential, PasswordCredential)
        hashed = claim.secret.hashed_key if by_password and claim.secret is not None else b""
        proven = proves(claim, claim.name, hashed)
        if proven:
            return Authenticated(claim.user)
        return Denied(ErrorCode.AUTH_FAILED, _reason(claim, by_password, hashed))


class AdministratorAuthenticator:
    """The name `administrator` with the hub's administrator password. Without one nobody is let in."""

    async def authenticate(self, claim: Claim) -> Verdict:
        hashed = claim.administrator.as_user if claim.administrator is not None else b""
        if hmac.compare_digest(hashed, _EMPTY_ADMINISTRATOR):
            hashed = b""
        if proves(claim, ADMINISTRATOR, hashed):
            return Authenticated(None)
        if not hashed and proves(claim, ADMINISTRATOR, _EMPTY_ADMINISTRATOR):
            return Denied(ErrorCode.NULL_PASSWORD_LOCAL_ONLY, "the hub has no administrator password")
        return Denied(ErrorCode.AUTH_FAILED, "wrong administrator password")


def proves(claim: Claim, name: str, hashed_key: bytes) -> bool:
    """True if the claim shows knowledge of the password behind `hashed_key`; an empty one is never proven."""
    known = len(hashed_key) == len(_NOBODY)
    wanted = hashed_key if known else _NOBODY
    match claim.auth:
        case PasswordAuth(response):
            same = hmac.compare_digest(secure_password(wanted, claim.challenge), response)
        case PlainPasswordAuth(password):
            plain = password.encode("utf-8", "surrogateescape")
            hashed = hash_password(plain[:_LONGEST_PASSWORD], name)
            same = hmac.compare_digest(hashed, wanted) and len(plain) <= _LONGEST_PASSWORD
        case _:
            same = False
    return same and known


def _reason(claim: Claim, by_password: bool, hashed: bytes) -> str:
    if claim.user is None:
        return "no such user"
    if not by_password:
        return "the user does not log in by password"
    return "wrong password" if hashed else "the user has no password"
