"""Settings of the server as a whole, and its TLS identity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`identifier` is made once on first start: 16 random bytes that name this installation."""

    identifier: bytes
    name: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class ServerIdentity:
    """Certificate chain (DER, leaf first) and private key (PKCS#8 DER) shown to every TLS peer."""

    chain: tuple[bytes, ...]
    private_key: bytes
