"""Calls about certificate authorities that a hub trusts, what they revoked, and who may come from where."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class AuthorityAddition:
    """A certificate to trust, DER."""

    hub: str = element.text("HubName")
    certificate: bytes | None = element.optional_data("Cert")


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """One trusted certificate."""

    handle: int = element.number("Key")
    subject: str = element.unicode("SubjectName", 511)
    issuer: str = element.unicode("IssuerName", 511)
    expires: int = element.time("Expires")


@dataclass(frozen=True, slots=True)
class AuthorityTable:
    """The certificates that a hub trusts."""

    hub: str = element.text("HubName")
    rows: tuple[AuthorityRow, ...] = element.rows(AuthorityRow, "CAList")


@dataclass(frozen=True, slots=True)
class Authority:
    """A trusted certificate, DER."""

    hub: str = element.text("HubName")
    handle: int = element.number("Key")
    certificate: bytes | None = element.optional_data("Cert")


@dataclass(frozen=True, slots=True)
class AuthorityName:
    """A trusted certificate, by the handle that the list shows."""

    hub: str = element.text("HubName")
    handle: int = element.number("Key")


@dataclass(frozen=True, slots=True)
class RevocationRow:
    """One entry, in words."""

    handle: int = element.number("Key")
    summary: str = element.unicode("CrlInfo", 511)


@dataclass(frozen=True, slots=True)
class RevocationTable:
    """What a hub takes as revoked."""

    hub: str = element.text("HubName")
    count: int = element.number("NumItem")
    rows: tuple[RevocationRow, ...] = element.rows(RevocationRow, "CRLList")


@dataclass(frozen=True, slots=True)
class Revocation:
    """Certificates that are not accepted: those with all that is given here."""

    hub: str = element.text("HubName")
    handle: int = element.number("Key")
    serial: bytes | None = element.optional_data("Serial")
    common_name: str = element.unicode("CommonName", 511)
    organization: str = element.unicode("Organization", 511)
    unit: str = element.unicode("Unit", 511)
    country: str = element.unicode("Country", 511)
    state: str = element.unicode("State", 511)
    locality: str = element.unicode("Local", 511)
    md5: bytes | None = element.optional_data("DigestMD5")
    sha1: bytes | None = element.optional_data("DigestSHA1")


@dataclass(frozen=True, slots=True)
class SourceRule:
    """One rule. Without `masked` it is for exactly this address."""

    address: Address = element.address("IpAddress")
    id: int = element.number("Id")
    deny: bool = element.flag("Deny")
    masked: bool = element.flag("Masked")
    mask: Address = element.address("SubnetMask")
    priority: int = element.number("Priority")


@dataclass(frozen=True, slots=True)
class SourceRules:
    """From which addresses users may log in. The first rule that matches counts."""

    count: int = element.number("NumItem")
    hub: str = element.text("HubName")
    rows: tuple[SourceRule, ...] = element.rows(SourceRule, "ACList")


ADD_CA: Final = Call(
    "AddCa",
    AuthorityAddition,
    AuthorityAddition,
    Who.HUB,
    "Trusts a certificate: users with certificates that it signed may log in.",
    changes=True,
)
ENUM_CA: Final = Call("EnumCa", HubName, AuthorityTable, Who.HUB, "The certificates that a hub trusts.")
GET_CA: Final = Call("GetCa", AuthorityName, Authority, Who.HUB, "A trusted certificate.")
DELETE_CA: Final = Call(
    "DeleteCa", AuthorityName, AuthorityName, Who.HUB, "Trusts a certificate no more.", changes=True
)
ENUM_CRL: Final = Call("EnumCrl", HubName, RevocationTable, Who.HUB, "What a hub takes as revoked.")
ADD_CRL: Final = Call(
    "AddCrl", Revocation, Revocation, Who.HUB, "Adds a description of revoked certificates.", changes=True
)
DEL_CRL: Final = Call("DelCrl", Revocation, Revocation, Who.HUB, "Removes an entry.", changes=True)
GET_CRL: Final = Call("GetCrl", Revocation, Revocation, Who.HUB, "One entry.")
SET_CRL: Final = Call("SetCrl", Revocation, Revocation, Who.HUB, "Replaces an entry.", changes=True)
SET_AC_LIST: Final = Call(
    "SetAcList",
    SourceRules,
    SourceRules,
    Who.HUB,
    "Replaces the rules of who may come from where.",
    changes=True,
)
GET_AC_LIST: Final = Call("GetAcList", HubName, SourceRules, Who.HUB, "The rules of who may come from where.")

CALLS: Final = (
    ADD_CA,
    ENUM_CA,
    GET_CA,
    DELETE_CA,
    ENUM_CRL,
    ADD_CRL,
    DEL_CRL,
    GET_CRL,
    SET_CRL,
    SET_AC_LIST,
    GET_AC_LIST,
)
