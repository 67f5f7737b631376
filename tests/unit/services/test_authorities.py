"""Whom a hub trusts: certificates, revocations, source addresses."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from etherloom.model.authority import Revocation, SourceRule, SourceRules, TrustedCertificate
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services import authorities as module
from etherloom.services.authorities import (
    Authorities,
    find_revocation,
    fingerprint,
    list_revocations,
    read_certificate,
)
from etherloom.state import keys
from tests.support import configuration as known
from tests.support.certificates import make_certificate
from tests.support.configuration import TEST, open_configuration, put


def test_what_people_are_shown_of_a_certificate() -> None:
    facts = read_certificate(make_certificate("Name, x", "Org Ä", "Unit", "State", "City", "DE"))
    assert facts.subject == facts.issuer == "Name, x, Org Ä, Unit, State, City, DE"
    assert facts.expires == 1_904_281_689_000
    with pytest.raises(Refusal) as refused:
        read_certificate(b"junk")
    assert refused.value.code is ErrorCode.INVALID_PARAMETER


async def test_trusted_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        authorities = Authorities(owner)
        der = make_certificate("One")
        await authorities.trust("LAB", der, TEST)
        revision = owner.snapshot.revision
        await authorities.trust("LAB", der, TEST)
        assert owner.snapshot.revision == revision
        found = owner.snapshot.children(keys.trusted_prefix("LAB"), TrustedCertificate)
        assert list(found) == [TrustedCertificate(der)]
        monkeypatch.setattr(module, "MAXIMUM_TRUSTED", 1)
        for call, code in (
            (authorities.trust("LAB", make_certificate("Two"), TEST), ErrorCode.TOO_MANY_ITEMS),
            (authorities.trust("LAB", b"junk", TEST), ErrorCode.INVALID_PARAMETER),
            (authorities.trust("NONE", der, TEST), ErrorCode.HUB_NOT_FOUND),
            (authorities.distrust("LAB", "00", TEST), ErrorCode.OBJECT_NOT_FOUND),
        ):
            with pytest.raises(Refusal) as refused:
                await call
            assert refused.value.code is code
        await authorities.distrust("LAB", fingerprint(der), TEST)
        assert owner.snapshot.count(keys.trusted_prefix("LAB")) == 0


async def test_revocations_keep_their_handles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        authorities = Authorities(owner)
        for name in ("a", "b", "c"):
            await authorities.add_revocation("LAB", Revocation(common_name=name), TEST)
        await authorities.replace_revocation("LAB", 2, Revocation(common_name="new"), TEST)
        await authorities.replace_revocation("LAB", 1, None, TEST)
        listed = [(handle, one.common_name) for handle, one in list_revocations(owner.snapshot, "LAB")]
        assert listed == [(2, "new"), (3, "c")]
        assert find_revocation(owner.snapshot, "lab", 3).common_name == "c"
        monkeypatch.setattr(module, "MAXIMUM_REVOCATIONS", 2)
        for call, code in (
            (authorities.add_revocation("LAB", Revocation(), TEST), ErrorCode.TOO_MANY_ITEMS),
            (authorities.replace_revocation("LAB", 1, None, TEST), ErrorCode.OBJECT_NOT_FOUND),
        ):
            with pytest.raises(Refusal) as refused:
                await call
            assert refused.value.code is code


async def test_source_rules_count_by_priority_and_what_permits_first(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        address, mask = IPv4Address("10.0.0.1"), IPv4Address("255.0.0.0")
        denying = SourceRule(address, True, 5, masked=True, mask=mask)
        permitting = SourceRule(address, False, 5, mask=mask)
        first = SourceRule(address, True, 1)
        wanted = await Authorities(owner).set_sources("LAB", [denying, permitting, first], TEST)
        assert wanted.rules == (first, SourceRule(address, False, 5), denying)
        assert owner.snapshot.find(keys.sources_key("LAB"), SourceRules) == wanted
        await Authorities(owner).set_sources("LAB", [], TEST)
        assert owner.snapshot.get(keys.sources_key("LAB")) is None
