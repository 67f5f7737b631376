"""Calls about traces."""

import os
from collections.abc import Sequence
from typing import Final

from etherloom.engine import snapshots
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import trace
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.house import House
from etherloom.services.hubs import find_hub
from etherloom.services.traces import Wish


async def start_trace(house: House, caller: Caller, request: trace.TraceStart) -> trace.TraceName:
    hub = find_hub(house.owner.snapshot, request.hub).name
    if request.path and not caller.is_server_administrator:
        raise Refusal(ErrorCode.NOT_ENOUGH_RIGHT, "only the server's administrator may write files here")
    if request.path and not os.path.isabs(request.path):
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{request.path!r} is not an absolute path")
    wish = Wish(
        hub, request.session, request.drops, request.filter, request.snap, request.count, request.path
    )
    return trace.TraceName(hub, house.traces.start(wish, caller.name, caller.where))


async def look_at_trace(house: House, _caller: Caller, request: trace.TraceName) -> trace.TraceState:
    return _state(request, *house.traces.look(request.hub, request.trace))


async def stop_trace(house: House, _caller: Caller, request: trace.TraceName) -> trace.TraceState:
    return _state(request, *await house.traces.stop(request.hub, request.trace))


def _state(
    name: trace.TraceName, snapshot: snapshots.TraceSnapshot, lines: Sequence[snapshots.TraceLine]
) -> trace.TraceState:
    return trace.TraceState(
        hub=name.hub,
        trace=name.trace,
        records=snapshot["records"],
        lost=snapshot["lost"],
        finished=snapshot["finished"],
        problem=snapshot["error"] or "",
        lines=tuple(map(_line, lines)),
    )


def _line(line: snapshots.TraceLine) -> trace.TraceLine:
    return trace.TraceLine(
        unix_us=line["unix_ns"] // 1_000,
        session=line["port"],
        inward=line["inward"],
        reason=line["reason"] or "",
        summary=line["summary"],
    )


HANDLERS: Final = (
    Handler(trace.START_TRACE, start_trace),
    Handler(trace.LOOK_AT_TRACE, look_at_trace),
    Handler(trace.STOP_TRACE, stop_trace),
)
