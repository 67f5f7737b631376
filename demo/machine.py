"""Machines of the demonstration and the programs on them: this machine, or a network namespace of it.

Whatever is started ends with the block that started it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from demo.narration import StepFailed

_T = TypeVar("_T")
_STOP_SECONDS: Final = 8.0
_RUN_SECONDS: Final = 30.0
_GLANCE_SECONDS: Final = 0.05


@dataclass(frozen=True)
class Machine:
    """A place where programs run. `entry` is what a command line begins with to run there, `state` the
    directory of the Etherloom programs there."""

    label: str
    state: Path
    entry: tuple[str, ...] = ()

    def run(self, *argv: str, stdin: str = "") -> str:
        """Run a program to its end and return what it printed. Raises StepFailed."""
        try:
            done = subprocess.run(
                [*self.entry, *argv],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=_RUN_SECONDS,
                check=False,
                env=self._environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise StepFailed(f"`{_words(argv)}` did not end within {_RUN_SECONDS:g} s") from error
        except OSError as error:
            raise StepFailed(f"can't run `{_words(argv)}`: {error}") from error
        if done.returncode:
            said = (done.stderr or done.stdout).strip() or "it said nothing"
            raise StepFailed(f"`{_words(argv)}` ended with status {done.returncode}: {said}")
        return done.stdout

    @contextlib.contextmanager
    def running(self, *argv: str, log: Path) -> Iterator["Program"]:
        """Start a program and end it with the block, politely first."""
        with log.open("wb") as out:
            # A session of its own: Ctrl-C is for the demonstration, which then ends its programs in order.
            process = subprocess.Popen(
                [*self.entry, *argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                start_new_session=True,
            )
        program = Program(_words(argv), process, log)
        try:
            yield program
        finally:
            program.stop()

    def _environment(self) -> dict[str, str]:
        return dict(os.environ, ETHERLOOM_STATE=str(self.state))


@dataclass(frozen=True)
class Program:
    """A program that runs beside the demonstration."""

    words: str
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Everything it printed so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, probe: Callable[[], _T | None], what: str, seconds: float = 20.0) -> _T:
        """Return the probe's first answer; StepFailed if the program ends or the time runs out before."""
        deadline = time.monotonic() + seconds
        while (answer := probe()) is None:
            if self.process.poll() is not None:
                raise StepFailed(f"`{self.words}` ended before {what}; it said:\n{self.said().strip()}")
            if time.monotonic() > deadline:
                raise StepFailed(f"no sign within {seconds:g} s that {what}; it said:\n{self.said().strip()}")
            time.sleep(_GLANCE_SECONDS)
        return answer

    def end(self, seconds: float = _RUN_SECONDS) -> str:
        """Wait until it has ended by itself and return what it said. Raises StepFailed."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise StepFailed(f"`{self.words}` did not end within {seconds:g} s") from error
        if status:
            raise StepFailed(f"`{self.words}` ended with status {status}: {self.said().strip()}")
        return self.said()

    def stop(self) -> int:
        """Ask it to end, then insist; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def stop_cleanly(self) -> None:
        """Ask it to end; raises StepFailed unless it does so in time and with status 0."""
        status = self.stop()
        if status:
            raise StepFailed(
                f"`{self.words}` did not end cleanly ({status}); it said:\n{self.said().strip()}"
            )


def etherloom(*arguments: str) -> tuple[str, ...]:
    """The command line of the program under demonstration."""
    installed = Path(sys.executable).with_name("etherloom")
    program = (str(installed),) if installed.exists() else (sys.executable, "-m", "etherloom.cli.main")
    return (*program, *arguments)


def _words(argv: tuple[str, ...]) -> str:
    program = etherloom()
    if argv[: len(program)] == program:
        argv = ("etherloom", *argv[len(program) :])
    return " ".join(argv)
