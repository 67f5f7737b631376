"""Self-signed certificates for tests, made on the spot."""

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_PLACES = (
    NameOID.COMMON_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.COUNTRY_NAME,
)


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def make_certificate(*names: str) -> bytes:
    """Return a certificate (DER) with these names: common name, organization, unit, state, city, country."""
    name = x509.Name([x509.NameAttribute(place, value) for place, value in zip(_PLACES, names, strict=False)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(0x1234_5678_90)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC))
    )
    return builder.sign(_key(), hashes.SHA256()).public_bytes(Encoding.DER)
