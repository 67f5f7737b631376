"""Users of a hub: who may log in, how they prove it, and what they may do. Authenticates nobody."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from etherloom.model.credential import (
    CertificateCredential,
    NtDomainCredential,
    PasswordCredential,
    PasswordSecret,
    RadiusCredential,
)
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import check_user_name, fold
from etherloom.model.policy import DEFAULT_POLICY, POLICY_ITEMS, Policy
from etherloom.model.user import User
from etherloom.services.authorities import read_certificate
from etherloom.services.hubs import find_hub
from etherloom.services.options import limit_of
from etherloom.state import keys
from etherloom.state.changes import Delete, DeletePrefix, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot
from etherloom.wire.digest import hash_password, nt_hash

MAXIMUM_USERS_PER_HUB: Final = 100_000
ANYBODY: Final = "*"


def make_password_secret(password: str, user: str) -> PasswordSecret:
    """Return what is kept of a user's password: the hashes that stock clients and MS-CHAPv2 need."""
    return PasswordSecret(hash_password(password, user), nt_hash(password))


def find_user(snapshot: Snapshot, hub: str, name: str) -> User:
    """Return the user. Raises Refusal (HUB_NOT_FOUND, OBJECT_NOT_FOUND)."""
    find_hub(snapshot, hub)
    user = snapshot.user(hub, name)
    if user is None:
        raise Refusal(
            ErrorCode.OBJECT_NOT_FOUND, f"hub {hub!r} has no user {name!r}: see `etherloom user list {hub}`"
        )
    return user


class Users:
    """The users of all hubs."""

    def __init__(self, owner: Owner, clock: Callable[[], int]) -> None:
        self._owner: Final = owner
        self._clock: Final = clock

    async def create(self, hub: str, user: User, password: PasswordSecret | None, origin: Origin) -> None:
        """Add a user; the times are filled in. One with a password credential needs a password."""
        check_user_name(user.name)
        new = replace(_checked(user), created=self._clock(), updated=self._clock())

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            find_hub(snapshot, hub)
            most = limit_of(snapshot, hub, "max_users") or MAXIMUM_USERS_PER_HUB
            if snapshot.user_count(hub) >= min(most, MAXIMUM_USERS_PER_HUB):
                raise Refusal(ErrorCode.TOO_MANY_USER, f"hub {hub!r} has {most} users, all that it may have")
            if snapshot.user(hub, user.name) is not None:
                raise Refusal(ErrorCode.USER_ALREADY_EXISTS, f"hub {hub!r} has a user {user.name!r} already")
            return [
                Put(keys.user_key(hub, user.name), _in_group(snapshot, hub, new)),
                *_password_operations(snapshot, hub, new, password),
            ]

        await self._owner.apply(derive, origin)

    async def update(
        self,
        hub: str,
        name: str,
        change: Callable[[User], User],
        origin: Origin,
        *,
        password: PasswordSecret | None = None,
    ) -> None:
        """Replace a user by what `change` makes of it. A password that isn't given stays."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            old = find_user(snapshot, hub, name)
            new = replace(_checked(change(old)), created=old.created, updated=self._clock())
            if fold(new.name) != fold(old.name):
                raise Refusal(ErrorCode.NOT_SUPPORTED, "a user keeps the name: delete it and make another")
            return [
                Put(keys.user_key(hub, old.name), _in_group(snapshot, hub, new)),
                *_password_operations(snapshot, hub, new, password),
            ]

        await self._owner.apply(derive, origin)

    async def delete(self, hub: str, name: str, origin: Origin) -> None:
        """Delete a user and the password. Sessions that run go on."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [DeletePrefix(keys.user_key(hub, find_user(snapshot, hub, name).name))]

        await self._owner.apply(derive, origin)


def _password_operations(
    snapshot: Snapshot, hub: str, user: User, password: PasswordSecret | None
) -> Sequence[Operation]:
    """A password goes with its credential, and a password credential never stands without one."""
    key = keys.password_key(hub, user.name)
    if not isinstance(user.credential, PasswordCredential):
        return [Delete(key)]
    if password is not None:
        return [Put(key, password)]
    if snapshot.password(hub, user.name) is None:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"user {user.name!r} needs a password: give one")
    return []


def _in_group(snapshot: Snapshot, hub: str, user: User) -> User:
    """The user with the group's name as the group has it; one that isn't there is refused later."""
    group = snapshot.group(hub, user.group) if user.group else None
    return user if group is None else replace(user, group=group.name)


def _checked(user: User) -> User:
    if user.name == ANYBODY and not isinstance(user.credential, RadiusCredential | NtDomainCredential):
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{ANYBODY!r} stands for users whom RADIUS or an NT domain knows: give it that authentication",
        )
    if isinstance(user.credential, CertificateCredential):
        read_certificate(user.credential.certificate)
    return user if user.policy is None else replace(user, policy=fill_policy(user.policy))


def fill_policy(policy: Policy) -> Policy:
    """Return the policy with defaults for the zeros that an item can't have, as the original reads them."""
    missing: dict[str, Any] = {
        item.field: getattr(DEFAULT_POLICY, item.field)
        for item in POLICY_ITEMS
        if not item.is_flag and not item.zero_allowed and getattr(policy, item.field) == 0
    }
    return replace(policy, **missing)
