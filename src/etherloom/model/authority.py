"""Whom a hub trusts: certificate authorities, what they revoked, and addresses that users may come from."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

Address = IPv4Address | IPv6Address
MAXIMUM_REVOCATIONS: Final = 4_096
MAXIMUM_SOURCE_RULES: Final = 4_096


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """A certificate whose signature opens the hub, kept as opaque DER."""

    certificate: bytes


@dataclass(frozen=True, slots=True)
class Revocation:
    """Certificates that are not accepted: those with all that is given here. Empty means anything."""

    serial: bytes = b""
    common_name: str = ""
    organization: str = ""
    unit: str = ""
    country: str = ""
    state: str = ""
    locality: str = ""
    md5: bytes = b""
    sha1: bytes = b""


@dataclass(frozen=True, slots=True)
class SourceRule:
    """Users may, or may not, come from this address; with `masked` from all that the mask leaves open."""

    address: Address
    deny: bool
    priority: int
    masked: bool = False
    mask: Address = IPv4Address(0)


@dataclass(frozen=True, slots=True)
class SourceRules:
    """The rules of one hub, in the order in which they are looked at; without any everybody may come."""

    rules: tuple[SourceRule, ...] = ()


def is_denied(sources: SourceRules, peer: Address) -> bool:
    """True if the first rule that is about the peer's address denies it. Rules are about their own family."""
    for rule in sources.rules:
        if _is_about(rule, peer):
            return rule.deny
    return False


def _is_about(rule: SourceRule, peer: Address) -> bool:
    if rule.address.version != peer.version:
        return False
    mask = int(rule.mask) if rule.masked else -1
    return int(rule.address) & mask == int(peer) & mask
