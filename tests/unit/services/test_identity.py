"""The certificate that a server makes for itself."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from etherloom.services.identity import make_identity

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_shape_of_the_certificate() -> None:
    identity = make_identity("vpn.example", NOW)
    (der,) = identity.chain
    certificate = x509.load_der_x509_certificate(der)
    attributes = {a.oid._name: a.value for a in certificate.subject}
    assert attributes == {
        "commonName": "vpn.example",
        "organizationName": "vpn.example",
        "organizationalUnitName": "vpn.example",
        "countryName": "US",
    }
    assert certificate.issuer == certificate.subject
    assert certificate.not_valid_after_utc.date().isoformat() == "2037-12-31"
    assert certificate.not_valid_before_utc < NOW
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["vpn.example"]


def test_key_belongs_to_the_certificate_and_stays_out_of_repr() -> None:
    identity = make_identity("box", NOW)
    key = load_der_private_key(identity.private_key, None)
    certificate = x509.load_der_x509_certificate(identity.chain[0])
    public = certificate.public_key()
    assert isinstance(key, RSAPrivateKey)
    assert isinstance(public, RSAPublicKey)
    assert key.key_size == 2048
    assert public.public_numbers() == key.public_key().public_numbers()
    public.verify(
        certificate.signature,
        certificate.tbs_certificate_bytes,
        padding.PKCS1v15(),
        certificate.signature_hash_algorithm or pytest.fail("no signature algorithm"),
    )
    assert repr(identity.private_key) not in repr(identity)


@pytest.mark.parametrize("name", ["", "näme with blanks", "x" * 70, "a" * 300])
def test_odd_host_names_still_give_a_certificate(name: str) -> None:
    certificate = x509.load_der_x509_certificate(make_identity(name, NOW).chain[0])
    assert certificate.subject == certificate.issuer
