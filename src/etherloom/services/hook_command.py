"""Runs one command for one event: without a shell, in a process group of its own, for a bounded time.

Whatever it starts ends with it. Its output is read to the end, and its beginning kept.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_KEPT_BYTES: Final = 2_000
_READ_BYTES: Final = 65_536
# For the kernel to take a killed process away, which it does at once.
_REAP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How it ended: exit status, negative for a signal; None if it ran out of time or never began."""

    status: int | None
    output: str
    problem: str = ""


class _Output:
    """Reads whatever comes; keeps the beginning."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: Final = descriptor
        self._loop: Final = asyncio.get_running_loop()
        self._kept = b""
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self.read)

    @property
    def text(self) -> str:
        return self._kept.decode("utf-8", "replace").strip()

    def read(self) -> None:
        try:
            found = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        self._kept += found[: _KEPT_BYTES - len(self._kept)]
        if not found:
            self.stop()

    def stop(self) -> None:
        self._loop.remove_reader(self._descriptor)


async def run_command(
    arguments: Sequence[str], body: bytes, environment: Mapping[str, str], timeout_ms: int
) -> CommandResult:
    """Give `body` to the command on its standard input and wait until it ends, or end it."""
    try:
        process = _start(arguments, environment)
    except OSError as error:
        return CommandResult(None, "", f"can't be started: {error.strerror or error}")
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        output = _Output(process.stdout.fileno())
        late = False
        try:
            async with _watched(process) as ended, asyncio.timeout(timeout_ms / 1000):
                _feed(process.stdin.fileno(), body)
                process.stdin.close()
                await ended.wait()
        except TimeoutError:
            late = True
        finally:
            output.read()
            output.stop()
            _end_group(process)
    if late:
        return CommandResult(None, output.text, f"took longer than {timeout_ms} ms and was ended")
    status = process.returncode
    return CommandResult(status, output.text, "" if status == 0 else f"exit status {status}")


def _start(arguments: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Raises OSError."""
    return subprocess.Popen(  # noqa: S603 - what an administrator of the server wrote, no shell
        list(arguments),
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=dict(environment),
        start_new_session=True,
    )


@contextlib.asynccontextmanager
async def _watched(process: "subprocess.Popen[bytes]") -> AsyncIterator[asyncio.Event]:
    """Its end, without taking its number back: that still names its group."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    loop.add_reader(descriptor, ended.set)
    try:
        yield ended
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _feed(descriptor: int, body: bytes) -> None:
    """A message is shorter than what a pipe takes; a command that doesn't read it loses nothing."""
    os.set_blocking(descriptor, False)
    with contextlib.suppress(BrokenPipeError, BlockingIOError):
        os.write(descriptor, body)


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_REAP_SECONDS)
