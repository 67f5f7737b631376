"""Calls about hubs."""

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final, TypeVar

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import DEFAULT_GATEWAY, DEFAULT_SUBNET, AdministratorSecret, Hub, HubType
from etherloom.model.names import check_hub_name
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import element, hub, own
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.server import traffic_block
from etherloom.rpc.house import House
from etherloom.services.hubs import find_hub, make_administrator_secret
from etherloom.services.options import limit_of
from etherloom.services.securenats import find_securenat
from etherloom.state import keys
from etherloom.wire.digest import hash_administrator_password

_EMPTY_PASSWORD: Final = hash_administrator_password("")
Option = TypeVar("Option")


async def enum_hub(house: House, caller: Caller, _request: Empty) -> hub.HubTable:
    hubs = house.owner.snapshot.hubs()
    return hub.HubTable(tuple(_row(house, one) for one in hubs if caller.administers(one.name)))


def _row(house: House, one: Hub) -> hub.HubRow:
    usage = house.status.hub_usage(one.name)
    return hub.HubRow(
        hub=one.name,
        online=one.online,
        type=one.type,
        sessions=house.sessions.count(one.name),
        users=house.owner.snapshot.user_count(one.name),
        groups=house.owner.snapshot.count(keys.groups_prefix(one.name)),
        mac_entries=house.actual.mac_count(one.name),
        ip_entries=house.actual.ip_count(one.name),
        last_traffic=max(one.created, usage.last_seen),
        created=one.created,
        last_login=max(one.created, usage.last_login),
        logins=usage.logins,
        traffic_filled=True,
        traffic=traffic_block(usage.traffic),
    )


def _secret(request: hub.HubSettings) -> AdministratorSecret | None:
    """The secret that a request brings; None if it brings no password, or the empty one."""
    if request.plain or not (any(request.hashed) and any(request.hashed_as_user)):
        return make_administrator_secret(request.plain)
    if request.hashed == _EMPTY_PASSWORD:
        return None
    return AdministratorSecret(request.hashed, request.hashed_as_user)


def _address(number: int, otherwise: IPv4Address) -> IPv4Address:
    """The address in a number whose bytes are in the order of a little-endian machine; 0 says nothing."""
    return IPv4Address(number.to_bytes(4, "little")) if number else otherwise


def _number(address: IPv4Address) -> int:
    return int.from_bytes(address.packed, "little")


async def create_hub(house: House, caller: Caller, request: hub.HubSettings) -> hub.HubSettings:
    check_hub_name(request.hub)
    new = Hub(
        name=request.hub,
        online=request.online,
        maximum_sessions=request.maximum_sessions,
        hidden=request.hidden,
        type=_type(request.type),
        default_gateway=_address(request.default_gateway, DEFAULT_GATEWAY),
        default_subnet=_address(request.default_subnet, DEFAULT_SUBNET),
    )
    await house.hubs.create(new, _secret(request), caller.origin)
    return element.without_secrets(request)


async def get_hub(house: House, _caller: Caller, request: hub.HubSettings) -> hub.HubSettings:
    one = find_hub(house.owner.snapshot, request.hub)
    return hub.HubSettings(
        hub=one.name,
        online=one.online,
        maximum_sessions=one.maximum_sessions,
        hidden=one.hidden,
        type=one.type,
        default_gateway=_number(one.default_gateway),
        default_subnet=_number(one.default_subnet),
    )


async def set_hub(house: House, caller: Caller, request: hub.HubSettings) -> hub.HubSettings:
    find_hub(house.owner.snapshot, request.hub)
    wanted_type = _type(request.type)
    brings, secret = hub.brings_password(request), _secret(request)
    if brings and secret is None and not (caller.is_server_administrator or caller.is_on_this_machine):
        raise Refusal(ErrorCode.INVALID_PARAMETER, "an empty password can't be set from another machine")

    keeps = not caller.is_server_administrator and bool(
        limit_of(house.owner.snapshot, request.hub, "no_online" if request.online else "no_offline")
    )

    def change(old: Hub) -> Hub:
        return replace(
            old,
            online=old.online if keeps else request.online,
            maximum_sessions=request.maximum_sessions,
            hidden=request.hidden,
            type=wanted_type,
            default_gateway=_address(request.default_gateway, old.default_gateway),
            default_subnet=_address(request.default_subnet, old.default_subnet),
        )

    await house.hubs.update(
        request.hub,
        change,
        caller.origin,
        administrator=secret,
        drop_administrator=brings and secret is None,
    )
    return element.without_secrets(request)


