"""The kept configuration files with keys in their places, and small files for single questions."""

from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from re import sub
from typing import Final

from cryptography.hazmat.primitives import serialization

from etherloom.services.identity import make_identity
from etherloom.wire.config_text import Block

VECTORS: Final = Path(__file__).parent.parent / "vectors" / "configuration"
_NAMED_BY: Final = {
    "CascadeList": "ClientOption/AccountName",
    "CertList": "X509",
    "LocalBridgeList": "DeviceName",
}
_NO_KEY: Final = "(DER-PRIVATE-KEY-IN-BASE64:-make-one-with-the-real-server)"


@cache
def identity() -> tuple[bytes, bytes]:
    """A certificate and its key in the form that the original writes (PKCS#1)."""
    made = make_identity("vpn.example.org", datetime.now(UTC))
    key = serialization.load_der_private_key(made.private_key, None).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return made.chain[0], key


def read_vector(name: str) -> str:
    """A kept file, its keys replaced by one that belongs to its certificate."""
    certificate, key = (b64encode(part).decode() for part in identity())
    text = (VECTORS / name).read_text().replace(_NO_KEY, key)
    return sub(r"byte ServerCert (?=MIID)\S+", lambda _: f"byte ServerCert {certificate}", text, count=1)


def block(name: str, *contents: str) -> str:
    """A block with these lines and blocks."""
    inside = "".join(content if content.endswith("\n") else f"{content}\n" for content in contents)
    return f"declare {name}\n{{\n{inside}}}\n"


def hub_file(*contents: str, server: str = "") -> bytes:
    """A file with one hub, LAB, of these contents."""
    hubs = block("VirtualHUB", block("LAB", *contents))
    return block("root", block("ServerConfiguration", server), hubs).encode()


def user_file(*users: str) -> bytes:
    """A file with one hub that has these users, written as blocks."""
    return hub_file(block("SecurityAccountDatabase", block("UserList", *users)))


def flatten(tree: Block, path: str = "") -> dict[str, tuple[str, str]]:
    """Every item by its path; members of lists by what names them, since their order may change."""
    found = {f"{path}{item.name}": (item.type, item.value) for item in tree.items}
    for inner in tree.blocks:
        found.update(flatten(inner, f"{path}{_name_in_list(tree, inner)}/"))
    return found


def _name_in_list(outer: Block, inner: Block) -> str:
    key = _NAMED_BY.get(outer.name)
    if key is None or inner.name.startswith("Kept-"):
        return inner.name
    return flatten(inner)[key][1]
