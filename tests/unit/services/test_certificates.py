"""The server's certificate in the forms that administrators want."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.server import ServerIdentity
from etherloom.services.certificates import Certificates, read_identity
from etherloom.services.identity import make_identity
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support import configuration as known
from tests.support.configuration import TEST, open_configuration


async def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        certificates = Certificates(owner)
        assert (certificates.leaf(), certificates.key(), certificates.intermediates()) == (None, None, ())
        identity = make_identity("vpn.example", datetime(2026, 1, 1, tzinfo=UTC))
        await known.put(owner, Put(keys.SERVER_IDENTITY, identity))
        leaf, key = certificates.leaf(), certificates.key()
        assert leaf is not None
        assert key is not None
        shown = x509.load_der_x509_certificate(leaf).public_key()
        private = load_der_private_key(key, None).public_key()
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert shown.public_bytes(*form) == private.public_bytes(*form)


async def test_the_key_is_in_the_form_that_stock_tools_read(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        identity = make_identity("vpn.example", datetime(2026, 1, 1, tzinfo=UTC))
        await known.put(owner, Put(keys.SERVER_IDENTITY, identity))
        key = Certificates(owner).key()
        assert key is not None
        # PKCS#1: SEQUENCE, INTEGER 0, then the modulus as an INTEGER; PKCS#8 has a SEQUENCE there.
        assert key[4:8] == b"\x02\x01\x00\x02"


def made(name: str) -> ServerIdentity:
    return make_identity(name, datetime(2026, 1, 1, tzinfo=UTC))


def pem(identity: ServerIdentity) -> tuple[bytes, bytes]:
    certificate = x509.load_der_x509_certificate(identity.chain[0]).public_bytes(Encoding.PEM)
    key = load_der_private_key(identity.private_key, None)
    return certificate, key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


async def test_a_pair_is_replaced(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        certificates, one, two = Certificates(owner), made("one.example"), made("two.example")
        await certificates.replace(one.chain[0], (two.chain[0], one.chain[0]), one.private_key, TEST)
        assert (certificates.leaf(), certificates.intermediates()) == (one.chain[0], two.chain)
        await certificates.regenerate("new.example", TEST)
        leaf = certificates.leaf()
        assert leaf is not None
        name = x509.load_der_x509_certificate(leaf).subject.rfc4514_string()
        assert "CN=new.example" in name
        assert certificates.is_root()


def test_pem_is_read_as_well_and_a_bundle_is_a_chain() -> None:
    one, two = made("one.example"), made("two.example")
    certificate, key = pem(one)
    assert read_identity(certificate, (), key) == one
    bundle = b"subject=one\n" + certificate + pem(two)[0]
    assert read_identity(bundle, (), key).chain == (one.chain[0], two.chain[0])


def weak() -> bytes:
    key = rsa.generate_private_key(65_537, 1_024)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("certificate", "key"),
    [
        (b"", b""),
        (made("one.example").chain[0], b""),
        (b"", made("one.example").private_key),
        (made("one.example").chain[0], made("two.example").private_key),
        (made("one.example").chain[0], b"no key"),
        (b"-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----", made("one.example").private_key),
        (made("one.example").chain[0], weak()),
    ],
)
def test_what_is_no_pair_is_refused(certificate: bytes, key: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_identity(certificate, (), key)
    assert refused.value.code is ErrorCode.PROTOCOL_ERROR
