"""Calls about what else a hub is told: limits of its administrators, options, RADIUS, the message."""

from collections.abc import Mapping
from typing import Final

from etherloom.model.hub import HubMessage, Radius
from etherloom.model.hub_option import HUB_LIMITS
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import element, option
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.handlers.option_words import LIMIT_WORDS, OPTION_WORDS
from etherloom.rpc.house import House
from etherloom.services.hubs import find_hub
from etherloom.services.options import read_limits, read_options
from etherloom.state import keys


def _table(hub: str, values: Mapping[str, int], words: Mapping[str, str]) -> option.OptionTable:
    rows = tuple(option.OptionRow(name, value, words.get(name, "")) for name, value in values.items())
    return option.OptionTable(len(rows), hub, rows)


async def get_default_limits(_house: House, _caller: Caller, _request: Empty) -> option.OptionTable:
    return _table("", dict.fromkeys(HUB_LIMITS, 0), LIMIT_WORDS)


async def get_limits(house: House, _caller: Caller, request: HubName) -> option.OptionTable:
    return _table(request.hub, read_limits(house.owner.snapshot, request.hub), LIMIT_WORDS)


async def set_limits(house: House, caller: Caller, request: option.OptionTable) -> option.OptionTable:
    given = ((row.name, row.value) for row in request.rows)
    await house.options.set_limits(request.hub, given, caller.origin)
    return request


async def get_options(house: House, _caller: Caller, request: HubName) -> option.OptionTable:
    return _table(request.hub, read_options(house.owner.snapshot, request.hub), OPTION_WORDS)


async def set_options(house: House, caller: Caller, request: option.OptionTable) -> option.OptionTable:
    given = ((row.name, row.value) for row in request.rows)
    await house.options.change_options(request.hub, given, caller.origin)
    return request


async def get_radius(house: House, _caller: Caller, request: HubName) -> option.Radius:
    """All zero until somebody names a server."""
    snapshot = house.owner.snapshot
    found = snapshot.find(keys.radius_key(find_hub(snapshot, request.hub).name), Radius)
    if found is None:
        return option.Radius()
    return fill(option.Radius, found, secret=found.secret.decode("utf-8", "replace"))


async def set_radius(house: House, caller: Caller, request: option.Radius) -> option.Radius:
    record = fill(
        Radius,
        request,
        secret=request.secret.encode(),
        retry_timeout=request.retry_timeout or Radius().retry_timeout,
    )
    await house.options.set_radius(request.hub, record, caller.origin)
    return element.without_secrets(request)


async def set_message(house: House, caller: Caller, request: option.Message) -> option.Message:
    await house.options.set_message(request.hub, request.text.decode("utf-8", "replace"), caller.origin)
    return request


async def get_message(house: House, _caller: Caller, request: HubName) -> option.Message:
    snapshot = house.owner.snapshot
    found = snapshot.find(keys.message_key(find_hub(snapshot, request.hub).name), HubMessage)
    return option.Message("", found.text.encode() if found else b"")


HANDLERS: Final = (
    Handler(option.GET_DEFAULT_HUB_ADMIN_OPTIONS, get_default_limits),
    Handler(option.GET_HUB_ADMIN_OPTIONS, get_limits),
    Handler(option.SET_HUB_ADMIN_OPTIONS, set_limits),
    Handler(option.GET_HUB_EXT_OPTIONS, get_options),
    Handler(option.SET_HUB_EXT_OPTIONS, set_options),
    Handler(option.GET_HUB_RADIUS, get_radius),
    Handler(option.SET_HUB_RADIUS, set_radius),
    Handler(option.SET_HUB_MSG, set_message),
    Handler(option.GET_HUB_MSG, get_message),
)
