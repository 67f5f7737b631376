"""The key that seals secrets at rest, and where it comes from: a systemd credential or a file of 0600.

AES-256-GCM, bound to the document's key, so that a sealed value can't be moved to another place.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from etherloom.store.directory import StateDirectory
from etherloom.store.log import StoreError

KEY_FILE: Final = "state.key"
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Seal:
    """Seals and opens secrets with one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher: Final = AESGCM(key)

    def close(self, place: str, secret: bytes) -> bytes:
        """Return `secret` sealed for this place."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        """Return what was sealed for this place. Raises StoreError if it wasn't, or with another key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise StoreError(
                f"the secret {place} can't be opened: it is damaged or was sealed with another {KEY_FILE}; "
                "put the right key back or restore a backup"
            ) from None


def read_key(directory: StateDirectory, environ: Mapping[str, str]) -> bytes | None:
    """Return the key from the systemd credential, else from the key file, else None."""
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (credential := Path(credentials) / KEY_FILE).exists():
        return _parse(credential)
    return _parse(directory.path / KEY_FILE) if directory.check_file(KEY_FILE) else None


def make_key(directory: StateDirectory) -> bytes:
    """Make a new key and keep it in the key file."""
    key = os.urandom(KEY_BYTES)
    write_key(directory, key)
    return key


def write_key(directory: StateDirectory, key: bytes) -> None:
    """Keep `key` in the key file, durably."""
    directory.create_file(KEY_FILE, key.hex().encode() + b"\n")


def _parse(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        key = content if len(content) == KEY_BYTES else bytes.fromhex(content.decode("ascii"))
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path} holds no key (32 bytes, or 64 hexadecimal digits): put the right one back")
    return key
