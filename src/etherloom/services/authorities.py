"""Whom a hub trusts: certificates, what is revoked, and where users may come from. Judges no log-in."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from etherloom.model.authority import (
    MAXIMUM_REVOCATIONS,
    Revocation,
    SourceRule,
    SourceRules,
    TrustedCertificate,
)
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services.hubs import find_hub
from etherloom.state import keys, tree
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

MAXIMUM_TRUSTED: Final = 4_096
_SHOWN: Final = (
    NameOID.COMMON_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.COUNTRY_NAME,
)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What people are shown of a certificate. `expires` is Unix milliseconds."""

    subject: str
    issuer: str
    expires: int


def read_certificate(der: bytes) -> CertificateFacts:
    """Return what a certificate says of itself. Raises Refusal if it is none."""
    try:
        found = x509.load_der_x509_certificate(der)
        expires = int(found.not_valid_after_utc.timestamp() * 1000)
        return CertificateFacts(_names(found.subject), _names(found.issuer), expires)
    except (ValueError, TypeError) as error:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "that is no X.509 certificate (DER)") from error


def _names(name: x509.Name) -> str:
    found = (attribute.value for oid in _SHOWN for attribute in name.get_attributes_for_oid(oid)[:1])
    return ", ".join(str(value) for value in found)


def fingerprint(der: bytes) -> str:
    """The name under which a trusted certificate is kept."""
    return hashlib.sha256(der).hexdigest()


def find_revocation(snapshot: Snapshot, hub: str, handle: int) -> Revocation:
    """Return one entry. Raises Refusal (HUB_NOT_FOUND, OBJECT_NOT_FOUND)."""
    found = snapshot.find(keys.revocation_key(find_hub(snapshot, hub).name, handle), Revocation)
    if found is None:
        raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {hub!r} has no revocation {handle}")
    return found


def list_revocations(snapshot: Snapshot, hub: str) -> Sequence[tuple[int, Revocation]]:
    """Return all entries with their handles, the oldest first."""
    node = tree.find(snapshot.root, keys.revocations_prefix(find_hub(snapshot, hub).name).removesuffix("/"))
    found = ((key, child.record) for key, child in node.children.items()) if node else ()
    return sorted((int(key, 16), record) for key, record in found if isinstance(record, Revocation))


class Authorities:
    """Trust of all hubs."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def trust(self, hub: str, der: bytes, origin: Origin) -> None:
        """Trust a certificate; nothing happens if it is trusted already. Raises Refusal if it is none."""
        read_certificate(der)

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            key = keys.trusted_key(find_hub(snapshot, hub).name, fingerprint(der))
            if snapshot.get(key) is None and snapshot.count(keys.trusted_prefix(hub)) >= MAXIMUM_TRUSTED:
                raise Refusal(
                    ErrorCode.TOO_MANY_ITEMS, f"a hub trusts at most {MAXIMUM_TRUSTED} certificates"
                )
            return [Put(key, TrustedCertificate(der))]

        await self._owner.apply(derive, origin)

    async def distrust(self, hub: str, name: str, origin: Origin) -> None:
        """Trust a certificate no more, by its fingerprint. Raises Refusal if it isn't there."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            key = keys.trusted_key(find_hub(snapshot, hub).name, name)
            if snapshot.get(key) is None:
                raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {hub!r} trusts no such certificate")
            return [Delete(key)]

        await self._owner.apply(derive, origin)

    async def add_revocation(self, hub: str, revocation: Revocation, origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            present = list_revocations(snapshot, hub)
            if len(present) >= MAXIMUM_REVOCATIONS:
                raise Refusal(
                    ErrorCode.TOO_MANY_ITEMS, f"a hub has at most {MAXIMUM_REVOCATIONS} revocations"
                )
            handle = 1 + max((handle for handle, _ in present), default=0)
            return [Put(keys.revocation_key(hub, handle), revocation)]

        await self._owner.apply(derive, origin)

    async def replace_revocation(
        self, hub: str, handle: int, revocation: Revocation | None, origin: Origin
    ) -> None:
        """Put another entry in place of this one, or nothing."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            find_revocation(snapshot, hub, handle)
            key = keys.revocation_key(hub, handle)
            return [Delete(key) if revocation is None else Put(key, revocation)]

        await self._owner.apply(derive, origin)

    async def set_sources(self, hub: str, rules: Sequence[SourceRule], origin: Origin) -> SourceRules:
        """Replace the rules of who may come from where; returns them in the order in which they count."""
        wanted = SourceRules(
            tuple(sorted(map(_complete, rules), key=lambda rule: (rule.priority, rule.deny)))
        )

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            key = keys.sources_key(find_hub(snapshot, hub).name)
            return [Put(key, wanted) if wanted.rules else Delete(key)]

        await self._owner.apply(derive, origin)
        return wanted


def _complete(rule: SourceRule) -> SourceRule:
    """A rule for one address has no mask."""
    if rule.masked:
        return rule
    return replace(rule, mask=type(rule.address)(0))
