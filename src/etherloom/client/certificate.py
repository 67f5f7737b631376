"""Judge the certificate that a server shows, before a byte is sent to it.

Stock servers make themselves certificates that strict libraries refuse or can't even load (CA true, serial 0,
no alternative name). So bytes are compared first, and only what has to be verified is parsed. This file
decides and explains; it neither connects nor asks anybody.
"""

import hashlib
import hmac
import ipaddress
import ssl
import warnings
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar, assert_never

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    Subject,
    VerificationError,
)

from etherloom.client.account import CaTrust, ExactTrust, NoTrust, PinTrust, SystemTrust, Trust
from etherloom.model.errors import ErrorCode, Refusal

_E = TypeVar("_E", bound=x509.ExtensionType)
_MALFORMED: Final = (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
_SYSTEM_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate in hexadecimal, as `--pin` takes it."""
    return hashlib.sha256(certificate).hexdigest()


def parse_fingerprint(text: str) -> bytes:
    """Return the 32 bytes of a SHA-256 written with or without colons. Raises Refusal."""
    digits = text.strip().lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    try:
        pin = bytes.fromhex(digits)
    except ValueError:
        pin = b""
    if len(pin) != hashlib.sha256().digest_size:
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{text!r} is no SHA-256 fingerprint: give the 64 hexadecimal digits of the server's certificate",
        )
    return pin


def read_certificates(file: Path) -> tuple[bytes, ...]:
    """Return the certificates (DER) of a PEM or DER file, unparsed. Raises Refusal."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"can't read {file}: {error.strerror}") from error
    certificates = tuple(_split_pem(content))
    if not certificates and content[:1] == b"\x30":
        certificates = (content,)
    if not certificates:
        raise Refusal(
            ErrorCode.INVALID_PARAMETER, f"{file} holds no certificate: give a PEM or DER file of the CA"
        )
    return certificates


def judge(chain: Sequence[bytes], host: str, trust: Trust, now: datetime) -> None:
    """Return if a server called `host` may show this chain (DER, leaf first). Raises Refusal."""
    if not chain:
        raise Refusal(ErrorCode.SERVER_IS_NOT_VPN, f"{host} showed no certificate: is it a VPN server?")
    leaf = chain[0]
    match trust:
        case NoTrust():
            return
        case PinTrust(pin):
            _judge_pin(leaf, host, pin)
        case ExactTrust(expected):
            _judge_equal(leaf, host, expected)
        case CaTrust() | SystemTrust():
            _judge_signed(chain, host, trust, now)
        case _:
            assert_never(trust)


def _judge_signed(chain: Sequence[bytes], host: str, trust: CaTrust | SystemTrust, now: datetime) -> None:
    try:
        if isinstance(trust, CaTrust):
            _judge_by_file(chain, host, trust.certificates, now)
        else:
            _judge_by_system(chain, host, now)
    except _MALFORMED as error:
        raise _untrusted(host, chain[0], "is malformed") from error


def _judge_pin(leaf: bytes, host: str, pin: bytes) -> None:
    if not hmac.compare_digest(hashlib.sha256(leaf).digest(), pin):
        raise Refusal(
            ErrorCode.CERT_NOT_TRUSTED,
            f"{host} shows another certificate than the pinned one: SHA-256 {fingerprint(leaf)}. "
            "If its certificate was renewed on purpose, pin the new one; else somebody is in between",
        )


def _judge_equal(leaf: bytes, host: str, expected: bytes) -> None:
    if not hmac.compare_digest(leaf, expected):
        raise Refusal(
            ErrorCode.CERT_NOT_TRUSTED,
            f"{host} shows another certificate (SHA-256 {fingerprint(leaf)}) than this session began with",
        )


def _judge_by_file(chain: Sequence[bytes], host: str, trusted: tuple[bytes, ...], now: datetime) -> None:
    leaf = _load(chain[0])
    if chain[0] in trusted:
        if leaf is not None:
            _check_validity(leaf, host, chain[0], now)
        return
    authorities = _load_all(trusted)
    if _verifies(chain, host, authorities, now):
        return
    if leaf is None:
        raise _untrusted(host, chain[0], "is none of the certificates in the --ca file and can't be parsed")
    _check_validity(leaf, host, chain[0], now)
    if not any(_signs_directly(authority, leaf, now) for authority in authorities):
        raise _untrusted(host, chain[0], "is neither in the --ca file nor signed by a CA in it")
    if not _names(leaf, host):
        raise _misnamed(host, leaf, chain[0])


def _judge_by_system(chain: Sequence[bytes], host: str, now: datetime) -> None:
    if _verifies(chain, host, _load_all(system_certificates()), now):
        return
    leaf = _load(chain[0])
    if leaf is None:
        raise _untrusted(host, chain[0], "is self-made in a form that can't be verified")
    _check_validity(leaf, host, chain[0], now)
    if leaf.issuer == leaf.subject:
        raise _untrusted(host, chain[0], "is self-signed")
    if not _names(leaf, host):
        raise _misnamed(host, leaf, chain[0])
    raise _untrusted(host, chain[0], "isn't signed by a CA that this system trusts")


def system_certificates() -> tuple[bytes, ...]:
    """Return the CA certificates (DER) that this system trusts; empty if it has none."""
    paths = ssl.get_default_verify_paths()
    for candidate in (paths.cafile, paths.openssl_cafile, *_SYSTEM_FILES):
        try:
            certificates = tuple(_split_pem(Path(candidate).read_bytes())) if candidate else ()
        except OSError:
            continue
        if certificates:
            return certificates
    return ()


def _verifies(
    chain: Sequence[bytes], host: str, authorities: Sequence[x509.Certificate], now: datetime
) -> bool:
    leaf = _load(chain[0])
    if leaf is None or not authorities:
        return False
    try:
        policy = PolicyBuilder().extension_policies(**_AS_PRIVATE_CAS_SIGN)
        verifier = policy.store(Store(list(authorities))).time(now).build_server_verifier(_subject(host))
        verifier.verify(leaf, list(_load_all(chain[1:])))
    except (VerificationError, *_MALFORMED):
        return False
    return True


# -- what private CAs make (no key identifiers, odd criticality), also those that a system was told to trust


def _require_ca(_: Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("the issuer is no CA")


def _require_signing(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the issuer may not sign certificates")


def _require_serving(_: Policy, __: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    if usage is not None and not _SERVING.intersection(usage):
        raise ValueError("the certificate isn't for servers")


_SERVING: Final = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})
_AS_PRIVATE_CAS_SIGN: Final = {
    "ca_policy": ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _require_ca)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_signing),
    "ee_policy": ExtensionPolicy.permit_all()
    .require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _require_serving),
}


