"""Calls about users."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from etherloom.model.credential import AnonymousCredential, PasswordCredential
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.policy import DEFAULT_POLICY, POLICY_ITEMS, Policy, check_policy
from etherloom.model.user import User
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import element, own, user
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.credential import (
    authentication_number,
    read_credential,
    read_password,
    write_credential,
)
from etherloom.rpc.handlers.server import traffic_block
from etherloom.rpc.house import House
from etherloom.services.hubs import check_named, find_hub
from etherloom.services.users import find_user, make_password_secret
from etherloom.store.counters import Counter

_ITEMS: Final = {item.name.casefold(): item for item in POLICY_ITEMS}


async def enum_user(house: House, _caller: Caller, request: HubName) -> user.UserTable:
    snapshot = house.owner.snapshot
    hub = find_hub(snapshot, request.hub)
    usage = house.status.user_usages(hub.name)
    return user.UserTable(hub.name, tuple(_row(one, usage(one.name)) for one in snapshot.users(hub.name)))


def _row(one: User, usage: Counter) -> user.UserRow:
    return user.UserRow(
        name=one.name,
        group=one.group,
        real_name=one.real_name,
        note=one.note,
        authentication=authentication_number(one.credential),
        last_login=usage.last_login,
        logins=usage.logins,
        denied=one.policy is not None and not one.policy.access,
        traffic_filled=True,
        traffic=traffic_block(usage.traffic),
        expires_filled=True,
        expires=one.expires,
    )


async def create_user(house: House, caller: Caller, request: user.UserSettings) -> user.UserSettings:
    new = _changed(User(request.name), request)
    secret = read_password(request)
    if secret is None and isinstance(new.credential, PasswordCredential) and request.plain is not None:
        secret = make_password_secret(request.plain, request.name)
    await house.users.create(request.hub, new, secret, caller.origin)
    return _answer(request, new)


def _answer(request: user.UserSettings, kept: User) -> user.UserSettings:
    """What was asked for, with the elements of the one credential that was kept, and blank secrets."""
    bare = replace(
        request,
        hashed_key=None,
        nt_hash=None,
        plain=None,
        certificate=None,
        serial=None,
        common_name=None,
        radius_name=None,
        nt_name=None,
    )
    return write_credential(bare, kept.credential, None)


def _changed(old: User, request: user.UserSettings) -> User:
    return replace(
        old,
        group=request.group,
        real_name=request.real_name,
        note=request.note,
        expires=request.expires,
        credential=read_credential(request),
        policy=request.policy,
    )


async def get_user(house: House, _caller: Caller, request: user.UserName) -> user.UserSettings:
    snapshot = house.owner.snapshot
    one = find_user(snapshot, request.hub, check_named(request.name))
    usage = house.status.user_usages(request.hub)(one.name)
    record = user.UserSettings(
        hub=request.hub,
        name=one.name,
        group=one.group,
        real_name=one.real_name,
        note=one.note,
        created=one.created,
        updated=one.updated,
        expires=one.expires,
        logins=usage.logins,
        traffic=traffic_block(usage.traffic),
        policy=one.policy,
    )
    return write_credential(record, one.credential, snapshot.password(request.hub, one.name))


async def set_user(house: House, caller: Caller, request: user.UserSettings) -> user.UserSettings:
    await house.users.update(
        request.hub,
        check_named(request.name),
        lambda old: _changed(old, request),
        caller.origin,
        password=read_password(request),
    )
    return _answer(request, _changed(User(request.name), request))


async def delete_user(house: House, caller: Caller, request: user.UserName) -> user.UserName:
    await house.users.delete(request.hub, check_named(request.name), caller.origin)
    return request


async def change_user(house: House, caller: Caller, request: own.UserChange) -> own.UserChange:
    name = find_user(house.owner.snapshot, request.hub, request.name).name
    secret = make_password_secret(request.password, name) if request.password is not None else None
    await house.users.update(request.hub, name, _applying(request), caller.origin, password=secret)
    return element.without_secrets(request)


def _applying(request: own.UserChange) -> Callable[[User], User]:
    def change(old: User) -> User:
        given: dict[str, Any] = {
            "real_name": request.real_name,
            "note": request.note,
            "expires": request.expires,
            "credential": _credential(request),
        }
        present = {name: value for name, value in given.items() if value is not None}
        return replace(old, policy=_policy(old.policy, request), **present)

    return change


def _credential(request: own.UserChange) -> AnonymousCredential | PasswordCredential | None:
    if request.password is not None:
        return PasswordCredential()
    return AnonymousCredential() if request.anonymous else None


def _policy(old: Policy | None, request: own.UserChange) -> Policy | None:
    start = None if request.drop_policy else old
    if not request.policy:
        return start
    values: dict[str, Any] = {}
    for wanted in request.policy:
        item = _ITEMS.get(wanted.name.casefold())
        if item is None:
            raise Refusal(ErrorCode.INVALID_PARAMETER, f"there is no policy item {wanted.name!r}")
        values[item.field] = bool(wanted.value) if item.is_flag else wanted.value
    policy = replace(start or DEFAULT_POLICY, **values)
    if faults := [*check_policy(policy)]:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "; ".join(faults))
    return policy


HANDLERS: Final = (
    Handler(user.ENUM_USER, enum_user),
    Handler(user.CREATE_USER, create_user),
    Handler(user.GET_USER, get_user),
    Handler(user.SET_USER, set_user),
    Handler(user.DELETE_USER, delete_user),
    Handler(own.CHANGE_USER, change_user),
)
