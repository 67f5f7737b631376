"""Administration log-ins: the password of the server or of a hub, and the list of permitted addresses.

Sessions of users are not judged here (see gate).
"""

import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from etherloom.auth.authenticator import Denied
from etherloom.model.errors import ErrorCode
from etherloom.model.hub import AdministratorSecret
from etherloom.wire.digest import hash_administrator_password, secure_password

_NOBODY = bytes(20)


def check_administrator(
    secret: AdministratorSecret | None, response: bytes, challenge: bytes, *, of_hub: bool
) -> Denied | None:
    """Return why the log-in is refused, or None when the response proves the password.

    Without a password nobody is let in, and the empty one is none, even where an imported configuration
    brought it: here stands no open door until somebody closes it.
    """
    hashed = secret.hashed if secret is not None and not is_empty_password(secret) else b""
    same = hmac.compare_digest(secure_password(hashed or _NOBODY, challenge), response)
    if hashed and same:
        return None
    if hashed:
        return Denied(ErrorCode.ACCESS_DENIED, "wrong administrator password")
    empty = secure_password(hash_administrator_password(b""), challenge)
    if of_hub and hmac.compare_digest(empty, response):
        return Denied(ErrorCode.NULL_PASSWORD_LOCAL_ONLY, "the hub has no administrator password")
    return Denied(ErrorCode.ACCESS_DENIED, "no administrator password is set")


def is_empty_password(secret: AdministratorSecret | None) -> bool:
    """True if the password that was set is the empty one (stock clients ask)."""
    return secret is not None and hmac.compare_digest(secret.hashed, hash_administrator_password(b""))


def address_permitted(rules: str, address: IPv4Address | IPv6Address, hub: str) -> bool:
    """True if a line of the address list permits `address`; `hub` is empty for the server's administrators.

    An empty list permits nobody; a missing one is the caller's matter.
    """
    return any(_permits(line, address, hub) for line in rules.splitlines())


def _permits(line: str, address: IPv4Address | IPv6Address, hub: str) -> bool:
    tokens = line.split("//")[0].split("#")[0].split()
    if not tokens or (len(tokens) > 1 and tokens[1].casefold() != hub.casefold()):
        return False
    if tokens[0] == "*":
        return True
    try:
        return address in ip_network(tokens[0], strict=False)
    except ValueError:
        return False


def parse_peer(text: str) -> IPv4Address | IPv6Address:
    """The address of a peer as it is compared: an IPv4 address in IPv6 clothes is IPv4."""
    address = ip_address(text.split("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
