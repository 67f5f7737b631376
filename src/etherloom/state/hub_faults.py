"""What records about a hub and what belongs to it may say."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from etherloom.model.access_list import AccessRule
from etherloom.model.authority import MAXIMUM_SOURCE_RULES, Revocation, SourceRules, TrustedCertificate
from etherloom.model.cascade import Cascade, CascadeSecret
from etherloom.model.credential import PasswordSecret
from etherloom.model.errors import ErrorCode
from etherloom.model.group import Group
from etherloom.model.hub import Hub, HubMessage, HubOptions, Radius
from etherloom.model.log import PACKET_KINDS, HubLog
from etherloom.model.names import check_group_name, check_hub_name, check_user_name
from etherloom.model.securenat import SecureNat
from etherloom.model.user import User
from etherloom.state.faults import (
    TIME,
    WORD,
    Fault,
    invalid,
    length_faults,
    policy_faults,
    range_faults,
    refusal_faults,
    text_faults,
)

_SHA: Final = 20
_MD: Final = 16
_MAC: Final = 6
_NAME: Final = 255
_HEADERS: Final = 1_023
_PORT: Final = 65_535
_DELAY: Final = 10_000
_PROTOCOL: Final = 255
_CONNECTIONS: Final = 32
_MESSAGE: Final = 20_000
_OPTIONS: Final = 4_096


def _hub_faults(hub: Hub) -> Iterator[Fault]:
    yield from refusal_faults(check_hub_name, hub.name)
    yield from range_faults(hub.maximum_sessions, 0, WORD, "the highest number of sessions")
    yield from range_faults(hub.created, 0, TIME, "the time of creation")


def _user_faults(user: User) -> Iterator[Fault]:
    yield from refusal_faults(check_user_name, user.name)
    yield from text_faults(user.real_name, f"the real name of {user.name}")
    yield from text_faults(user.note, f"the note of {user.name}")
    for value, what in ((user.created, "created"), (user.updated, "updated"), (user.expires, "expires")):
        yield from range_faults(value, 0, TIME, f"the time {what} of {user.name}")
    yield from text_faults(user.group, f"the group of {user.name}", _NAME)
    if user.policy is not None:
        yield from policy_faults(user.policy, f"user {user.name}")


def _password_faults(secret: PasswordSecret) -> Iterator[Fault]:
    if len(secret.hashed_key) != _SHA:
        yield invalid(f"a password hash has {_SHA} bytes, not {len(secret.hashed_key)}")
    yield from length_faults(secret.nt_hash, _MD, "an NT password hash")


def _group_faults(group: Group) -> Iterator[Fault]:
    yield from refusal_faults(check_group_name, group.name)
    yield from text_faults(group.real_name, f"the real name of {group.name}")
    yield from text_faults(group.note, f"the note of {group.name}")
    if group.policy is not None:
        yield from policy_faults(group.policy, f"group {group.name}")


def _rule_faults(rule: AccessRule) -> Iterator[Fault]:
    for number, maximum, what in (
        (rule.unique_id, WORD, "unique number"),
        (rule.priority, WORD, "priority"),
        (rule.protocol, _PROTOCOL, "protocol"),
        (rule.delay, _DELAY, "delay in milliseconds"),
        (rule.jitter, 100, "jitter in percent"),
        (rule.loss, 100, "loss in percent"),
    ):
        yield from range_faults(number, 0, maximum, f"the {what} of an access rule")
    for ports in (
        (rule.source_port_first, rule.source_port_last),
        (rule.target_port_first, rule.target_port_last),
    ):
        for port in ports:
            yield from range_faults(port, 0, _PORT, "a port of an access rule")
    for text, maximum, what in (
        (rule.note, _NAME, "note"),
        (rule.source_user, _NAME, "source user"),
        (rule.target_user, _NAME, "target user"),
        (rule.redirect_url, _NAME, "address to redirect to"),
    ):
        yield from text_faults(text, f"the {what} of an access rule", maximum)
    for mac in (rule.source_mac, rule.source_mac_mask, rule.target_mac, rule.target_mac_mask):
        if len(mac) != _MAC:
            yield invalid(f"a MAC address of an access rule has {_MAC} bytes, not {len(mac)}")
    families = {
        address.version
        for address in (rule.source_address, rule.source_mask, rule.target_address, rule.target_mask)
    }
    if len(families) > 1:
        yield invalid("an access rule is for IPv4 or for IPv6, not for both")


def _trusted_faults(trusted: TrustedCertificate) -> Iterator[Fault]:
    if not trusted.certificate:
        yield invalid("there is no certificate to trust")


def _revocation_faults(revocation: Revocation) -> Iterator[Fault]:
    yield from length_faults(revocation.md5, _MD, "an MD5 digest")
    yield from length_faults(revocation.sha1, _SHA, "a SHA-1 digest")
    yield from text_faults(revocation.common_name, "a common name")


def _sources_faults(sources: SourceRules) -> Iterator[Fault]:
    if len(sources.rules) > MAXIMUM_SOURCE_RULES:
        yield Fault(ErrorCode.TOO_MANY_ITEMS, f"a hub has at most {MAXIMUM_SOURCE_RULES} source rules")
    for rule in sources.rules:
        yield from range_faults(rule.priority, 0, WORD, "the priority of a source rule")
        if rule.masked and rule.mask.version != rule.address.version and int(rule.mask):
            yield invalid(f"the mask {rule.mask} doesn't belong to {rule.address}")


def _cascade_faults(cascade: Cascade) -> Iterator[Fault]:
    if not cascade.name or len(cascade.name) > _NAME:
        yield invalid(f"a cascade's name has 1 to {_NAME} characters")
    for text, maximum, what in (
        (cascade.host, _NAME, "host"),
        (cascade.remote_hub, _NAME, "hub"),
        (cascade.user, _NAME, "user"),
        (cascade.http_headers, _HEADERS, "HTTP headers"),
    ):
        yield from text_faults(text, f"the {what} of cascade {cascade.name!r}", maximum)
    yield from range_faults(cascade.port, 0, _PORT, f"the port of cascade {cascade.name!r}")
    yield from range_faults(
        cascade.connections, 1, _CONNECTIONS, f"the number of connections of cascade {cascade.name!r}"
    )
    yield from length_faults(cascade.host_key, _SHA, "a host's key")
    yield from policy_faults(cascade.policy, f"cascade {cascade.name!r}")


def _cascade_secret_faults(secret: CascadeSecret) -> Iterator[Fault]:
    yield from length_faults(secret.hashed_password, _SHA, "a cascade's password hash")
    yield from text_faults(secret.plain_password, "a cascade's password", _NAME)


def _securenat_faults(nat: SecureNat) -> Iterator[Fault]:
    yield from length_faults(nat.mac, _MAC, "the MAC address of SecureNAT")
    yield from text_faults(nat.dhcp_domain, "the domain that DHCP hands out")
    for number, what in (
        (nat.mtu, "MTU"),
        (nat.nat_tcp_timeout, "TCP time-out"),
        (nat.nat_udp_timeout, "UDP time-out"),
        (nat.dhcp_seconds, "lease in seconds"),
    ):
        yield from range_faults(number, 0, WORD, f"the {what} of SecureNAT")


def _log_faults(log: HubLog) -> Iterator[Fault]:
    if len(log.packet_levels) != PACKET_KINDS:
        yield invalid(f"there are {PACKET_KINDS} kinds of frames to log, not {len(log.packet_levels)}")
    for level in log.packet_levels:
        yield from range_faults(level, 0, 2, "how much of a frame is logged")


def _radius_faults(radius: Radius) -> Iterator[Fault]:
    yield from text_faults(radius.host, "the RADIUS servers")
    yield from range_faults(radius.port, 0, _PORT, "the port of the RADIUS servers")
    yield from range_faults(radius.retry_interval, 0, WORD, "the RADIUS retry interval")
    yield from range_faults(radius.retry_timeout, 0, WORD, "the RADIUS time-out")


def _message_faults(message: HubMessage) -> Iterator[Fault]:
    if len(message.text) > _MESSAGE:
        yield Fault(ErrorCode.MEMORY_NOT_ENOUGH, f"a hub's message has at most {_MESSAGE} characters")


def _options_faults(options: HubOptions) -> Iterator[Fault]:
    if len(options.values) > _OPTIONS:
        yield Fault(ErrorCode.TOO_MANY_ITEMS, f"a hub has at most {_OPTIONS} options")
    for name, value in options.values:
        yield from text_faults(name, "the name of an option", _NAME)
        yield from range_faults(value, 0, WORD, f"option {name}")


HUB_CHECKS: Final[Mapping[type, Callable[[Any], Iterator[Fault]]]] = {
    Hub: _hub_faults,
    User: _user_faults,
    PasswordSecret: _password_faults,
    Group: _group_faults,
    AccessRule: _rule_faults,
    TrustedCertificate: _trusted_faults,
    Revocation: _revocation_faults,
    SourceRules: _sources_faults,
    Cascade: _cascade_faults,
    CascadeSecret: _cascade_secret_faults,
    SecureNat: _securenat_faults,
    HubLog: _log_faults,
    Radius: _radius_faults,
    HubMessage: _message_faults,
    HubOptions: _options_faults,
}
