"""What records may say, and how documents must hang together. Lists all faults, not the first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from etherloom.model.bridge import LocalBridge
from etherloom.model.credential import PasswordSecret
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import AdministratorSecret, Hub
from etherloom.model.listener import Listener
from etherloom.model.names import check_hub_name, check_user_name
from etherloom.model.policy import POLICY_ITEMS, Policy
from etherloom.model.server import CIPHERS, TLS_VERSIONS, ServerIdentity, ServerSettings
from etherloom.model.user import User
from etherloom.state import keys
from etherloom.state.documents import Record
from etherloom.state.snapshot import Snapshot

_WORD: Final = 0xFFFF_FFFF
_TIME: Final = 0x7FFF_FFFF_FFFF_FFFF
_TEXT: Final = 511
_SHA: Final = 20
_NT: Final = 16
_IDENTIFIER: Final = 16
_INTERFACE: Final = 15
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a code for the wire and a sentence for people."""

    code: ErrorCode
    message: str


def refuse(faults: list[Fault]) -> Refusal:
    """Return all the faults as one refusal; its code is the first one's."""
    lines = [fault.message for fault in faults[:_SHOWN]]
    if len(faults) > _SHOWN:
        lines.append(f"and {len(faults) - _SHOWN} more faults")
    return Refusal(faults[0].code, "; ".join(lines))


def find_record_faults(key: str, record: Record) -> Iterator[Fault]:
    """Yield what is wrong with a record by itself and with the key it is put under."""
    if _own_key(key, record) != key:
        yield Fault(ErrorCode.INVALID_PARAMETER, f"the name in the document doesn't belong to the key {key}")
    yield from _field_faults(record)


def _field_faults(record: Record) -> Iterator[Fault]:
    match record:
        case ServerSettings():
            yield from _settings_faults(record)
        case ServerIdentity():
            yield from _identity_faults(record)
        case AdministratorSecret():
            yield from _administrator_faults(record)
        case Listener():
            yield from _listener_faults(record)
        case Hub():
            yield from _hub_faults(record)
        case User():
            yield from _user_faults(record)
        case PasswordSecret():
            yield from _password_faults(record)
        case LocalBridge():
            yield from _bridge_faults(record)
        case _:
            assert_never(record)


def find_relation_faults(key: str, snapshot: Snapshot) -> Iterator[Fault]:
    """Yield what the document under `key` misses in the whole, once all operations are done."""
    record = snapshot.get(key)
    path = key.split("/")
    if record is None or path[0] != "hub":
        return
    hub = "/".join(path[:2])
    if len(path) > 2 and snapshot.get(hub) is None:
        yield Fault(ErrorCode.HUB_NOT_FOUND, f"there is no hub {path[1]!r}: create it first")
    elif isinstance(record, PasswordSecret) and snapshot.get("/".join(path[:4])) is None:
        yield Fault(ErrorCode.OBJECT_NOT_FOUND, f"there is no user {path[3]!r} in hub {path[1]!r}")


def check_policy(policy: Policy) -> Iterator[str]:
    """Yield a sentence for every item out of its range."""
    for item in POLICY_ITEMS:
        value = getattr(policy, item.field)
        if item.is_flag or item.minimum <= value <= item.maximum or (value == 0 and item.zero_allowed):
            continue
        zero = "0 or " if item.zero_allowed else ""
        yield f"policy {item.name} is {zero}{item.minimum} to {item.maximum}, not {value}"


def _own_key(key: str, record: Record) -> str:
    match record:
        case Hub():
            return keys.hub_key(record.name)
        case User():
            return f"{key.rpartition('/')[0]}/{keys.encode_name(record.name)}"
        case Listener():
            return keys.listener_key(record.port)
        case LocalBridge():
            return keys.bridge_key(record.hub, record.device)
        case _:
            return key


