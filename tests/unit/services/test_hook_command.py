"""Commands of hooks: what they get, and that none of them can outstay, fork away or flood."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from etherloom.model.hook import Event, EventKind
from etherloom.services.hook_command import CommandResult, run_command
from etherloom.services.hook_message import make_body, make_environment
from tests.support.asynchronous import until

EVENT = Event(EventKind.LOGIN_REFUSED, 1_700_000_000_123, hub="LAB", user="mallory", code=9, reason="no")
BODY = make_body(EVENT, "d1")
ENVIRONMENT = make_environment(EVENT, "d1")


async def shell(script: str, timeout_ms: int = 20_000, body: bytes = BODY) -> CommandResult:
    return await run_command(("/bin/sh", "-c", script), body, ENVIRONMENT, timeout_ms)


def alive(pid: int) -> bool:
    """A zombie has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_it_reads_the_event_and_finds_it_in_its_environment(tmp_path: Path) -> None:
    result = await shell(f"cat > {tmp_path}/body; env > {tmp_path}/env; pwd")
    assert result == CommandResult(0, "/")
    assert json.loads((tmp_path / "body").read_bytes()) == json.loads(BODY)
    found = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert found["EL_EVENT"] == "login-refused"
    assert (found["EL_HUB"], found["EL_USER"], found["EL_CODE"]) == ("LAB", "mallory", "9")
    assert "HOME" not in found


async def test_arguments_are_not_looked_at_by_a_shell() -> None:
    result = await run_command(("/bin/echo", "$HOME; `id` && *"), BODY, ENVIRONMENT, 20_000)
    assert result == CommandResult(0, "$HOME; `id` && *")


async def test_its_status_is_told() -> None:
    assert await shell("echo bad >&2; exit 3") == CommandResult(3, "bad", "exit status 3")
    assert (await shell("kill -9 $$")).status == -signal.SIGKILL


@pytest.mark.parametrize(("path", "problem"), [("/no/such", "No such file"), ("/etc/passwd", "Permission")])
async def test_one_that_can_not_be_started_says_why(path: str, problem: str) -> None:
    result = await run_command((path,), BODY, ENVIRONMENT, 1_000)
    assert result.status is None
    assert problem in result.problem


async def test_one_that_reads_nothing_is_no_failure() -> None:
    assert (await shell("exec 0<&-; exit 0", body=bytes(60_000))).problem == ""


async def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    script = f"trap '' TERM; sleep 1000 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/self; wait"
    result = await shell(script, timeout_ms=500)
    assert result.status is None
    assert "longer than 500 ms" in result.problem
    for name in ("child", "self"):
        pid = int((tmp_path / name).read_text())
        await until(lambda pid=pid: not alive(pid), f"{name} has ended")  # type: ignore[misc]


async def test_what_it_leaves_in_the_background_ends_with_it(tmp_path: Path) -> None:
    """The child holds the output open, which nobody waits for."""
    result = await shell(f"sleep 1000 & echo $! > {tmp_path}/child; exit 0")
    assert result.problem == ""
    await until(lambda: not alive(int((tmp_path / "child").read_text())), "the child has ended")


async def test_one_that_prints_a_lot_is_read_and_forgotten() -> None:
    result = await shell("head -c 50000000 /dev/zero | tr '\\0' x; exit 4")
    assert result.status == 4
    assert result.output == "x" * 2_000


async def test_one_that_prints_for_ever_is_ended() -> None:
    result = await shell("exec yes", timeout_ms=300)
    assert result.status is None
    assert len(result.output) <= 2_000


async def test_one_that_is_given_up_is_ended(tmp_path: Path) -> None:
    """The server stops, or the hook is deleted."""
    task = asyncio.get_running_loop().create_task(
        shell(f"echo $$ > {tmp_path}/self.new; mv {tmp_path}/self.new {tmp_path}/self; exec sleep 1000")
    )
    await until((tmp_path / "self").exists, "it runs")
    pid = int((tmp_path / "self").read_text())
    assert alive(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(pid)


async def test_nothing_stays_open_behind_it() -> None:
    await shell("exit 0")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        await shell("exit 1")
        await shell("sleep 5", timeout_ms=100)
    assert len(os.listdir("/proc/self/fd")) == before
