"""A server as a process of its own, on the loopback."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from etherloom.state.owner import open_owner
from etherloom.store.directory import StateDirectory
from etherloom.store.sqlite import open_store
from tests.support.configuration import hub, put, user
from tests.support.process import Process
from tests.support.waiting import wait_until

SOURCE = Path(__file__).resolve().parents[2] / "src"
RUN = """
import sys
from pathlib import Path
from etherloom.daemon.server import run
from etherloom.daemon.settings import ServeSettings
sys.exit(run(ServeSettings(Path(sys.argv[1]), tuple(sys.argv[2:]), "info")))
"""


@contextmanager
def serve(tmp_path: Path, *listen: str, notify: str = "") -> Iterator[Process]:
    """A server process; ended at the end of the block if it still runs."""
    log = tmp_path / f"log-{time.monotonic_ns()}"
    environment = {"PYTHONPATH": str(SOURCE), "NOTIFY_SOCKET": notify}
    arguments = [sys.executable, "-c", RUN, str(tmp_path / "state"), *(listen or ("127.0.0.1:0",))]
    process = Process(arguments, log, environment)
    try:
        yield process
    finally:
        process.kill()


def wait_for_line(process: Process, text: str) -> str:
    def probe() -> str | None:
        return next((line for line in process.output().splitlines() if text in line), None)

    return wait_until(probe, 20, lambda: f"{text!r} in the log:\n{process.output()}")


def started_port(process: Process) -> int:
    wait_for_line(process, '"server started"')
    return int(wait_for_line(process, " listening ").rsplit("port=", 1)[1])


async def fill(state: Path) -> None:
    with StateDirectory.open(state) as directory:
        store = await open_store(directory)
        owner = await open_owner(store, lambda: 1)
        await put(owner, hub("LAB"), user("LAB", "guest"))
        await store.close()