def _settings_faults(settings: ServerSettings) -> Iterator[Fault]:
    if len(settings.identifier) != _IDENTIFIER:
        yield _invalid(f"the server's identifier has {_IDENTIFIER} bytes")
    yield from _text_faults(settings.name, "the server's name")
    for cipher in settings.ciphers:
        if cipher not in CIPHERS:
            yield _invalid(f"{cipher!r} is no cipher: use {', '.join(CIPHERS)}")
    if len(set(settings.ciphers)) < len(settings.ciphers):
        yield _invalid("a cipher is named twice")
    if settings.tls_minimum not in TLS_VERSIONS:
        yield _invalid(f"the oldest TLS version is {' or '.join(TLS_VERSIONS)}, not {settings.tls_minimum!r}")


def _identity_faults(identity: ServerIdentity) -> Iterator[Fault]:
    if not all(identity.chain) or not identity.chain or not identity.private_key:
        yield _invalid("the server's identity needs a certificate and its private key")


def _administrator_faults(secret: AdministratorSecret) -> Iterator[Fault]:
    yield from _length_faults(secret.hashed, _SHA, "an administrator's password hash")
    yield from _length_faults(secret.as_user, _SHA, "an administrator's second password hash")


def _password_faults(secret: PasswordSecret) -> Iterator[Fault]:
    if len(secret.hashed_key) != _SHA:
        yield _invalid(f"a password hash has {_SHA} bytes, not {len(secret.hashed_key)}")
    yield from _length_faults(secret.nt_hash, _NT, "an NT password hash")


def _listener_faults(listener: Listener) -> Iterator[Fault]:
    yield from _range_faults(listener.port, 1, 65_535, "a port")
    yield from _range_faults(listener.unestablished_per_source, 1, _WORD, "the cap per source address")
    yield from _range_faults(listener.unestablished_total, 1, _WORD, "the cap of connections in all")


def _hub_faults(hub: Hub) -> Iterator[Fault]:
    yield from _refusal_faults(check_hub_name, hub.name)
    yield from _range_faults(hub.maximum_sessions, 0, _WORD, "the highest number of sessions")
    yield from _range_faults(hub.created, 0, _TIME, "the time of creation")


def _user_faults(user: User) -> Iterator[Fault]:
    yield from _refusal_faults(check_user_name, user.name)
    yield from _text_faults(user.real_name, f"the real name of {user.name}")
    yield from _text_faults(user.note, f"the note of {user.name}")
    for value, what in ((user.created, "created"), (user.updated, "updated"), (user.expires, "expires")):
        yield from _range_faults(value, 0, _TIME, f"the time {what} of {user.name}")
    if user.group:
        yield Fault(ErrorCode.GROUP_NOT_FOUND, f"there is no group {user.group!r}")
    if user.policy is not None:
        yield from (_invalid(f"user {user.name}: {sentence}") for sentence in check_policy(user.policy))


def _bridge_faults(bridge: LocalBridge) -> Iterator[Fault]:
    # The hub need not exist (yet): a bridge waits for it, as it does for its device.
    yield from _refusal_faults(check_hub_name, bridge.hub)
    name = bridge.device
    if not name.isprintable() or not name or any(sign in name for sign in "/: ") or name in (".", ".."):
        yield _invalid(f"{name!r} can't name a network device: no blank, slash or colon")
    elif len(name.encode()) > _INTERFACE:
        yield _invalid(f"{name!r} can't name a network device: at most {_INTERFACE} bytes")


def _refusal_faults(check: Callable[[str], str], name: str) -> Iterator[Fault]:
    try:
        check(name)
    except Refusal as refusal:
        yield Fault(refusal.code, refusal.message)


def _range_faults(value: int, minimum: int, maximum: int, what: str) -> Iterator[Fault]:
    if not minimum <= value <= maximum:
        yield _invalid(f"{what} is {minimum} to {maximum}, not {value}")


def _text_faults(text: str, what: str) -> Iterator[Fault]:
    if len(text) > _TEXT:
        yield _invalid(f"{what} has at most {_TEXT} characters, not {len(text)}")


def _length_faults(value: bytes, length: int, what: str) -> Iterator[Fault]:
    if len(value) not in (0, length):
        yield _invalid(f"{what} has {length} bytes (or none), not {len(value)}")


def _invalid(message: str) -> Fault:
    return Fault(ErrorCode.INVALID_PARAMETER, message)
