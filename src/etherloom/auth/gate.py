"""Which authenticator judges a claim: the order of the original. Only this file knows all of them."""

from typing import assert_never

from etherloom.auth.authenticator import Authenticated, Authenticator, Claim, Denied, Verdict
from etherloom.auth.password import ADMINISTRATOR, AdministratorAuthenticator, PasswordAuthenticator
from etherloom.handshake.messages import (
    AnonymousAuth,
    CertificateAuth,
    PasswordAuth,
    PlainPasswordAuth,
    TicketAuth,
    UnsupportedAuth,
)
from etherloom.model.credential import AnonymousCredential
from etherloom.model.errors import ErrorCode
from etherloom.model.names import fold


class Gate:
    """The authenticator in front of all others."""

    def __init__(
        self, password: Authenticator | None = None, administrator: Authenticator | None = None
    ) -> None:
        self._password = password or PasswordAuthenticator()
        self._administrator = administrator or AdministratorAuthenticator()

    async def authenticate(self, claim: Claim) -> Verdict:
        """An anonymous user gets in whatever was shown, as with the original; then the proof decides."""
        if claim.user is not None and isinstance(claim.user.credential, AnonymousCredential):
            return Authenticated(claim.user)
        match claim.auth:
            case PasswordAuth() | PlainPasswordAuth():
                return await self._by_password(claim)
            case AnonymousAuth():
                return _failed("nothing was shown, and there is no such anonymous user")
            case CertificateAuth():
                return _failed("this server can't judge certificates yet")
            case TicketAuth():
                return _failed("this server is in no cluster, so it knows no tickets")
            case UnsupportedAuth(number):
                return Denied(ErrorCode.AUTHTYPE_NOT_SUPPORTED, f"unknown authentication type {number}")
            case _:
                assert_never(claim.auth)

    async def _by_password(self, claim: Claim) -> Verdict:
        if fold(claim.name) == ADMINISTRATOR:
            return await self._administrator.authenticate(claim)
        return await self._password.authenticate(claim)


def _failed(reason: str) -> Denied:
    return Denied(ErrorCode.AUTH_FAILED, reason)
