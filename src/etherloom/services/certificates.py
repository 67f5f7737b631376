"""The certificate that the server shows: in the forms that administrators want, replaced, and made anew."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.server import ServerIdentity
from etherloom.services.identity import make_identity
from etherloom.services.pem import PEM_MARK, split_certificates
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner

_LONGEST_CERTIFICATE: Final = 65_536
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_RSA_BITS: Final = (2_048, 8_192)
_LONGEST_CHAIN: Final = 10
_LONGEST_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class Certificates:
    """The server's own certificate and key, DER."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    def leaf(self) -> bytes | None:
        """The certificate itself; None before the first one was made."""
        identity = self._owner.snapshot.identity
        return identity.chain[0] if identity is not None else None

    def intermediates(self) -> tuple[bytes, ...]:
        """The certificates between it and its root."""
        identity = self._owner.snapshot.identity
        return identity.chain[1:] if identity is not None else ()

    def is_root(self) -> bool:
        """True if the certificate is its own issuer's; False too if it is too odd to be read."""
        leaf = self.leaf()
        if leaf is None:
            return False
        try:
            certificate = x509.load_der_x509_certificate(leaf)
        except ValueError:
            return False
        return certificate.issuer == certificate.subject

    def key(self) -> bytes | None:
        """The private key in the algorithm's own form (PKCS#1 for RSA): stock tools read no PKCS#8."""
        identity = self._owner.snapshot.identity
        if identity is None:
            return None
        key = serialization.load_der_private_key(identity.private_key, None)
        own_form = serialization.PrivateFormat.TraditionalOpenSSL
        if isinstance(key, ed25519.Ed25519PrivateKey):
            own_form = serialization.PrivateFormat.PKCS8
        return key.private_bytes(serialization.Encoding.DER, own_form, serialization.NoEncryption())

    async def replace(
        self, certificate: bytes | None, intermediates: Sequence[bytes], key: bytes | None, origin: Origin
    ) -> None:
        """Show this certificate from now on. Raises Refusal unless the key is the certificate's."""
        identity = read_identity(certificate or b"", intermediates, key or b"")
        await self._put(identity, origin)

    async def regenerate(self, common_name: str, origin: Origin) -> None:
        """Make a new key, and a certificate of this name that it has signed itself."""
        # Finding two primes takes long enough to be felt.
        identity = await asyncio.to_thread(make_identity, common_name, datetime.now(UTC))
        await self._put(identity, origin)

    async def _put(self, identity: ServerIdentity, origin: Origin) -> None:
        def derive(_snapshot: object) -> Sequence[Operation]:
            return [Put(keys.SERVER_IDENTITY, identity)]

        await self._owner.apply(derive, origin)


def read_identity(certificate: bytes, intermediates: Sequence[bytes], key: bytes) -> ServerIdentity:
    """Return what both make together. Raises Refusal (PROTOCOL_ERROR, as the original says it)."""
    if not certificate or not key:
        raise _refused("a certificate and its private key are needed, DER or PEM")
    certificate, *bundled = _read_certificates(certificate)
    intermediates = (*bundled, *(one for given in intermediates for one in _read_certificates(given)))
    if len(intermediates) > _LONGEST_CHAIN or any(len(one) > _LONGEST_CERTIFICATE for one in intermediates):
        raise _refused(f"a chain has at most {_LONGEST_CHAIN} certificates of {_LONGEST_CERTIFICATE} bytes")
    private = _read_key(key)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # Looked for, not parsed: certificates of the original don't load in strict readers.
    if public not in certificate or len(certificate) > _LONGEST_CERTIFICATE:
        raise _refused("the private key doesn't belong to the certificate")
    chain = (certificate, *(one for one in intermediates if one and one != certificate))
    return ServerIdentity(
        chain,
        private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _read_certificates(content: bytes) -> Sequence[bytes]:
    """The certificates in a file, DER; there is at least one."""
    found = split_certificates(content)
    if not found:
        raise _refused("the certificate can't be read: it must be DER or PEM")
    return found


def _read_key(content: bytes) -> PrivateKey:
    load = serialization.load_pem_private_key if PEM_MARK in content else serialization.load_der_private_key
    try:
        key = load(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _refused("the private key can't be read: DER or PEM without a pass phrase") from None
    match key:
        case rsa.RSAPrivateKey() if _RSA_BITS[0] <= key.key_size <= _RSA_BITS[1]:
            return key
        case ec.EllipticCurvePrivateKey() if isinstance(key.curve, _CURVES):
            return key
        case ed25519.Ed25519PrivateKey():
            return key
        case _:
            raise _refused("the key must be RSA of 2,048 to 8,192 bits, ECDSA on P-256 to P-521, or Ed25519")


def _refused(sentence: str) -> Refusal:
    return Refusal(ErrorCode.PROTOCOL_ERROR, sentence)
