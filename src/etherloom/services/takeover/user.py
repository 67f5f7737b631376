"""Users and groups of a hub, in configuration files and back."""

from typing import Final, assert_never

from etherloom.model.credential import (
    ANONYMOUS,
    AnonymousCredential,
    CertificateCredential,
    Credential,
    NtDomainCredential,
    PasswordCredential,
    PasswordSecret,
    RadiusCredential,
    SignedCertificateCredential,
)
from etherloom.model.group import Group
from etherloom.model.names import fold
from etherloom.model.user import User
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.policy import read_policy, write_policy
from etherloom.services.takeover.section import Section
from etherloom.services.takeover.traffic import read_counter, write_traffic
from etherloom.state import keys
from etherloom.store.counters import Counter

_HASHED_KEY_BYTES: Final = 20
_NT_HASH_BYTES: Final = 16


def read_groups(hub: str, groups: Section) -> None:
    for section in groups.sections():
        group = Group(section.name, section.text("RealName"), section.text("Note"), read_policy(section))
        groups.journal.put(section, keys.group_key(hub, section.name), group)


def read_users(hub: str, users: Section, groups: Section) -> None:
    """Take the users over. `groups` is the block that has the groups which they may name."""
    known = {fold(section.name) for section in groups.sections()}
    for section in users.sections():
        name = section.name
        user = User(
            name=name,
            credential=_read_credential(section),
            group=section.text("GroupName"),
            real_name=section.text("RealName"),
            note=section.text("Note"),
            created=section.time("CreatedTime"),
            updated=section.time("UpdatedTime"),
            expires=section.time("ExpireTime"),
            policy=read_policy(section),
        )
        if user.group and fold(user.group) not in known:
            section.fault(f"the hub has no group {user.group!r}", "GroupName")
        users.journal.put(section, keys.user_key(hub, name), user)
        if isinstance(user.credential, PasswordCredential):
            users.journal.put(section, keys.password_key(hub, name), _read_secret(section))
        counter = read_counter(section)
        if counter != Counter():
            users.journal.counters[keys.user_key(hub, name)] = counter


def _read_credential(section: Section) -> Credential:
    match section.uint("AuthType"):
        case 0:
            return ANONYMOUS
        case 1:
            return PasswordCredential()
        case 2:
            certificate = section.data("AuthUserCert")
            if not certificate:
                section.fault("the user's certificate is missing", "AuthUserCert")
            return CertificateCredential(certificate)
        case 3:
            return SignedCertificateCredential(
                section.text("AuthCommonName") or None, section.data("AuthSerial") or None
            )
        case 4:
            return RadiusCredential(section.text("AuthRadiusUsername"))
        case 5:
            return NtDomainCredential(section.text("AuthNtUserName"))
        case unknown:
            section.fault(f"{unknown} is no way to authenticate: 0 to 5", "AuthType")
            return ANONYMOUS


def _read_secret(section: Section) -> PasswordSecret:
    hashed = section.data("AuthPassword")
    if len(hashed) != _HASHED_KEY_BYTES:
        sentence = f"a password's hash has {_HASHED_KEY_BYTES} bytes, not {len(hashed)}"
        section.fault(sentence, "AuthPassword")
        hashed = bytes(_HASHED_KEY_BYTES)
    nt_hash = section.data("AuthNtLmSecureHash")
    if len(nt_hash) not in (0, _NT_HASH_BYTES):
        sentence = f"an NT password's hash has {_NT_HASH_BYTES} bytes, not {len(nt_hash)}"
        section.fault(sentence, "AuthNtLmSecureHash")
        nt_hash = b""
    return PasswordSecret(hashed, nt_hash if any(nt_hash) else b"")


def write_group(groups: Draft, group: Group) -> None:
    draft = groups.block(group.name)
    draft.text("RealName", group.real_name)
    draft.text("Note", group.note)
    write_policy(draft, group.policy)


def write_user(users: Draft, user: User, secret: PasswordSecret | None, counter: Counter) -> None:
    draft = users.block(user.name)
    draft.text("RealName", user.real_name)
    draft.text("Note", user.note)
    if user.group:
        draft.text("GroupName", user.group)
    draft.time("CreatedTime", user.created)
    draft.time("UpdatedTime", user.updated)
    draft.time("ExpireTime", user.expires)
    draft.time("LastLoginTime", counter.last_login)
    draft.uint("NumLogin", counter.logins)
    _write_credential(draft, user.credential, secret)
    write_policy(draft, user.policy)
    write_traffic(draft, counter.traffic)


def _write_credential(draft: Draft, credential: Credential, secret: PasswordSecret | None) -> None:
    match credential:
        case AnonymousCredential():
            draft.uint("AuthType", 0)
        case PasswordCredential():
            draft.uint("AuthType", 1)
            # Without its hash nobody can log in as this user; nobody knows a password whose hash is zeros.
            draft.data("AuthPassword", secret.hashed_key if secret else bytes(_HASHED_KEY_BYTES))
            if secret is not None and secret.nt_hash:
                draft.data("AuthNtLmSecureHash", secret.nt_hash)
        case CertificateCredential(certificate):
            draft.uint("AuthType", 2)
            draft.data("AuthUserCert", certificate)
        case SignedCertificateCredential(common_name, serial):
            draft.uint("AuthType", 3)
            if common_name:
                draft.text("AuthCommonName", common_name)
            if serial:
                draft.data("AuthSerial", serial)
        case RadiusCredential(name):
            draft.uint("AuthType", 4)
            draft.text("AuthRadiusUsername", name)
        case NtDomainCredential(name):
            draft.uint("AuthType", 5)
            draft.text("AuthNtUserName", name)
        case _:
            assert_never(credential)