def _type(number: int) -> HubType:
    if number != HubType.STANDALONE:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "this server is no cluster: the hub's type has to be 0")
    return HubType.STANDALONE


async def delete_hub(house: House, caller: Caller, request: hub.HubName) -> hub.HubName:
    await house.hubs.delete(request.hub, caller.origin)
    return request


async def set_hub_online(house: House, caller: Caller, request: hub.HubOnline) -> hub.HubOnline:
    await house.hubs.set_online(request.hub, request.online, caller.origin)
    return request


async def get_hub_status(house: House, _caller: Caller, request: hub.HubStatus) -> hub.HubStatus:
    snapshot = house.owner.snapshot
    one = find_hub(snapshot, request.hub)
    running = house.sessions.list(one.name)
    usage = house.status.hub_usage(one.name)
    return hub.HubStatus(
        hub=one.name,
        online=one.online,
        type=one.type,
        sessions=len(running),
        sessions_client=house.sessions.count_log_ins(one.name, is_bridge=False),
        sessions_bridge=house.sessions.count_log_ins(one.name, is_bridge=True),
        access_rules=snapshot.count(keys.access_prefix(one.name)),
        users=snapshot.user_count(one.name),
        groups=snapshot.count(keys.groups_prefix(one.name)),
        mac_entries=house.actual.mac_count(one.name),
        ip_entries=house.actual.ip_count(one.name),
        securenat=find_securenat(snapshot, one.name).enabled,
        traffic=traffic_block(usage.traffic),
        last_traffic=max(one.created, usage.last_seen),
        created=one.created,
        last_login=max(one.created, usage.last_login),
        logins=usage.logins,
    )


async def get_hub_options(house: House, _caller: Caller, request: hub.HubName) -> own.HubOptions:
    one = find_hub(house.owner.snapshot, request.hub)
    return own.HubOptions(
        one.name,
        one.maximum_sessions,
        one.hidden,
        one.require_encryption,
        one.super_frames,
        one.udp_acceleration,
        one.udp_acceleration_v1,
    )


def _given(wanted: Option | None, old: Option) -> Option:
    return old if wanted is None else wanted


async def set_hub_options(house: House, caller: Caller, request: own.HubOptions) -> own.HubOptions:
    def change(old: Hub) -> Hub:
        return replace(
            old,
            maximum_sessions=_given(request.maximum_sessions, old.maximum_sessions),
            hidden=_given(request.hidden, old.hidden),
            require_encryption=_given(request.require_encryption, old.require_encryption),
            super_frames=_given(request.super_frames, old.super_frames),
            udp_acceleration=_given(request.udp_acceleration, old.udp_acceleration),
            udp_acceleration_v1=_given(request.udp_acceleration_v1, old.udp_acceleration_v1),
        )

    password = request.password
    await house.hubs.update(
        request.hub,
        change,
        caller.origin,
        administrator=make_administrator_secret(password) if password else None,
        drop_administrator=password == "",
    )
    return await get_hub_options(house, caller, hub.HubName(request.hub))


HANDLERS: Final = (
    Handler(hub.ENUM_HUB, enum_hub),
    Handler(hub.CREATE_HUB, create_hub),
    Handler(hub.GET_HUB, get_hub),
    Handler(hub.SET_HUB, set_hub),
    Handler(hub.DELETE_HUB, delete_hub),
    Handler(hub.SET_HUB_ONLINE, set_hub_online),
    Handler(hub.GET_HUB_STATUS, get_hub_status),
    Handler(own.GET_HUB_OPTIONS, get_hub_options),
    Handler(own.SET_HUB_OPTIONS, set_hub_options),
)
