"""`etherloom trace`: which frames pass a hub, which are dropped and why; or a capture for other tools."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from etherloom.cli import terminal
from etherloom.cli.terminal import Failure
from etherloom.rpc.catalog import trace
from etherloom.rpc.client import AdminClient

_PAUSE_SECONDS: Final = 0.2
Watcher = Callable[[trace.TraceState], None]


def run(
    hub: Annotated[str, typer.Argument(help="The hub's name.", show_default=False)],
    session: Annotated[
        str, typer.Argument(help="One session; all of them without it.", show_default=False)
    ] = "",
    *,
    drops: Annotated[
        bool | None,
        typer.Option(
            "--drops/--all",
            help="Dropped frames only, or all frames.  [default: dropped ones, with --write all]",
            show_default=False,
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a new pcapng file instead.", show_default=False),
    ] = None,
    filter: Annotated[str, typer.Option(metavar="EXPR", help="Frames that are meant.")] = "",
    count: Annotated[int, typer.Option(min=0, help="End after so many; 0: never.")] = 0,
    seconds: Annotated[float, typer.Option(min=0, help="End after so long; 0: never.")] = 0,
    snap: Annotated[int, typer.Option(min=0, metavar="BYTES", help="Keep so much of each; 0: all.")] = 0,
) -> None:
    """Show the frames of a hub that are dropped, and why; or capture frames. Ctrl-C ends it."""
    if terminal.wants_json() and write is None and not (count or seconds):
        raise Failure("with --json say when it ends: --count or --seconds")
    wish = trace.TraceStart(
        hub=hub,
        session=session,
        drops=write is None if drops is None else drops,
        filter=filter,
        snap=snap,
        count=count,
        path=os.path.abspath(write) if write else "",
    )
    lines: list[trace.TraceLine] = []
    with terminal.server() as client:
        last = _watch(client, wish, seconds, lambda state: _show_lines(state, lines))
    _finish(last, lines, write)


def _watch(client: AdminClient, wish: trace.TraceStart, seconds: float, watcher: Watcher) -> trace.TraceState:
    """Look until it is over; returns the last state."""
    end = time.monotonic() + seconds if seconds else float("inf")
    name = client.call(trace.START_TRACE, wish)
    with _asked_to_end() as is_asked:
        while True:
            state = client.call(trace.LOOK_AT_TRACE, name)
            watcher(state)
            left = end - time.monotonic()
            if state.finished or left <= 0 or is_asked():
                break
            time.sleep(min(_PAUSE_SECONDS, left))
        state = client.call(trace.STOP_TRACE, name)
    watcher(state)
    return state


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C be asked about: it must not come between a call and its answer."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    former = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, former)


def _show_lines(state: trace.TraceState, lines: list[trace.TraceLine]) -> None:
    if terminal.wants_json():
        lines.extend(state.lines)
        return
    for line in state.lines:
        terminal.print_line(describe(line))
    sys.stdout.flush()


def describe(line: trace.TraceLine) -> str:
    """One line for people."""
    moment = datetime.fromtimestamp(line.unix_us / 1_000_000, UTC).strftime("%H:%M:%S.%f")
    way = "in " if line.inward else "out"
    reason = f"dropped: {line.reason}" if line.reason else "passed"
    return f"{moment} {terminal.cell(line.session)} {way} {reason}  {line.summary}"


def _finish(state: trace.TraceState, lines: list[trace.TraceLine], write: Path | None) -> None:
    summary = {"records": state.records, "lost": state.lost, "problem": state.problem}
    if terminal.wants_json():
        terminal.show({**summary, "lines": lines}, lambda: None)
    else:
        where = f" to {write}" if write else ""
        lost = f", {state.lost} more were lost to the trace" if state.lost else ""
        sys.stderr.write(f"{state.records} frames{where}{lost}\n")
    if state.problem:
        raise Failure(f"the trace ended early: {state.problem}")
