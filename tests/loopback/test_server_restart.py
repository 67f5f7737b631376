"""A server that is told to start anew, as a process: the same number, new everything else."""

import asyncio
from pathlib import Path

from etherloom.rpc.catalog import own, server, service
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.client import AdminClient, ClientError
from tests.support.process import Process
from tests.support.server_process import fill, serve, started_port, wait_for_line
from tests.support.waiting import wait_until


def summary(state: Path) -> own.Summary | None:
    try:
        with AdminClient(state) as client:
            return client.call(own.GET_SUMMARY, Empty())
    except ClientError:
        return None


def niceness(process: int) -> dict[str, int]:
    """How nice each thread of a process is, by its name."""
    found = {}
    for task in Path(f"/proc/{process}/task").iterdir():
        name, _, numbers = (task / "stat").read_text().partition("(")[2].rpartition(")")
        found[name] = int(numbers.split()[16])
    return found


def test_it_starts_anew_in_its_own_place(tmp_path: Path) -> None:
    state = tmp_path / "state"
    asyncio.run(fill(state))
    with serve(tmp_path) as process:
        started_port(process)
        before = summary(state)
        assert before is not None
        nice = niceness(before.process)
        after = restart(process, state, before, forgetting=False)
        assert after.hubs == 1
        assert (after.process, after.fingerprint) == (before.process, before.fingerprint)
        # Who yields to the engine's threads passes that on to nobody.
        assert niceness(after.process) == nice
        fresh = restart(process, state, after, forgetting=True)
        assert fresh.hubs == 0
        assert fresh.fingerprint != before.fingerprint
        assert "Traceback" not in process.output()


def restart(process: Process, state: Path, before: own.Summary, *, forgetting: bool) -> own.Summary:
    """Ask for a new start, and wait for it."""
    with AdminClient(state) as client:
        client.call(service.REBOOT_SERVER, server.Echo(number=int(forgetting)))
    wait_for_line(process, '"server stopped"')

    def anew() -> own.Summary | None:
        found = summary(state)
        return found if found is not None and found.started > before.started else None

    return wait_until(anew, 30, lambda: f"it doesn't come back:\n{process.output()}")


def test_a_crash_ends_it_without_a_word_and_loses_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    asyncio.run(fill(state))
    with serve(tmp_path) as process:
        started_port(process)
        try:
            with AdminClient(state) as client:
                client.call(service.CRASH, server.Echo())
        except ClientError:
            pass
        assert process.wait(10) == -9
        assert '"server stops"' not in process.output()
    with serve(tmp_path) as process:
        started_port(process)
        after = summary(state)
        assert after is not None
        assert after.hubs == 1
