"""What the demonstration says while it runs. It knows no step, only how steps look."""

import os
import shlex
import sys
import textwrap
from collections.abc import Mapping

_WIDTH = 96
_KEY_WIDTH = 13


class StepFailed(Exception):
    """A step didn't do what it should; the message is a sentence for people."""


def title(text: str) -> None:
    """Begin a part of the story."""
    _write(f"\n{_bold(text)}")


def tell(text: str) -> None:
    """One thought, in whole sentences."""
    _write(textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="  "))


def command(where: str, *argv: str) -> None:
    """A command as somebody would type it, and on which machine."""
    _write(f"  {where}$ {shlex.join(argv)}")


def output(text: str) -> None:
    """What a program printed."""
    _write(textwrap.indent(text.rstrip(), "    | "))


def facts(values: Mapping[str, object]) -> None:
    """Findings, one a line."""
    for name, value in values.items():
        _write(f"  {name:<{_KEY_WIDTH}} {_bold(str(value))}")


def _bold(text: str) -> str:
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain else f"\x1b[1m{text}\x1b[0m"


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
