"""Virtual layer-3 switches as they are wanted. Nothing routes here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.l3switch import (
    MAXIMUM_INTERFACES,
    MAXIMUM_ROUTES,
    MAXIMUM_SWITCHES,
    L3Interface,
    L3Route,
    L3Switch,
)
from etherloom.model.names import fold
from etherloom.state import keys
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot


class L3Switches:
    """The switches of this server. One that was started must be stopped before it can be changed."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def create(self, name: str, origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            if snapshot.l3switch(name) is not None:
                raise Refusal(ErrorCode.LAYER3_SW_EXISTS, f"there is a switch {name!r} already")
            if snapshot.count(keys.L3_SWITCHES_PREFIX) >= MAXIMUM_SWITCHES:
                raise Refusal(ErrorCode.INTERNAL_ERROR, f"a server has at most {MAXIMUM_SWITCHES} switches")
            return [Put(keys.l3switch_key(name), L3Switch(name))]

        await self._owner.apply(derive, origin)

    async def delete(self, name: str, origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [Delete(keys.l3switch_key(find_l3switch(snapshot, name).name))]

        await self._owner.apply(derive, origin)

    async def start(self, name: str, origin: Origin) -> None:
        def started(switch: L3Switch) -> L3Switch:
            if not switch.interfaces:
                raise Refusal(
                    ErrorCode.LAYER3_CANT_START_SWITCH, f"switch {name!r} is in no hub yet: add an interface"
                )
            return replace(switch, active=True)

        await self._change(name, started, origin)

    async def stop(self, name: str, origin: Origin) -> None:
        await self._change(name, lambda switch: replace(switch, active=False), origin)

    async def add_interface(self, name: str, interface: L3Interface, origin: Origin) -> None:
        def added(switch: L3Switch) -> L3Switch:
            if _in_hub(switch, interface.hub):
                raise Refusal(ErrorCode.LAYER3_IF_EXISTS, f"{name!r} is in hub {interface.hub!r} already")
            _check_stopped(switch, ErrorCode.LAYER3_IF_ADD_FAILED)
            if len(switch.interfaces) >= MAXIMUM_INTERFACES:
                raise Refusal(
                    ErrorCode.LAYER3_IF_ADD_FAILED, f"a switch has at most {MAXIMUM_INTERFACES} interfaces"
                )
            return replace(switch, interfaces=(*switch.interfaces, interface))

        await self._change(name, added, origin)

    async def delete_interface(self, name: str, hub: str, origin: Origin) -> None:
        def deleted(switch: L3Switch) -> L3Switch:
            _check_stopped(switch, ErrorCode.LAYER3_IF_DEL_FAILED)
            if not _in_hub(switch, hub):
                raise Refusal(ErrorCode.LAYER3_IF_DEL_FAILED, f"switch {name!r} is not in hub {hub!r}")
            left = tuple(one for one in switch.interfaces if fold(one.hub) != fold(hub))
            return replace(switch, interfaces=left)

        await self._change(name, deleted, origin)

    async def add_route(self, name: str, route: L3Route, origin: Origin) -> None:
        def added(switch: L3Switch) -> L3Switch:
            _check_stopped(switch, ErrorCode.LAYER3_TABLE_ADD_FAILED)
            if not route.metric:
                raise Refusal(ErrorCode.LAYER3_TABLE_ADD_FAILED, "a route's metric is 1 or more")
            if route in switch.routes:
                raise Refusal(ErrorCode.LAYER3_TABLE_ADD_FAILED, f"switch {name!r} has this route already")
            if len(switch.routes) >= MAXIMUM_ROUTES:
                raise Refusal(
                    ErrorCode.LAYER3_TABLE_ADD_FAILED, f"a switch has at most {MAXIMUM_ROUTES} routes"
                )
            return replace(switch, routes=(*switch.routes, route))

        await self._change(name, added, origin)

    async def delete_route(self, name: str, route: L3Route, origin: Origin) -> None:
        def deleted(switch: L3Switch) -> L3Switch:
            _check_stopped(switch, ErrorCode.LAYER3_TABLE_DEL_FAILED)
            if route not in switch.routes:
                raise Refusal(ErrorCode.LAYER3_TABLE_DEL_FAILED, f"switch {name!r} has no such route")
            return replace(switch, routes=tuple(one for one in switch.routes if one != route))

        await self._change(name, deleted, origin)

    async def _change(self, name: str, change: Callable[[L3Switch], L3Switch], origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            switch = find_l3switch(snapshot, name)
            return [Put(keys.l3switch_key(switch.name), change(switch))]

        await self._owner.apply(derive, origin)


def find_l3switch(snapshot: Snapshot, name: str) -> L3Switch:
    """Return the switch. Raises Refusal (LAYER3_SW_NOT_FOUND)."""
    switch = snapshot.l3switch(name)
    if switch is None:
        raise Refusal(ErrorCode.LAYER3_SW_NOT_FOUND, f"there is no switch {name!r}; list them first")
    return switch


def _check_stopped(switch: L3Switch, code: ErrorCode) -> None:
    if switch.active:
        raise Refusal(code, f"switch {switch.name!r} is started: stop it first")


def _in_hub(switch: L3Switch, hub: str) -> bool:
    return any(fold(one.hub) == fold(hub) for one in switch.interfaces)
