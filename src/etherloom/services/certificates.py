"""The certificate that the server shows, in the forms that administrators want."""

from typing import Final

from cryptography.hazmat.primitives import serialization

from etherloom.state.owner import Owner


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

    def key(self) -> bytes | None:
        """The private key in the algorithm's own form (PKCS#1 for RSA): stock tools read no PKCS#8."""
        identity = self._owner.snapshot.identity
        if identity is None:
            return None
        key = serialization.load_der_private_key(identity.private_key, None)
        return key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
