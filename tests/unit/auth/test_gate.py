"""Who gets past the gate, and with which code the others are sent away."""

import pytest

from etherloom.auth.authenticator import Authenticated, Claim, Denied
from etherloom.auth.gate import Gate
from etherloom.handshake.messages import (
    AnonymousAuth,
    Auth,
    CertificateAuth,
    PasswordAuth,
    PlainPasswordAuth,
    TicketAuth,
    UnsupportedAuth,
)
from etherloom.model.credential import (
    AnonymousCredential,
    CertificateCredential,
    PasswordCredential,
    PasswordSecret,
)
from etherloom.model.errors import ErrorCode
from etherloom.model.hub import AdministratorSecret
from etherloom.model.user import User
from etherloom.wire.digest import hash_password, secure_password

CHALLENGE = bytes(range(20))
SECRET = PasswordSecret(hash_password("secret", "alice"))
ALICE = User("alice", PasswordCredential())
HUB_PASSWORD = AdministratorSecret(b"x" * 20, hash_password("hubpw", "administrator"))


def response(password: str, name: str) -> PasswordAuth:
    return PasswordAuth(secure_password(hash_password(password, name), CHALLENGE))


def claim(
    auth: Auth,
    user: User | None = ALICE,
    secret: PasswordSecret | None = SECRET,
    name: str = "alice",
    administrator: AdministratorSecret | None = None,
) -> Claim:
    return Claim(name, auth, CHALLENGE, user, secret, administrator)


@pytest.mark.parametrize("auth", [response("secret", "Alice"), PlainPasswordAuth("secret")])
async def test_right_password_is_let_in_by_response_and_in_plain(auth: Auth) -> None:
    assert await Gate().authenticate(claim(auth)) == Authenticated(ALICE)


@pytest.mark.parametrize(
    "auth",
    [
        response("Secret", "alice"),
        PlainPasswordAuth("Secret"),
        PlainPasswordAuth(""),
        PlainPasswordAuth("secret" + "x" * 60_000),
        PasswordAuth(b""),
        PasswordAuth(SECRET.hashed_key),
        PasswordAuth(secure_password(bytes(20), CHALLENGE)),
    ],
)
async def test_wrong_password_is_9(auth: Auth) -> None:
    assert await Gate().authenticate(claim(auth)) == Denied(ErrorCode.AUTH_FAILED, "wrong password")


@pytest.mark.parametrize("secret", [None, PasswordSecret(b"")])
async def test_a_user_without_password_is_not_let_in_by_the_empty_or_the_zero_hash(
    secret: PasswordSecret | None,
) -> None:
    for auth in (response("", "alice"), PasswordAuth(secure_password(bytes(20), CHALLENGE))):
        verdict = await Gate().authenticate(claim(auth, secret=secret))
        assert verdict == Denied(ErrorCode.AUTH_FAILED, "the user has no password")


@pytest.mark.parametrize("auth", [response("secret", "alice"), PlainPasswordAuth("secret"), AnonymousAuth()])
async def test_unknown_user_is_9(auth: Auth) -> None:
    verdict = await Gate().authenticate(claim(auth, user=None, secret=None))
    assert isinstance(verdict, Denied)
    assert verdict.code == ErrorCode.AUTH_FAILED


@pytest.mark.parametrize(
    "auth",
    [
        AnonymousAuth(),
        response("whatever", "x"),
        PlainPasswordAuth("x"),
        UnsupportedAuth(96),
        TicketAuth(b""),
    ],
)
async def test_anonymous_user_is_let_in_whatever_was_shown(auth: Auth) -> None:
    user = User("guest", AnonymousCredential())
    assert await Gate().authenticate(claim(auth, user=user, secret=None)) == Authenticated(user)


@pytest.mark.parametrize("auth", [CertificateAuth(b"", b""), TicketAuth(b""), AnonymousAuth()])
async def test_other_proofs_of_a_password_user_are_9(auth: Auth) -> None:
    verdict = await Gate().authenticate(claim(auth))
    assert isinstance(verdict, Denied)
    assert verdict.code == ErrorCode.AUTH_FAILED


@pytest.mark.parametrize("number", [4, 5, 96, 97, 98, 1000])
async def test_kinds_that_must_not_come_from_the_network_are_7(number: int) -> None:
    verdict = await Gate().authenticate(claim(UnsupportedAuth(number)))
    assert isinstance(verdict, Denied)
    assert verdict.code == ErrorCode.AUTHTYPE_NOT_SUPPORTED


async def test_a_certificate_user_is_not_let_in_by_a_stored_password() -> None:
    user = User("alice", CertificateCredential(b"der"))
    verdict = await Gate().authenticate(claim(response("secret", "alice"), user=user))
    assert verdict == Denied(ErrorCode.AUTH_FAILED, "the user does not log in by password")


@pytest.mark.parametrize("name", ["administrator", "Administrator"])
@pytest.mark.parametrize("auth", [response("hubpw", "administrator"), PlainPasswordAuth("hubpw")])
async def test_administrator_logs_in_with_the_hubs_password(name: str, auth: Auth) -> None:
    verdict = await Gate().authenticate(claim(auth, None, None, name, HUB_PASSWORD))
    assert verdict == Authenticated(None)


@pytest.mark.parametrize(
    "administrator",
    [None, AdministratorSecret(), AdministratorSecret(b"x" * 20, hash_password("", "administrator"))],
)
async def test_administrator_without_a_password_is_51_for_the_empty_one_and_9_else(
    administrator: AdministratorSecret | None,
) -> None:
    for auth in (response("", "administrator"), PlainPasswordAuth("")):
        verdict = await Gate().authenticate(claim(auth, None, None, "administrator", administrator))
        assert isinstance(verdict, Denied)
        assert verdict.code == ErrorCode.NULL_PASSWORD_LOCAL_ONLY
    verdict = await Gate().authenticate(
        claim(response("x", "administrator"), None, None, "administrator", administrator)
    )
    assert verdict == Denied(ErrorCode.AUTH_FAILED, "wrong administrator password")


def test_secrets_stay_out_of_repr() -> None:
    shown = repr(claim(response("secret", "alice")))
    assert SECRET.hashed_key.hex() not in shown
    assert repr(SECRET.hashed_key) not in shown
