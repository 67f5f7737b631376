"""Traces: who hears of them, where they may write, and that an abandoned one ends."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from etherloom.engine.commands import HubRules
from etherloom.engine.facade import Facade
from etherloom.model.errors import Refusal
from etherloom.services.sessions import Sessions
from etherloom.services.switches import Switches
from etherloom.services.traces import Traces, Wish, open_target
from tests.support.engine import until

WISH = Wish(hub="LAB", session="", drops=True, filter="", snap=0, count=0, path="")


@asynccontextmanager
async def traces(patience_seconds: float = 60) -> AsyncIterator[Traces]:
    engine = Facade(workers=1)
    switches = Switches(engine)
    for hub in ("LAB", "OTHER", "THIRD"):
        switches.open(hub, HubRules())
    sessions = Sessions(engine, switches, lambda: 0)
    try:
        async with asyncio.TaskGroup() as tasks:
            yield Traces(engine, switches, sessions, tasks, patience_seconds)
    finally:
        await engine.stop()


async def test_the_log_says_who_sees_what() -> None:
    async with traces() as all_traces:
        with capture_logs() as logs:
            number = all_traces.start(replace(WISH, filter="arp"), "server administrator", "192.0.2.1")
            await all_traces.stop("lab", number)
        started, ended = logs
        assert (started["who"], started["where"]) == ("server administrator", "192.0.2.1")
        assert (started["hub"], started["filter"], started["drops_only"]) == ("LAB", "arp", True)
        assert (ended["event"], ended["trace"], ended["records"]) == ("trace ended", number, 0)


async def test_a_trace_that_nobody_asks_about_ends() -> None:
    async with traces(patience_seconds=0.02) as all_traces:
        number = all_traces.start(WISH, "somebody", "somewhere")

        def is_over() -> bool:
            try:
                all_traces._find("LAB", number)  # a look would keep it alive
            except Refusal:
                return True
            return False

        await until(is_over)


async def test_a_trace_belongs_to_its_hub() -> None:
    async with traces() as all_traces:
        number = all_traces.start(WISH, "somebody", "somewhere")
        with pytest.raises(Refusal, match="no trace"):
            all_traces.look("OTHER", number)
        with pytest.raises(Refusal, match="no trace"):
            await all_traces.stop("OTHER", number)


async def test_only_so_many_run_at_once() -> None:
    async with traces() as all_traces:
        wishes = [replace(WISH, hub=hub) for hub in ("LAB", "OTHER")]
        numbers = [all_traces.start(wish, "somebody", "somewhere") for wish in wishes for _ in range(4)]
        with pytest.raises(Refusal, match="8 traces run"):
            all_traces.start(replace(WISH, hub="THIRD"), "somebody", "somewhere")
        for number in numbers[4:]:
            await all_traces.stop("OTHER", number)
        with pytest.raises(Refusal, match="4 traces of hub lab run"):
            all_traces.start(replace(WISH, hub="lab"), "somebody", "somewhere")
        all_traces.start(replace(WISH, hub="THIRD"), "somebody", "somewhere")


def test_a_target_is_a_new_file_or_a_pipe_with_a_reader(tmp_path: Path) -> None:
    new = tmp_path / "new"
    os.close(open_target(str(new)))
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        open_target(str(new))
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        open_target(str(link))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match=r"[Nn]o such device"):
        open_target(str(pipe))
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.close(open_target(str(pipe)))
    os.close(reader)
