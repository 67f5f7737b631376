"""X.509 certificates and RSA keys as files, and how they are described in tables.

Certificates stay the DER that they are; only what is shown or made is parsed.
"""

import os
import re
import warnings
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha1
from pathlib import Path
from textwrap import wrap
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from etherloom.model.errors import ErrorCode
from etherloom.vpncmd import messages
from etherloom.vpncmd.command import Failure

_MODE: Final = 0o600
_DEFAULT_DAYS: Final = 3_650
_EXPONENT: Final = 65_537
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_PEM_LINE: Final = 64
_NAMES: Final = (
    ("CN", NameOID.COMMON_NAME),
    ("O", NameOID.ORGANIZATION_NAME),
    ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("C", NameOID.COUNTRY_NAME),
    ("ST", NameOID.STATE_OR_PROVINCE_NAME),
    ("L", NameOID.LOCALITY_NAME),
)


def save(path: str, content: bytes, sentence: str = messages.NOT_SAVED) -> None:
    """Write a file that only its owner may read. Raises Failure."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
        with os.fdopen(number, "wb") as file:
            file.write(content)
    except OSError:
        raise Failure(ErrorCode.INTERNAL_ERROR, sentence) from None


def load_certificate(
    path: Path, code: ErrorCode = ErrorCode.INTERNAL_ERROR, sentence: str = messages.NO_CERTIFICATE
) -> bytes:
    """The DER of a certificate in a file, PEM or DER, as it is. Raises Failure."""
    try:
        content = path.read_bytes()
        found = _PEM.search(content)
        der = b64decode(found[1]) if found else content
        _parse(der)
    except (OSError, ValueError):
        raise Failure(code, sentence) from None
    return der


def _parse(der: bytes) -> x509.Certificate:
    """Stock servers make certificates with the serial number 0: the library warns, and reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return x509.load_der_x509_certificate(der)


def _read_key(path: Path) -> rsa.RSAPrivateKey:
    try:
        content = path.read_bytes()
        pem = b"-----BEGIN" in content
        key = (
            serialization.load_pem_private_key(content, None)
            if pem
            else serialization.load_der_private_key(content, None)
        )
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    except (OSError, ValueError, TypeError):
        pass
    raise Failure(ErrorCode.INTERNAL_ERROR, messages.NO_KEY)


def load_key(path: Path) -> bytes:
    """The DER of an RSA key without a passphrase. Raises Failure."""
    return _read_key(path).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def certificate_file(der: bytes) -> bytes:
    """The PEM of a certificate, which need not be a sound one."""
    return _pem("CERTIFICATE", der)


def key_file(der: bytes) -> bytes:
    try:
        key = serialization.load_der_private_key(der, None)
    except (ValueError, TypeError):
        return _pem("RSA PRIVATE KEY", der)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pem(label: str, der: bytes) -> bytes:
    body = "\n".join(wrap(b64encode(der).decode(), _PEM_LINE))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()


def describe(der: bytes) -> str:
    """One line about a certificate."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(der)
            names = [f"{name}={value}" for name, value in _name_parts(certificate.subject)]
            serial = _serial_bytes(certificate.serial_number).hex().upper()
    except ValueError:
        return "a certificate that this program can't read"
    digests = f'MD5="{md5(der).hexdigest().upper()}", SHA1="{sha1(der).hexdigest().upper()}"'  # noqa: S324
    return f'{", ".join(names)}, SERIAL="{serial}" (Digest: {digests})'


def _name_parts(name: x509.Name) -> list[tuple[str, str]]:
    found = [(label, name.get_attributes_for_oid(oid)) for label, oid in _NAMES]
    return [(label, str(attributes[0].value)) for label, attributes in found if attributes]


def _serial_bytes(serial: int) -> bytes:
    return serial.to_bytes(max(1, (serial.bit_length() + 7) // 8))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new certificate is to say. `names`: by their short labels."""

    names: dict[str, str]
    serial: bytes
    days: int
    bits: int


def make(wanted: Wanted, signer: tuple[Path, Path] | None) -> tuple[bytes, bytes]:
    """A new certificate and its key, PEM, signed by itself or by the signer. Raises Failure."""
    try:
        return _make(wanted, signer)
    except ValueError as error:
        raise Failure(ErrorCode.INVALID_PARAMETER, f"No certificate can say this: {error}") from None


def _make(wanted: Wanted, signer: tuple[Path, Path] | None) -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(_EXPONENT, wanted.bits)
    chosen = ((oid, wanted.names[label]) for label, oid in _NAMES if wanted.names[label])
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in chosen])
    issuer, signing_key = (subject, key) if signer is None else _signer(*signer)
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(wanted.serial) or x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=wanted.days or _DEFAULT_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(signing_key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _signer(certificate: Path, key: Path) -> tuple[x509.Name, rsa.RSAPrivateKey]:
    loaded = _parse(load_certificate(certificate))
    return loaded.subject, _read_key(key)