def _signs_directly(authority: x509.Certificate, leaf: x509.Certificate, now: datetime) -> bool:
    """For what the original's tools make and no verifier takes: version 1, or no alternative name."""
    if not (authority.not_valid_before_utc <= now <= authority.not_valid_after_utc):
        return False
    if not _may_sign(authority) or not _may_serve(leaf):
        return False
    try:
        leaf.verify_directly_issued_by(authority)
    except (*_MALFORMED, InvalidSignature):
        return False
    return True


def _may_sign(authority: x509.Certificate) -> bool:
    constraints = _extension(authority, x509.BasicConstraints)
    usage = _extension(authority, x509.KeyUsage)
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)


def _may_serve(leaf: x509.Certificate) -> bool:
    usage = _extension(leaf, x509.ExtendedKeyUsage)
    return usage is None or bool(_SERVING.intersection(usage))


def _extension(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _names(leaf: x509.Certificate, host: str) -> bool:
    """True if the certificate is made out to `host`; the common name counts only without alternatives."""
    alternatives = _extension(leaf, x509.SubjectAlternativeName)
    if alternatives is None:
        common = [str(name.value) for name in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        return any(name.lower() == host.lower().rstrip(".") for name in common)
    address = _address(host)
    if address is not None:
        return address in alternatives.get_values_for_type(x509.IPAddress)
    return any(_name_matches(name, host) for name in alternatives.get_values_for_type(x509.DNSName))


def _name_matches(pattern: str, host: str) -> bool:
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern.startswith("*."):
        _, dot, parent = host.partition(".")
        return bool(dot) and "." in parent and parent == pattern[2:]
    return pattern == host


def _check_validity(leaf: x509.Certificate, host: str, der: bytes, now: datetime) -> None:
    if now > leaf.not_valid_after_utc:
        reason = f"expired on {leaf.not_valid_after_utc:%Y-%m-%d}"
    elif now < leaf.not_valid_before_utc:
        reason = f"is valid only from {leaf.not_valid_before_utc:%Y-%m-%d} on"
    else:
        return
    raise Refusal(
        ErrorCode.SERVER_CERT_EXPIRES,
        f"the certificate of {host} {reason}: have the server's administrator renew it "
        f"(or check this machine's clock), or trust it as it is with --pin {fingerprint(der)}",
    )


def _untrusted(host: str, der: bytes, reason: str) -> Refusal:
    return Refusal(
        ErrorCode.CERT_NOT_TRUSTED,
        f"the certificate of {host} {reason}: compare its SHA-256 with what the server's administrator says, "
        f"then use --pin {fingerprint(der)}, or give its CA with --ca FILE",
    )


def _misnamed(host: str, leaf: x509.Certificate, der: bytes) -> Refusal:
    return Refusal(
        ErrorCode.HOSTNAME_MISMATCH,
        f"the certificate of the server isn't made out to {host} (but to {leaf.subject.rfc4514_string()}): "
        f"use the name in it, or trust exactly this certificate with --pin {fingerprint(der)}",
    )


def _subject(host: str) -> Subject:
    address = _address(host)
    return x509.IPAddress(address) if address is not None else x509.DNSName(host.rstrip("."))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _load(der: bytes) -> x509.Certificate | None:
    with warnings.catch_warnings():
        # Stock certificates have serial 0; it says nothing about who signed them.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            return x509.load_der_x509_certificate(der)
        except (ValueError, TypeError, x509.InvalidVersion):
            return None


def _load_all(certificates: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    return tuple(loaded for der in certificates if (loaded := _load(der)) is not None)


def _split_pem(content: bytes) -> Iterable[bytes]:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    for piece in content.decode("ascii", "replace").split(begin)[1:]:
        body, found, _ = piece.partition(end)
        if not found:
            continue
        try:
            yield ssl.PEM_cert_to_DER_cert(f"{begin}{body}{end}\n")
        except ValueError:
            continue
