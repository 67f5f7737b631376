"""Calls about whom a hub trusts: certificates, what is revoked, and addresses that users come from."""

from collections.abc import Sequence
from typing import Final

from etherloom.model.authority import Revocation, SourceRule, SourceRules, TrustedCertificate
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import authority
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill, shown
from etherloom.rpc.house import House
from etherloom.services.authorities import (
    CertificateFacts,
    find_revocation,
    fingerprint,
    list_revocations,
    read_certificate,
)
from etherloom.services.hubs import find_hub
from etherloom.services.pem import first_certificate
from etherloom.state import keys
from etherloom.state.snapshot import Snapshot

_MD5_BYTES: Final = 16
_SHA1_BYTES: Final = 20
_SUBJECT: Final = (
    ("CN", "common_name"),
    ("O", "organization"),
    ("OU", "unit"),
    ("S", "state"),
    ("L", "locality"),
    ("C", "country"),
)
_DATA: Final = (("Serial", "serial"), ("MD5", "md5"), ("SHA1", "sha1"))

# --- trusted certificates


def _listed(snapshot: Snapshot, hub: str) -> Sequence[tuple[CertificateFacts, bytes]]:
    """The certificates by subject."""
    found = snapshot.children(keys.trusted_prefix(hub), TrustedCertificate)
    rows = [(read_certificate(one.certificate), one.certificate) for one in found]
    return sorted(rows, key=lambda row: (row[0].subject.casefold(), row[1]))


async def add_ca(
    house: House, caller: Caller, request: authority.AuthorityAddition
) -> authority.AuthorityAddition:
    if not request.certificate:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "give the certificate to trust (X.509, DER or PEM)")
    await house.authorities.trust(request.hub, first_certificate(request.certificate), caller.origin)
    return request


async def enum_ca(house: House, _caller: Caller, request: HubName) -> authority.AuthorityTable:
    snapshot = house.owner.snapshot
    hub = find_hub(snapshot, request.hub).name
    listed = _listed(snapshot, hub)
    numbers = house.handles.number(keys.trusted_prefix(hub), [fingerprint(der) for _, der in listed])
    rows = (
        fill(authority.AuthorityRow, facts, handle=number)
        for number, (facts, _) in zip(numbers, listed, strict=True)
    )
    return authority.AuthorityTable(hub, tuple(rows))


def _name(house: House, request: authority.AuthorityName) -> str:
    hub = find_hub(house.owner.snapshot, request.hub).name
    return str(house.handles.find(keys.trusted_prefix(hub), request.handle) or "")


async def get_ca(house: House, _caller: Caller, request: authority.AuthorityName) -> authority.Authority:
    key = keys.trusted_key(request.hub, _name(house, request))
    found = house.owner.snapshot.find(key, TrustedCertificate)
    if found is None:
        raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {request.hub!r} trusts no such certificate")
    return fill(authority.Authority, request, found)


async def delete_ca(
    house: House, caller: Caller, request: authority.AuthorityName
) -> authority.AuthorityName:
    await house.authorities.distrust(request.hub, _name(house, request), caller.origin)
    return request


# --- revocations


def summarize(revocation: Revocation) -> str:
    """What people, and scripts that parse vpncmd's table, are shown of an entry."""
    subject = ", ".join(
        f"{short}={getattr(revocation, name)}" for short, name in _SUBJECT if getattr(revocation, name)
    )
    data = (
        f', {title}="{getattr(revocation, name).hex(" ").upper()}"'
        for title, name in _DATA
        if getattr(revocation, name)
    )
    return f'Subject="{subject}"' + "".join(data)


def _read_revocation(request: authority.Revocation) -> Revocation:
    """Digests of another length say nothing, as with the original."""
    md5, sha1 = request.md5 or b"", request.sha1 or b""
    return fill(
        Revocation,
        request,
        md5=md5 if len(md5) == _MD5_BYTES else b"",
        sha1=sha1 if len(sha1) == _SHA1_BYTES else b"",
    )


async def enum_crl(house: House, _caller: Caller, request: HubName) -> authority.RevocationTable:
    snapshot = house.owner.snapshot
    rows = tuple(
        authority.RevocationRow(handle, summarize(one))
        for handle, one in list_revocations(snapshot, request.hub)
    )
    return authority.RevocationTable(request.hub, len(rows), rows)


async def add_crl(house: House, caller: Caller, request: authority.Revocation) -> authority.Revocation:
    await house.authorities.add_revocation(request.hub, _read_revocation(request), caller.origin)
    return request


async def del_crl(house: House, caller: Caller, request: authority.Revocation) -> authority.Revocation:
    await house.authorities.replace_revocation(request.hub, request.handle, None, caller.origin)
    return request


async def get_crl(house: House, _caller: Caller, request: authority.Revocation) -> authority.Revocation:
    one = find_revocation(house.owner.snapshot, request.hub, request.handle)
    data = {name: shown(getattr(one, name)) for _, name in _DATA}
    return fill(authority.Revocation, one, hub=request.hub, handle=request.handle, **data)


async def set_crl(house: House, caller: Caller, request: authority.Revocation) -> authority.Revocation:
    wanted = _read_revocation(request)
    await house.authorities.replace_revocation(request.hub, request.handle, wanted, caller.origin)
    return request


# --- where users may come from


def _sources_table(hub: str, sources: SourceRules) -> authority.SourceRules:
    rows = tuple(fill(authority.SourceRule, rule, id=place) for place, rule in enumerate(sources.rules, 1))
    return authority.SourceRules(len(rows), hub, rows)


async def set_ac_list(house: House, caller: Caller, request: authority.SourceRules) -> authority.SourceRules:
    rules = [fill(SourceRule, row) for row in request.rows]
    return _sources_table(request.hub, await house.authorities.set_sources(request.hub, rules, caller.origin))


async def get_ac_list(house: House, _caller: Caller, request: HubName) -> authority.SourceRules:
    snapshot = house.owner.snapshot
    hub = find_hub(snapshot, request.hub).name
    return _sources_table(hub, snapshot.find(keys.sources_key(hub), SourceRules) or SourceRules())


HANDLERS: Final = (
    Handler(authority.ADD_CA, add_ca),
    Handler(authority.ENUM_CA, enum_ca),
    Handler(authority.GET_CA, get_ca),
    Handler(authority.DELETE_CA, delete_ca),
    Handler(authority.ENUM_CRL, enum_crl),
    Handler(authority.ADD_CRL, add_crl),
    Handler(authority.DEL_CRL, del_crl),
    Handler(authority.GET_CRL, get_crl),
    Handler(authority.SET_CRL, set_crl),
    Handler(authority.SET_AC_LIST, set_ac_list),
    Handler(authority.GET_AC_LIST, get_ac_list),
)
