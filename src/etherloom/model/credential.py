"""How a user proves who they are: a closed union (reference: administration, section 3.3, AUTH)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class AnonymousCredential:
    """Anybody who names this user gets in."""


ANONYMOUS: Final = AnonymousCredential()


@dataclass(frozen=True, slots=True)
class PasswordCredential:
    """A password. Its hashes are secrets and live in a document of their own (see PasswordSecret)."""


@dataclass(frozen=True, slots=True)
class CertificateCredential:
    """Exactly this X.509 certificate, kept as opaque DER."""

    certificate: bytes


@dataclass(frozen=True, slots=True)
class SignedCertificateCredential:
    """Any certificate signed by a CA that the hub trusts, optionally with this name or serial number."""

    common_name: str | None = None
    serial: bytes | None = None


@dataclass(frozen=True, slots=True)
class RadiusCredential:
    """The RADIUS server decides; an empty name means the user's own."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class NtDomainCredential:
    """The NT domain decides; an empty name means the user's own."""

    name: str = ""


Credential = (
    AnonymousCredential
    | PasswordCredential
    | CertificateCredential
    | SignedCertificateCredential
    | RadiusCredential
    | NtDomainCredential
)


@dataclass(frozen=True, slots=True, repr=False)
class PasswordSecret:
    """What is kept of a password. Whoever has `hashed_key` can log in: it is a secret like the password.

    `hashed_key`: 20 bytes, SHA-0(password + upper-cased user name). `nt_hash`: 16 bytes, or empty.
    """

    hashed_key: bytes
    nt_hash: bytes = b""
