"""Who makes an HTTP request: the server's or a hub's administrator, by header fields (reference: §4.2).

Judges passwords and addresses only; what a caller may do is the dispatcher's.
"""

import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from etherloom.auth.administration import address_permitted, parse_peer
from etherloom.auth.attempts import Attempts
from etherloom.model.names import fold
from etherloom.rpc.caller import Caller, Role
from etherloom.state.owner import Owner
from etherloom.wire.digest import hash_administrator_password

_ADMINISTRATOR: Final = "administrator"
_NOBODY: Final = bytes(20)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows. `explicit`: by fields of this API's own, which no browser adds by itself."""

    hub: str
    password: str = field(repr=False)
    explicit: bool


def read_credentials(headers: Mapping[str, str]) -> Credentials | None:
    """Return what the header fields (names in lower case) show, or None if that is nothing."""
    password = headers.get("x-vpnadmin-password")
    if password is not None:
        return Credentials(headers.get("x-vpnadmin-hubname", ""), password, explicit=True)
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        user, colon, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        return None
    return Credentials(user, password, explicit=False) if colon else None


class HttpGate:
    """Lets administrators in. Without a password that was set on purpose nobody is."""

    def __init__(self, owner: Owner, read_address_list: Callable[[], str | None], attempts: Attempts) -> None:
        self._owner: Final = owner
        self._read_address_list: Final = read_address_list
        self._attempts: Final = attempts

    def admit(self, shown: Credentials, peer: str) -> Caller | None:
        """Return the administrator, or None. An unknown hub costs as much time as a wrong password."""
        address = parse_peer(peer)
        if not self._attempts.allows(address):
            return None
        of_server = fold(shown.hub) in ("", _ADMINISTRATOR)
        secret = self._owner.snapshot.administrator(None if of_server else shown.hub)
        hashed = secret.hashed if secret is not None else b""
        same = hmac.compare_digest(hash_administrator_password(shown.password), hashed or _NOBODY)
        if not (same and hashed and shown.password):
            self._attempts.fail(address)
            return None
        if not self._permits(peer, "" if of_server else shown.hub):
            return None
        return Caller(Role.SERVER if of_server else Role.HUB, "" if of_server else shown.hub, peer)

    def _permits(self, peer: str, hub: str) -> bool:
        rules = self._read_address_list()
        return rules is None or address_permitted(rules, parse_peer(peer), hub)
