"""How a user proves who they are: the elements of a request to a credential, and back. Pure."""

from dataclasses import replace
from typing import Final, assert_never

from etherloom.model.credential import (
    AnonymousCredential,
    CertificateCredential,
    Credential,
    NtDomainCredential,
    PasswordCredential,
    PasswordSecret,
    RadiusCredential,
    SignedCertificateCredential,
)
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog.user import UserSettings
from etherloom.services.pem import first_certificate
from etherloom.services.users import make_password_secret

_NUMBERS: Final[dict[type[Credential], int]] = {
    AnonymousCredential: 0,
    PasswordCredential: 1,
    CertificateCredential: 2,
    SignedCertificateCredential: 3,
    RadiusCredential: 4,
    NtDomainCredential: 5,
}
_HASHED_KEY_BYTES: Final = 20
_NT_HASH_BYTES: Final = 16


def authentication_number(credential: Credential) -> int:
    """The wire's number for this kind of credential."""
    return _NUMBERS[type(credential)]


def read_credential(request: UserSettings) -> Credential:
    """Return what the request asks for. Raises Refusal."""
    match request.authentication:
        case 0:
            return AnonymousCredential()
        case 1:
            return PasswordCredential()
        case 2 if request.certificate:
            return CertificateCredential(first_certificate(request.certificate))
        case 2:
            raise Refusal(ErrorCode.INVALID_PARAMETER, "the user's certificate is missing")
        case 3:
            return SignedCertificateCredential(request.common_name or None, request.serial or None)
        case 4:
            return RadiusCredential(request.radius_name or "")
        case 5:
            return NtDomainCredential(request.nt_name or "")
        case unknown:
            raise Refusal(ErrorCode.INVALID_PARAMETER, f"{unknown} is no kind of authentication: use 0 to 5")


def read_password(request: UserSettings) -> PasswordSecret | None:
    """Return the password's hashes: those given, else made of the plain text; None if neither is there."""
    if request.authentication != authentication_number(PasswordCredential()):
        return None
    if request.hashed_key is not None and any(request.hashed_key):
        nt_hash = request.nt_hash or b""
        return PasswordSecret(request.hashed_key, nt_hash if any(nt_hash) else b"")
    if request.plain:
        return make_password_secret(request.plain, request.name)
    return None


def write_credential(
    record: UserSettings, credential: Credential, secret: PasswordSecret | None
) -> UserSettings:
    """Return the record with the elements of this credential."""
    record = replace(record, authentication=authentication_number(credential))
    match credential:
        case AnonymousCredential():
            return record
        case PasswordCredential():
            hashed, nt_hash = (secret.hashed_key, secret.nt_hash) if secret is not None else (b"", b"")
            return replace(
                record,
                hashed_key=hashed or bytes(_HASHED_KEY_BYTES),
                nt_hash=nt_hash or bytes(_NT_HASH_BYTES),
            )
        case CertificateCredential(certificate):
            return replace(record, certificate=certificate)
        case SignedCertificateCredential(common_name, serial):
            return replace(record, common_name=common_name, serial=serial)
        case RadiusCredential(name):
            return replace(record, radius_name=name)
        case NtDomainCredential(name):
            return replace(record, nt_name=name)
        case _:
            assert_never(credential)
