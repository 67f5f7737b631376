"""Commands about the certificates that a hub trusts, and those that it does not."""

from collections.abc import Iterable
from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import authority
from etherloom.rpc.catalog.authority import Authority, AuthorityAddition, AuthorityName, Revocation
from etherloom.rpc.catalog.hub import HubName
from etherloom.vpncmd import certificates, formats, values
from etherloom.vpncmd.command import Command, Desk, Given, main, option, optional
from etherloom.vpncmd.output import RULE, Part, items, listing

_UNREADABLE: Final = "Unable to read the specified X.509 certificate file."
_NAMES: Final = (
    ("CN", "common_name", "Common Name (CN)"),
    ("O", "organization", "Organization (O)"),
    ("OU", "unit", "Organization Unit (OU)"),
    ("C", "country", "Country (C)"),
    ("ST", "state", "State (ST)"),
    ("L", "locality", "Locale (L)"),
)


def list_authorities(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(authority.ENUM_CA, HubName(desk.hub)).rows
    shown: list[tuple[str, object]] = []
    for row in rows:
        shown += [RULE] if shown else []
        shown += [("ID", row.handle), ("Issued to", row.subject), ("Issuer", row.issuer)]
        shown.append(("Expiration", formats.day(row.expires)))
    yield items(shown)


def add_authority(desk: Desk, given: Given) -> None:
    der = certificates.load_certificate(given["path"], ErrorCode.INVALID_PARAMETER, _UNREADABLE)
    desk.call(authority.ADD_CA, AuthorityAddition(desk.hub, der))


def delete_authority(desk: Desk, given: Given) -> None:
    desk.call(authority.DELETE_CA, AuthorityName(desk.hub, given["id"]))


def get_authority(desk: Desk, given: Given) -> None:
    found: Authority = desk.call(authority.GET_CA, AuthorityName(desk.hub, given["id"]))
    pem = certificates.certificate_file(found.certificate or b"")
    certificates.save(given["SAVECERT"], pem, "Failed to write the X.509 certificate file.")


def list_revocations(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(authority.ENUM_CRL, HubName(desk.hub)).rows
    yield listing("ID|Certificate Summary", ((row.handle, row.summary) for row in rows))


def add_revocation(desk: Desk, given: Given) -> None:
    names: dict[str, Any] = {field: given[label] or "" for label, field, _ in _NAMES}
    entry = Revocation(
        hub=desk.hub,
        serial=values.hexadecimal(given["SERIAL"] or "") or None,
        md5=values.hexadecimal(given["MD5"] or "") or None,
        sha1=values.hexadecimal(given["SHA1"] or "") or None,
        **names,
    )
    wrong = len(entry.md5 or bytes(16)) != 16 or len(entry.sha1 or bytes(20)) != 20
    # Stock servers take an entry without anything: it would match every certificate.
    if wrong or entry == Revocation(hub=desk.hub):
        raise Refusal(ErrorCode.INVALID_PARAMETER, "say what is revoked")
    desk.call(authority.ADD_CRL, entry)


def delete_revocation(desk: Desk, given: Given) -> None:
    desk.call(authority.DEL_CRL, Revocation(hub=desk.hub, handle=given["id"]))


def show_revocation(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(authority.GET_CRL, Revocation(hub=desk.hub, handle=given["id"]))
    rows = [(title, getattr(found, field)) for _, field, title in _NAMES if getattr(found, field)]
    for title, data in (
        ("Serial Number (Hexadecimal)", found.serial),
        ("MD5 Digest Value (Hexadecimal, 128 bit)", found.md5),
        ("SHA-1 Digest Value (Hexadecimal, 160 bit)", found.sha1),
    ):
        if data:
            rows.append((title, formats.hexadecimal(data)))
    yield items(rows)


COMMANDS: Final = (
    Command("CAList", "List the certificates that the hub trusts", list_authorities, at_hub=True),
    Command(
        "CAAdd",
        "Trust a certificate",
        add_authority,
        (main("path", "Name of X.509 Certificate File to Register: ", values.existing_file),),
        at_hub=True,
    ),
    Command(
        "CADelete",
        "Trust a certificate no more",
        delete_authority,
        (main("id", "ID of Certificate to Delete: ", values.leading_number),),
        at_hub=True,
    ),
    Command(
        "CAGet",
        "Save a certificate that the hub trusts to a file",
        get_authority,
        (
            main("id", "ID of Certificate to Get: ", values.leading_number),
            option("SAVECERT", "Name of File to Save: ", values.nonempty),
        ),
        at_hub=True,
    ),
    Command("CrlList", "List what the hub takes as revoked", list_revocations, at_hub=True),
    Command(
        "CrlAdd",
        "Take certificates as revoked",
        add_revocation,
        (
            optional("SERIAL", "The serial number, hexadecimal."),
            optional("MD5", "The MD5 digest, 32 hexadecimal digits."),
            optional("SHA1", "The SHA-1 digest, 40 hexadecimal digits."),
            *(optional(label, f"The {title} of the subject.") for label, _, title in _NAMES),
        ),
        at_hub=True,
        help="Certificates with everything that is given here are not accepted.",
    ),
    Command(
        "CrlDel",
        "Take certificates as revoked no more",
        delete_revocation,
        (main("id", "ID to Delete: ", values.leading_number),),
        at_hub=True,
    ),
    Command(
        "CrlGet",
        "Show what is taken as revoked",
        show_revocation,
        (main("id", "ID to Get: ", values.leading_number),),
        at_hub=True,
    ),
)
