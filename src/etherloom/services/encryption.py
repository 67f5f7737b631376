"""How peers must protect their connections: the ciphers and the TLS versions that the server accepts.

The certificate is another matter (see certificates); which cipher is the fastest, the engine's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.server import CIPHERS, ServerSettings
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

OWN_CHOICE: Final = "~DEFAULT~"
# What we serve by the names of OpenSSL; a name of either TLS version stands for the cipher in both.
_OPENSSL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "TLS_AES_256_GCM_SHA384": "AES-256-GCM",
        "TLS_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
        "TLS_AES_128_GCM_SHA256": "AES-128-GCM",
        "ECDHE-ECDSA-AES256-GCM-SHA384": "AES-256-GCM",
        "ECDHE-RSA-AES256-GCM-SHA384": "AES-256-GCM",
        "ECDHE-ECDSA-CHACHA20-POLY1305": "CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305": "CHACHA20-POLY1305",
        "ECDHE-ECDSA-AES128-GCM-SHA256": "AES-128-GCM",
        "ECDHE-RSA-AES128-GCM-SHA256": "AES-128-GCM",
    }
)
OPENSSL_NAMES: Final = tuple(_OPENSSL)
# What the original offers or offered besides: without forward secrecy, or without authenticated encryption.
_RETIRED: Final = frozenset(
    {
        *("RC4-MD5", "RC4-SHA", "DES-CBC-SHA", "DES-CBC3-SHA"),
        *("AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES256-SHA256"),
        *("AES128-GCM-SHA256", "AES256-GCM-SHA384"),
        *("DHE-RSA-AES128-SHA", "DHE-RSA-AES256-SHA", "DHE-RSA-AES128-SHA256", "DHE-RSA-AES256-SHA256"),
        *("DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305"),
        *("ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA"),
        *("ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384"),
    }
)
_SEPARATORS: Final = re.compile(r"[:;,\s]+")


async def set_encryption(
    owner: Owner, ciphers: Sequence[str] | None, tls_minimum: str | None, origin: Origin
) -> None:
    """Change what is given. No ciphers means all of them, the fastest first."""

    def derive(snapshot: Snapshot) -> Sequence[Operation]:
        settings: Final = snapshot.server
        changed = replace(
            settings,
            ciphers=settings.ciphers if ciphers is None else tuple(name.upper() for name in ciphers),
            cipher_names=settings.cipher_names if ciphers is None else "",
            tls_minimum=settings.tls_minimum if tls_minimum is None else tls_minimum,
        )
        return [Put(keys.SERVER_SETTINGS, changed)]

    await owner.apply(derive, origin)


async def set_ciphers_by_name(owner: Owner, text: str, origin: Origin) -> str:
    """Accept the ciphers of a list in the names of OpenSSL, the preferred one first, and return it as kept.

    Names of ciphers that are no longer served are kept and choose nothing; a list of such names alone means
    our own choice. Raises Refusal (CIPHER_NOT_SUPPORTED) for names that nobody knows; then nothing changes.
    """
    names = text.strip().upper()
    ciphers = () if names == OWN_CHOICE else read_ciphers(names)

    def derive(snapshot: Snapshot) -> Sequence[Operation]:
        kept = "" if names == OWN_CHOICE else names
        return [Put(keys.SERVER_SETTINGS, replace(snapshot.server, ciphers=ciphers, cipher_names=kept))]

    await owner.apply(derive, origin)
    return names


def cipher_names(settings: ServerSettings) -> str:
    """Return the list as an administrator wrote it, else what is accepted, else our own choice."""
    if settings.cipher_names:
        return settings.cipher_names
    chosen = (name for cipher in settings.ciphers for name, own in _OPENSSL.items() if own == cipher)
    return ":".join(chosen) or OWN_CHOICE


def read_ciphers(names: str) -> tuple[str, ...]:
    """Return the ciphers of a list in the names of OpenSSL. Raises Refusal (CIPHER_NOT_SUPPORTED)."""
    words = [word for word in _SEPARATORS.split(names) if word]
    unknown = [word[:64] for word in words if not _is_known(word)]
    if unknown or not words:
        raise Refusal(
            ErrorCode.CIPHER_NOT_SUPPORTED,
            f"{', '.join(unknown[:8]) or 'an empty list'} is not served here: use {OWN_CHOICE}, or names such"
            " as ECDHE-RSA-AES256-GCM-SHA384 and TLS_AES_256_GCM_SHA384 with : between them",
        )
    # A cipher named twice, once for each version of TLS, is one.
    chosen = (_OPENSSL.get(word, word) for word in words)
    return tuple(dict.fromkeys(cipher for cipher in chosen if cipher in CIPHERS))


def _is_known(word: str) -> bool:
    return word in _OPENSSL or word in CIPHERS or word in _RETIRED
