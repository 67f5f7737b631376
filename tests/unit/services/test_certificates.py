"""The server's certificate in the forms that administrators want."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from etherloom.services.certificates import Certificates
from etherloom.services.identity import make_identity
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support import configuration as known
from tests.support.configuration import open_configuration


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
