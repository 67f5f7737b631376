"""Certificates as administrators give them: DER, or PEM with any number of them. Judges nothing."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Final

PEM_MARK: Final = b"-----BEGIN "
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


def split_certificates(content: bytes) -> Sequence[bytes]:
    """Return the certificates, DER; what isn't PEM is one of them. Empty if PEM holds none."""
    if PEM_MARK not in content:
        return (content,)
    try:
        return [b64decode(body, validate=False) for body in _CERTIFICATE.findall(content)]
    except Base64Error:
        return []


def first_certificate(content: bytes) -> bytes:
    """Return the first certificate, DER; whatever isn't one comes back as it is, for others to refuse."""
    return next(iter(split_certificates(content)), content)
