"""Settings of the server as a whole, and its TLS identity."""

from dataclasses import dataclass
from typing import Final

CIPHERS: Final = ("AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305")
TLS_VERSIONS: Final = ("1.2", "1.3")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`identifier` is made once on first start: 16 random bytes that name this installation.

    `ciphers` are the only ones accepted, the preferred one first; none means all, as the machine does them
    fastest. `tls_minimum` is the oldest version of TLS that a peer may speak. `cipher_names` is the list of
    ciphers as an administrator wrote it, in the names of OpenSSL; empty: nobody did.
    """

    identifier: bytes
    name: str = ""
    ciphers: tuple[str, ...] = ()
    tls_minimum: str = TLS_VERSIONS[0]
    cipher_names: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class ServerIdentity:
    """Certificate chain (DER, leaf first) and private key (PKCS#8 DER) shown to every TLS peer."""

    chain: tuple[bytes, ...]
    private_key: bytes


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Packets to a host on the Internet that keep a line open. Off until somebody wants them; seconds."""

    enabled: bool = False
    host: str = ""
    port: int = 80
    udp: bool = True
    interval: int = 50


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """The part that the original's kind of cluster would give this server."""

    weight: int = 100
    controller_only: bool = False
