"""Programs that run beside a test: own process group, output in a file, always ended at the end."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.waiting import TimedOut, wait_until


class Process:
    """A started program. Its standard output and error go to `log`, which stays after the end."""

    def __init__(self, argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.argv = list(argv)
        self.log = log
        with log.open("ab") as out:
            self._popen = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(os.environ, **(environment or {})),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        return self._popen.poll()

    @property
    def alive(self) -> bool:
        return self.returncode is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        """Signal the program's first process only."""
        if self.alive:
            self._popen.send_signal(number)

    def wait(self, timeout: float) -> int:
        """Return the exit status; TimedOut when it runs on."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise TimedOut(f"still running after {timeout:g} s: {' '.join(self.argv)}") from error

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait(10)

    def stop(self, timeout: float = 5.0) -> int:
        """Ask politely, then insist; whatever is left of the group is killed."""
        self.signal(signal.SIGTERM)
        try:
            status = self.wait(timeout)
        except TimedOut:
            status = -signal.SIGKILL
        self.kill()
        return status


def process_tree(root: int) -> list[int]:
    """Return `root` and all its descendants that live now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            children.setdefault(_parent(entry), []).append(int(entry.name))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue.extend(children.get(pid, []))
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the CPU time that the threads of these processes have used, by the scheduler's own count."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except (OSError, IndexError):
                continue
    return total / 1e9


def resident_bytes(pid: int) -> int:
    """Return the resident memory of one process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _parent(entry: Path) -> int:
    try:
        # The command's name, in parentheses, may hold blanks and parentheses itself.
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return -1


def wait_ended(process: Process, timeout: float) -> int:
    """Wait for the end of a program that is expected to end by itself."""
    wait_until(lambda: not process.alive, timeout, lambda: f"still running: {' '.join(process.argv)}")
    status = process.returncode
    assert status is not None
    return status
