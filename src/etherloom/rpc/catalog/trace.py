"""Calls about traces: looking at frames while they pass. For our own command line only."""

from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.call import Call, Who


@dataclass(frozen=True, slots=True)
class TraceStart:
    """What to look at. Without `session` the whole hub; `snap` and `count` 0 mean all.

    `path`: a new file, or a named pipe, on the server's machine; it gets pcapng. Without it lines are kept.
    """

    hub: str = element.text("HubName")
    session: str = element.text("SessionName")
    drops: bool = element.flag("Drops")
    filter: str = element.text("Filter", 4095)
    snap: int = element.number("Snap")
    count: int = element.long("Count")
    path: str = element.text("Path", 4095)


@dataclass(frozen=True, slots=True)
class TraceName:
    """A trace that runs on a hub."""

    hub: str = element.text("HubName")
    trace: int = element.long("Trace")


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A frame that was seen. `reason`: why it was dropped, if it was. `inward`: session to hub."""

    unix_us: int = element.long("UnixMicroseconds")
    session: str = element.text("Session")
    inward: bool = element.flag("Inward")
    reason: str = element.text("Reason")
    summary: str = element.text("Summary", 511)


@dataclass(frozen=True, slots=True)
class TraceState:
    """How a trace is. `lost`: records that it was too slow for. `problem`: why it ended by itself."""

    hub: str = element.text("HubName")
    trace: int = element.long("Trace")
    records: int = element.long("Records")
    lost: int = element.long("Lost")
    finished: bool = element.flag("Finished")
    problem: str = element.text("Problem", 511)
    lines: tuple[TraceLine, ...] = element.rows(TraceLine, "Lines")


START_TRACE: Final = Call(
    "Etherloom.StartTrace",
    TraceStart,
    TraceName,
    Who.HUB,
    "Looks at the frames of a hub until the trace is stopped, or nobody has asked about it for 15 seconds. "
    "A `Path` is for the server's administrator.",
)
LOOK_AT_TRACE: Final = Call(
    "Etherloom.LookAtTrace", TraceName, TraceState, Who.HUB, "How a trace is, and the next of its lines."
)
STOP_TRACE: Final = Call(
    "Etherloom.StopTrace", TraceName, TraceState, Who.HUB, "Ends a trace; returns its last lines."
)
CALLS: Final = (START_TRACE, LOOK_AT_TRACE, STOP_TRACE)
