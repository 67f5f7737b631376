"""The server's own certificate, made on first start: the shape that stock peers know. Touches no state."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from etherloom.model.server import ServerIdentity

KEY_BITS: Final = 2048
EXPIRES: Final = datetime(2037, 12, 31, 23, 59, 59, tzinfo=UTC)
_DNS_NAME: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\Z")
_LONGEST_COMMON_NAME: Final = 64
_USAGES: Final = (
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.CODE_SIGNING,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.TIME_STAMPING,
    ExtendedKeyUsageOID.OCSP_SIGNING,
)


def make_identity(host_name: str, now: datetime) -> ServerIdentity:
    """A new key and a self-signed certificate for it. Takes a noticeable part of a second."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    name = _name(host_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        # The original writes 0, which strict readers refuse; no peer looks at it.
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(EXPIRES)
    )
    for extension, critical in _extensions(host_name):
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(key, hashes.SHA256())
    return ServerIdentity(
        chain=(certificate.public_bytes(serialization.Encoding.DER),),
        private_key=key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _name(host_name: str) -> x509.Name:
    common = host_name[:_LONGEST_COMMON_NAME] or "localhost"
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, common),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
        ]
    )


def _extensions(host_name: str) -> Sequence[tuple[x509.ExtensionType, bool]]:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (usage, False),
        (x509.ExtendedKeyUsage(_USAGES), False),
    ]
    if _DNS_NAME.match(host_name):
        # For clients that check names, unlike the original's.
        extensions.append((x509.SubjectAlternativeName([x509.DNSName(host_name)]), False))
    return extensions
