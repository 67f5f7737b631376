"""Calls about cascades."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import IntEnum
from ipaddress import ip_address
from typing import Any, Final, TypeVar

from etherloom.model.cascade import AccountAuthentication, Cascade, CascadeSecret, ProxyType
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.policy import Policy
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import cascade, element
from etherloom.rpc.catalog.blocks import ConnectionStatus
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill, shown
from etherloom.rpc.house import House
from etherloom.services.cascades import find_cascade, find_secret
from etherloom.services.hubs import check_named, find_hub

# What the original forces upon every cascade, whatever was asked for.
_FORCED: Final[Mapping[str, Any]] = {
    "device": "_SEHUBLINKCLI_",
    "retries": 0xFFFF_FFFF,
    "retry_interval": 10,
    "no_routing_tracking": True,
    "bridge": True,
    "monitor": False,
}
_HASH_BYTES: Final = 20
# The secret of each kind of authentication, and what it is if there is none.
_PROOFS: Final[Mapping[int, tuple[str, Any]]] = {
    AccountAuthentication.PASSWORD: ("hashed_password", b""),
    AccountAuthentication.PLAIN_PASSWORD: ("plain_password", ""),
    AccountAuthentication.CERTIFICATE: ("private_key", b""),
}
# A session that doesn't stand has no policy.
_NOTHING: Final = Policy(access=False, max_connection=0, time_out=0)
_Number = TypeVar("_Number", bound=IntEnum)


def _choice(choices: type[_Number], number: int, what: str) -> _Number:
    try:
        return choices(number)
    except ValueError as error:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{number} is no kind of {what}") from error


def _read(request: cascade.CascadeSettings) -> Cascade:
    return fill(
        Cascade,
        request,
        name=check_named(request.name),
        proxy_type=_choice(ProxyType, request.proxy_type, "proxy"),
        authentication=_choice(AccountAuthentication, request.authentication, "authentication"),
        bind_address=str(request.bind_address) if int(request.bind_address) else "",
        host_key=request.host_key if request.host_key and any(request.host_key) else b"",
    )


def _secrets(request: cascade.CascadeSettings) -> Callable[[CascadeSecret], CascadeSecret]:
    """What isn't given stays, if it belongs to this kind of authentication; a hash of zeros is none."""

    def change(old: CascadeSecret) -> CascadeSecret:
        hashed = old.hashed_password if request.hashed_password is None else request.hashed_password
        given = fill(CascadeSecret, request, old, hashed_password=hashed if any(hashed) else b"")
        others = _PROOFS.keys() - {request.authentication}
        return replace(given, **dict(_PROOFS[kind] for kind in others))

    return change


async def create_link(
    house: House, caller: Caller, request: cascade.CascadeSettings
) -> cascade.CascadeSettings:
    find_hub(house.owner.snapshot, request.hub)
    secret = _secrets(request)(CascadeSecret())
    await house.cascades.create(request.hub, _read(request), secret, caller.origin)
    return _answer(request)


async def set_link(house: House, caller: Caller, request: cascade.CascadeSettings) -> cascade.CascadeSettings:
    find_cascade(house.owner.snapshot, request.hub, check_named(request.name))
    wanted = _read(request)
    await house.cascades.update(request.hub, request.name, lambda _: wanted, _secrets(request), caller.origin)
    return _answer(request)


def _answer(request: cascade.CascadeSettings) -> cascade.CascadeSettings:
    return replace(element.without_secrets(request), host_key=request.host_key or bytes(_HASH_BYTES))


async def get_link(
    house: House, _caller: Caller, request: cascade.CascadeStatusName
) -> cascade.CascadeSettings:
    snapshot = house.owner.snapshot
    one = find_cascade(snapshot, request.hub, check_named(request.name))
    secret = find_secret(snapshot, request.hub, request.name)
    return fill(
        cascade.CascadeSettings,
        one,
        hub=request.hub,
        proxy_password=secret.proxy_password,
        bind_address=ip_address(one.bind_address or "0.0.0.0"),  # noqa: S104 - means "any"
        host_key=one.host_key or bytes(_HASH_BYTES),
        server_certificate=shown(one.server_certificate),
        **_FORCED,
        **_proof(one, secret),
    )


def _proof(one: Cascade, secret: CascadeSecret) -> Mapping[str, Any]:
    """Only what belongs to this kind of authentication is shown."""
    nothing = dict.fromkeys(("certificate", "card_certificate", "card_key", "engine", "engine_key"))
    match one.authentication:
        case AccountAuthentication.PASSWORD:
            return {**nothing, "hashed_password": secret.hashed_password or bytes(_HASH_BYTES)}
        case AccountAuthentication.PLAIN_PASSWORD:
            return {**nothing, "plain_password": secret.plain_password}
        case AccountAuthentication.CERTIFICATE:
            key = {"private_key": shown(secret.private_key)}
            return {**nothing, **key, "certificate": shown(one.certificate)}
        case AccountAuthentication.SMART_CARD:
            return {**nothing, "card_certificate": one.card_certificate, "card_key": one.card_key}
        case AccountAuthentication.OPENSSL_ENGINE:
            return {**nothing, "engine": one.engine, "engine_key": one.engine_key}
        case _:
            return nothing


async def enum_link(house: House, _caller: Caller, request: HubName) -> cascade.CascadeTable:
    snapshot = house.owner.snapshot
    hub = find_hub(snapshot, request.hub).name
    rows = (fill(cascade.CascadeRow, one, target_hub=one.remote_hub) for one in snapshot.cascades(hub))
    return cascade.CascadeTable(hub, tuple(rows))


async def set_link_online(house: House, caller: Caller, request: cascade.CascadeName) -> cascade.CascadeName:
    await house.cascades.set_online(request.hub, check_named(request.name), True, caller.origin)
    return request


async def set_link_offline(house: House, caller: Caller, request: cascade.CascadeName) -> cascade.CascadeName:
    await house.cascades.set_online(request.hub, check_named(request.name), False, caller.origin)
    return request


async def delete_link(house: House, caller: Caller, request: cascade.CascadeName) -> cascade.CascadeName:
    await house.cascades.delete(request.hub, check_named(request.name), caller.origin)
    return request


async def rename_link(
    house: House, caller: Caller, request: cascade.CascadeRenaming
) -> cascade.CascadeRenaming:
    old, new = check_named(request.name), check_named(request.new_name)
    await house.cascades.rename(request.hub, old, new, caller.origin)
    return request


async def get_link_status(
    house: House, _caller: Caller, request: cascade.CascadeStatusName
) -> cascade.CascadeStatus:
    """A cascade that is on line answers as one that isn't connected."""
    one = find_cascade(house.owner.snapshot, request.hub, check_named(request.name))
    if not one.online:
        raise Refusal(ErrorCode.LINK_IS_OFFLINE, f"cascade {one.name!r} is off line")
    return cascade.CascadeStatus(request.hub, ConnectionStatus(account=request.name, active=True), _NOTHING)


HANDLERS: Final = (
    Handler(cascade.CREATE_LINK, create_link),
    Handler(cascade.GET_LINK, get_link),
    Handler(cascade.SET_LINK, set_link),
    Handler(cascade.ENUM_LINK, enum_link),
    Handler(cascade.SET_LINK_ONLINE, set_link_online),
    Handler(cascade.SET_LINK_OFFLINE, set_link_offline),
    Handler(cascade.DELETE_LINK, delete_link),
    Handler(cascade.RENAME_LINK, rename_link),
    Handler(cascade.GET_LINK_STATUS, get_link_status),
)
