"""Access rules as the engine takes them: one record of fixed length a rule, texts apart. Pure.

A list may have 32,768 rules; as dictionaries they would hold the interpreter too long. The other end is
`rust/python/src/access_rules.rs`.
"""

import struct
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import IntFlag
from functools import lru_cache
from typing import Final

from etherloom.model.access_list import AccessRule
from etherloom.model.names import fold

# A record: what every list says alike, the numbers of users and redirection, what every list says alike.
_HEAD: Final = struct.Struct("!IHBBBxH4H")
_WHOS: Final = struct.Struct("!III")
_TAIL: Final = struct.Struct("!16s16s16s16s6s6s6s6s")
_WHO: Final = 30
_NAME: Final = 1
_LISTED: Final = 2
_NOT_LISTED: Final = 3
_INCLUDE: Final = "include:"
_EXCLUDE: Final = "exclude:"
_REMEMBERED: Final = 65_536
_ADDRESS: Final = 16

# Users in a file of this name, folded.
ReadList = Callable[[str], Collection[str]]


class _Flag(IntFlag):
    DISCARD = 1
    ACTIVE = 1 << 1
    IPV6 = 1 << 2
    SOURCE = 1 << 3
    TARGET = 1 << 4
    SOURCE_PORTS = 1 << 5
    TARGET_PORTS = 1 << 6
    SOURCE_MAC = 1 << 7
    TARGET_MAC = 1 << 8
    TCP_STATE = 1 << 9
    ESTABLISHED = 1 << 10


@dataclass(frozen=True, slots=True)
class AccessRecords:
    """What the engine takes: records, and the names and lists of users that they name by number."""

    records: bytes
    names: tuple[str, ...]
    lists: tuple[tuple[str, ...], ...]


def list_name(user: str) -> str:
    """Return the file that a rule's user names, or nothing if it names a user or group."""
    prefix, _, name = user.strip().partition(":")
    return name.strip() if f"{prefix.casefold()}:" in (_INCLUDE, _EXCLUDE) else ""


def pack_rules(rules: Iterable[AccessRule], read_list: ReadList) -> AccessRecords:
    """Return the rules as the engine takes them; `read_list` is asked once for each file."""
    texts = _Texts(read_list)
    records = b"".join(_pack_rule(rule, texts) for rule in rules)
    return AccessRecords(records, tuple(texts.names), tuple(texts.lists))


class _Texts:
    """Names and lists in the order in which they were first met."""

    def __init__(self, read_list: ReadList) -> None:
        self.names: dict[str, int] = {}
        self.lists: list[tuple[str, ...]] = []
        self._places: dict[str, int] = {}
        self._read_list = read_list

    def name(self, text: str) -> int:
        return self.names.setdefault(text, len(self.names))

    def who(self, user: str) -> int:
        name = user.strip()
        if not name:
            return 0
        if not list_name(name):
            return _NAME << _WHO | self.name(fold(name))
        kind = _LISTED if name.casefold().startswith(_INCLUDE) else _NOT_LISTED
        return kind << _WHO | self._list(list_name(name))

    def _list(self, file: str) -> int:
        if file not in self._places:
            self._places[file] = len(self.lists)
            self.lists.append(tuple(self._read_list(file)))
        return self._places[file]


def _pack_rule(rule: AccessRule, texts: _Texts) -> bytes:
    head, tail = _pack_plain(rule)
    redirect = texts.name(rule.redirect_url) + 1 if rule.redirect_url else 0
    return head + _WHOS.pack(texts.who(rule.source_user), texts.who(rule.target_user), redirect) + tail


# Of a long list that is changed, nearly all rules are those that were packed before.
@lru_cache(_REMEMBERED)
def _pack_plain(rule: AccessRule) -> tuple[bytes, bytes]:
    """Return what stands before and behind the numbers of texts, in which lists differ from each other."""
    head = _HEAD.pack(
        rule.priority,
        _flags(rule),
        rule.protocol,
        rule.jitter,
        rule.loss,
        rule.delay,
        rule.source_port_first,
        max(rule.source_port_first, rule.source_port_last),
        rule.target_port_first,
        max(rule.target_port_first, rule.target_port_last),
    )
    addresses = (rule.source_address, rule.source_mask, rule.target_address, rule.target_mask)
    tail = _TAIL.pack(
        *(int(address).to_bytes(_ADDRESS) for address in addresses),
        rule.source_mac,
        rule.source_mac_mask,
        rule.target_mac,
        rule.target_mac_mask,
    )
    return head, tail


def _flags(rule: AccessRule) -> _Flag:
    # An address of zeros under a mask of zeros is no condition; another under it asks for IP at least.
    conditions = {
        _Flag.DISCARD: rule.discard,
        _Flag.ACTIVE: rule.active,
        _Flag.IPV6: rule.is_ipv6,
        _Flag.SOURCE: int(rule.source_address) or int(rule.source_mask),
        _Flag.TARGET: int(rule.target_address) or int(rule.target_mask),
        _Flag.SOURCE_PORTS: rule.source_port_first or rule.source_port_last,
        _Flag.TARGET_PORTS: rule.target_port_first or rule.target_port_last,
        _Flag.SOURCE_MAC: rule.check_source_mac,
        _Flag.TARGET_MAC: rule.check_target_mac,
        _Flag.TCP_STATE: rule.check_tcp_state,
        _Flag.ESTABLISHED: rule.established,
    }
    return _Flag(sum(int(flag) for flag, holds in conditions.items() if holds))
