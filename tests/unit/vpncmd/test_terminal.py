"""The program on a terminal: names are completed, and Ctrl+D leaves."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SECONDS = 20.0
_PROGRAM = (sys.executable, "-c", "from etherloom.vpncmd.main import main; main()", "/TOOLS")


class Terminal:
    """The keyboard and the screen of a program."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._seen = b""

    def type(self, keys: str) -> None:
        os.write(self._number, keys.encode())

    def wait_for(self, text: str) -> None:
        """Look at the screen until the text is there; what comes next is looked for behind it."""
        while text.encode() not in self._seen:
            ready, _, _ = select.select([self._number], [], [], _SECONDS)
            assert ready, f"no {text!r} after {self._seen!r}"
            self._seen += os.read(self._number, 65_536)
        self._seen = self._seen.partition(text.encode())[2]


@contextmanager
def terminal(*arguments: str) -> Iterator[tuple[Terminal, "subprocess.Popen[bytes]"]]:
    keyboard, screen = pty.openpty()
    environment = dict(os.environ, TERM="xterm", PYTHONPATH=os.pathsep.join(sys.path))
    program = subprocess.Popen(
        (*_PROGRAM, *arguments), stdin=screen, stdout=screen, stderr=screen, env=environment
    )
    os.close(screen)
    try:
        yield Terminal(keyboard), program
    finally:
        program.kill()
        program.wait(_SECONDS)
        os.close(keyboard)


def test_names_are_completed_and_remembered() -> None:
    with terminal() as (screen, program):
        screen.wait_for("VPN Tools>")
        screen.type("GenX\t\r")
        screen.wait_for("Public key: ")
        screen.wait_for("VPN Tools>")
        # The line before, by the arrow key.
        screen.type("\x1b[A\r")
        screen.wait_for("Public key: ")
        screen.wait_for("VPN Tools>")
        screen.type("\x04")
        assert program.wait(_SECONDS) == 0


def test_programs_get_no_colours() -> None:
    with terminal("/PROGRAMMING") as (screen, program):
        screen.wait_for("[PROMPT:0:VPN Tools>]\r\n")
        screen.type("Nothing\n")
        screen.wait_for("[PROMPT:117:VPN Tools>]\r\n")
        screen.type("exit\n")
        assert program.wait(_SECONDS) == 117
