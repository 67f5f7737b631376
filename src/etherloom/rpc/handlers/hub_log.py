"""Calls about what a hub writes down."""

from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.log import PACKET_KINDS, HubLog, LogSwitch
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import log
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.rpc.limits import KEEPS_SWITCHES
from etherloom.services.hubs import find_hub
from etherloom.services.options import limit_of
from etherloom.state import keys


def _switch(number: int) -> LogSwitch:
    try:
        return LogSwitch(number)
    except ValueError as error:
        raise Refusal(
            ErrorCode.INVALID_PARAMETER, f"a new log file begins by 0 (never) to 5 (each month), not {number}"
        ) from error


async def set_hub_log(house: House, caller: Caller, request: log.HubLog) -> log.HubLog:
    levels = (request.packet_levels + (0,) * PACKET_KINDS)[:PACKET_KINDS]
    wanted = fill(
        HubLog,
        request,
        security_switch=_switch(request.security_switch),
        packet_switch=_switch(request.packet_switch),
        packet_levels=levels,
    )
    keeps = bool(limit_of(house.owner.snapshot, request.hub, KEEPS_SWITCHES))
    keep_switches = keeps and not caller.is_server_administrator
    await house.options.set_log(request.hub, wanted, caller.origin, keep_switches=keep_switches)
    return fill(log.HubLog, request, packet_levels=levels)


async def get_hub_log(house: House, _caller: Caller, request: HubName) -> log.HubLog:
    snapshot = house.owner.snapshot
    hub = find_hub(snapshot, request.hub).name
    return fill(log.HubLog, snapshot.find(keys.hub_log_key(hub), HubLog) or HubLog(), hub=hub)


HANDLERS: Final = (Handler(log.SET_HUB_LOG, set_hub_log), Handler(log.GET_HUB_LOG, get_hub_log))
