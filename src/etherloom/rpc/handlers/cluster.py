"""Calls about clusters of the original's kind, of which this server can't be a part."""

from typing import Final, Never

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.server import ClusterSettings
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import cluster, element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.clusters import NOT_CONTROLLER, NOT_MEMBER, STANDALONE


async def set_setting(
    house: House, caller: Caller, request: cluster.ClusterSetting
) -> cluster.ClusterSetting:
    weight = request.weight or ClusterSettings().weight
    settings = ClusterSettings(weight, controller_only=request.controller_only)
    await house.clusters.set(request.type, settings, caller.origin)
    return element.without_secrets(request)


async def get_setting(house: House, _caller: Caller, _request: Empty) -> cluster.ClusterSetting:
    return fill(cluster.ClusterSetting, house.clusters.get(), type=STANDALONE)


async def get_info(_house: House, _caller: Caller, _request: cluster.MemberName) -> Never:
    raise Refusal(ErrorCode.NOT_FARM_CONTROLLER, NOT_CONTROLLER)


async def enum_member(_house: House, _caller: Caller, _request: Empty) -> Never:
    raise Refusal(ErrorCode.NOT_FARM_CONTROLLER, NOT_CONTROLLER)


async def get_connection_status(_house: House, _caller: Caller, _request: Empty) -> Never:
    raise Refusal(ErrorCode.NOT_FARM_MEMBER, NOT_MEMBER)


HANDLERS: Final = (
    Handler(cluster.SET_FARM_SETTING, set_setting),
    Handler(cluster.GET_FARM_SETTING, get_setting),
    Handler(cluster.GET_FARM_INFO, get_info),
    Handler(cluster.ENUM_FARM_MEMBER, enum_member),
    Handler(cluster.GET_FARM_CONNECTION_STATUS, get_connection_status),
)
