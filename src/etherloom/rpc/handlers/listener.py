"""Calls about listeners."""

from typing import Final

from etherloom.model.listener import Listener
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import listener, own
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.house import House


async def enum_listener(house: House, _caller: Caller, _request: Empty) -> listener.ListenerTable:
    rows = (
        listener.ListenerRow(row.port, row.enabled, row.enabled and bool(row.problem))
        for row in listener_states(house)
    )
    return listener.ListenerTable(tuple(rows))


def listener_states(house: House) -> tuple[own.ListenerState, ...]:
    """All ports of the configuration; `problem` is empty for what is switched off."""
    return tuple(
        own.ListenerState(
            wanted.port,
            wanted.enabled,
            house.actual.listener_error(wanted.port) if wanted.enabled else "",
            wanted.unestablished_per_source,
            wanted.unestablished_total,
        )
        for wanted in house.owner.snapshot.listeners()
    )


async def get_listeners(house: House, _caller: Caller, _request: Empty) -> own.ListenerStates:
    return own.ListenerStates(listener_states(house))


async def create_listener(house: House, caller: Caller, request: listener.Listener) -> listener.Listener:
    await house.listeners.create(Listener(request.port, enabled=request.enabled), caller.origin)
    return request


async def delete_listener(house: House, caller: Caller, request: listener.Listener) -> listener.Listener:
    await house.listeners.delete(request.port, caller.origin)
    return request


async def enable_listener(house: House, caller: Caller, request: listener.Listener) -> listener.Listener:
    await house.listeners.set_enabled(request.port, request.enabled, caller.origin)
    return request


async def set_listener_caps(house: House, caller: Caller, request: own.ListenerCaps) -> own.ListenerCaps:
    await house.listeners.set_caps(request.port, request.per_source, request.total, caller.origin)
    return request


HANDLERS: Final = (
    Handler(listener.ENUM_LISTENER, enum_listener),
    Handler(listener.CREATE_LISTENER, create_listener),
    Handler(listener.DELETE_LISTENER, delete_listener),
    Handler(listener.ENABLE_LISTENER, enable_listener),
    Handler(own.GET_LISTENERS, get_listeners),
    Handler(own.SET_LISTENER_CAPS, set_listener_caps),
)
