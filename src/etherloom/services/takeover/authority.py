"""Whom a hub trusts: authorities, revocations and source addresses, in configuration files and back."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from etherloom.model.authority import Revocation, SourceRule, SourceRules, TrustedCertificate
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.section import Section
from etherloom.state import keys

_TEXTS: Final = (
    ("CommonName", "common_name"),
    ("Organization", "organization"),
    ("Unit", "unit"),
    ("Country", "country"),
    ("State", "state"),
    ("Local", "locality"),
)
_BYTES: Final = (("Serial", "serial"), ("DigestMD5", "md5"), ("DigestSHA1", "sha1"))


def read_trusted(hub: str, certificates: Section) -> None:
    for section in certificates.sections():
        certificate = section.data("X509")
        key = keys.trusted_key(hub, sha256(certificate).hexdigest())
        section.label = key
        certificates.journal.put(section, key, TrustedCertificate(certificate))


def read_revocations(hub: str, revocations: Section) -> None:
    for number, section in enumerate(revocations.sections(), 1):
        texts = {field: section.text(name) for name, field in _TEXTS}
        digests = {field: section.hexadecimal(name) for name, field in _BYTES}
        revocation = Revocation(**texts, **digests)  # type: ignore[arg-type]
        revocations.journal.put(section, keys.revocation_key(hub, number), revocation)


def read_sources(hub: str, sources: Section) -> None:
    found = (_read_source(section) for section in sources.sections())
    rules = tuple(sorted(found, key=lambda rule: (rule.priority, rule.deny)))
    if rules:
        sources.journal.put(sources, keys.sources_key(hub), SourceRules(rules))


def _read_source(section: Section) -> SourceRule:
    address = section.address("IpAddress")
    deny, priority = section.flag("Deny"), section.uint("Priority")
    if "NetMask" not in section:
        return SourceRule(address, deny, priority)
    return SourceRule(address, deny, priority, masked=True, mask=section.address("NetMask"))


def write_trusted(certificates: Draft, hub: str, trusted: Sequence[TrustedCertificate]) -> None:
    for number, one in enumerate(trusted):
        key = keys.trusted_key(hub, sha256(one.certificate).hexdigest())
        certificates.block(f"Cert{number}", key).data("X509", one.certificate)


def write_revocations(revocations: Draft, found: Sequence[Revocation]) -> None:
    for number, one in enumerate(found):
        draft = revocations.block(f"Crl{number}")
        for name, field in _TEXTS:
            text = getattr(one, field)
            if text:
                draft.text(name, text)
        for name, field in _BYTES:
            digest = getattr(one, field)
            if digest:
                draft.text(name, digest.hex().upper())


def write_sources(sources: Draft, found: SourceRules) -> None:
    for number, rule in enumerate(found.rules, 1):
        draft = sources.block(f"Acl{number}")
        draft.address("IpAddress", rule.address)
        draft.flag("Deny", rule.deny)
        draft.uint("Priority", rule.priority)
        if rule.masked:
            draft.address("NetMask", rule.mask)
