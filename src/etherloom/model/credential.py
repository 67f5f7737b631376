"""How a user proves who they are: a closed union (reference: administration, section 3.3, AUTH).

`method` tells the members apart in stored documents; nobody sets it.
"""

from dataclasses import dataclass, field
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class AnonymousCredential:
    """Anybody who names this user gets in."""

    method: Literal["anonymous"] = field(default="anonymous", kw_only=True)


ANONYMOUS: Final = AnonymousCredential()


@dataclass(frozen=True, slots=True)
class PasswordCredential:
    """A password. Its hashes are secrets and live in a document of their own (see PasswordSecret)."""

    method: Literal["password"] = field(default="password", kw_only=True)


@dataclass(frozen=True, slots=True)
class CertificateCredential:
    """Exactly this X.509 certificate, kept as opaque DER."""

    certificate: bytes
    method: Literal["certificate"] = field(default="certificate", kw_only=True)


@dataclass(frozen=True, slots=True)
class SignedCertificateCredential:
    """Any certificate signed by a CA that the hub trusts, optionally with this name or serial number."""

    common_name: str | None = None
    serial: bytes | None = None
    method: Literal["signed certificate"] = field(default="signed certificate", kw_only=True)


@dataclass(frozen=True, slots=True)
class RadiusCredential:
    """The RADIUS server decides; an empty name means the user's own."""

    name: str = ""
    method: Literal["radius"] = field(default="radius", kw_only=True)


@dataclass(frozen=True, slots=True)
class NtDomainCredential:
    """The NT domain decides; an empty name means the user's own."""

    name: str = ""
    method: Literal["nt domain"] = field(default="nt domain", kw_only=True)


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
