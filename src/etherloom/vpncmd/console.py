"""Where vpncmd's words come from and go to: the terminal, a file of commands, a file for a copy.

Must not know commands, only lines.
"""

import getpass
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.shortcuts import CompleteStyle

from etherloom.vpncmd.grammar import find_names


class CantOpen(Exception):
    """A file for commands or for the copy can't be opened; the sentence says which."""


class Console:
    """Lines in and out. `commands`: read from this file, the keyboard answers questions only.

    `plain`: a program may hold the terminal, so there are no colours and no completion. `silent`: prompts and
    what was typed are not repeated, so that only results are printed.
    """

    def __init__(
        self,
        commands: Path | None = None,
        copy: Path | None = None,
        *,
        plain: bool = False,
        silent: bool = False,
    ) -> None:
        """Raises CantOpen."""
        self._plain: Final = plain
        self._silent: Final = silent
        self._commands: Final = _open_commands(commands) if commands else None
        self._copy: Final = _open_copy(copy) if copy else None
        self._names: tuple[str, ...] = ()
        self._editor: PromptSession[str] | None = None

    @property
    def from_file(self) -> bool:
        return self._commands is not None

    def complete(self, names: Iterable[str]) -> None:
        """Offer these names when a command is typed."""
        self._names = tuple(names)

    # --- out -----------------------------------------------------------------------------------------------

    def write(self, line: str = "", end: str = "\n") -> None:
        """Print a line, or several."""
        sys.stdout.write(line + end)
        sys.stdout.flush()
        if self._copy is not None:
            self._copy.write(line + end)
            self._copy.flush()

    # --- in ------------------------------------------------------------------------------------------------

    def read_command(self, prompt: str) -> str | None:
        """The next command line; None at the end."""
        if self._commands is None:
            return self._ask(prompt, input if self._plain else self._edit)
        line = next(self._commands, None)
        if line is not None and not self._silent:
            self.write(prompt + line)
        return line

    def read_value(self, prompt: str) -> str | None:
        """An answer from the keyboard; None if there is none."""
        return self._ask(prompt, input)

    def read_password(self, prompt: str) -> str | None:
        """An answer that isn't shown."""
        return self._ask(prompt, getpass.getpass)

    def _ask(self, prompt: str, read: Callable[[str], str]) -> str | None:
        if not sys.stdin.isatty():
            return self._read_piped(prompt)
        # The copy gets what the terminal shows; answers stay out of it.
        if self._copy is not None:
            self._copy.write(prompt + "\n")
        with suppress(EOFError, KeyboardInterrupt):
            return read(prompt)
        self.write()
        return None

    def _read_piped(self, prompt: str) -> str | None:
        if self._silent:
            line = sys.stdin.readline()
        else:
            self.write(prompt, end="")
            line = sys.stdin.readline()
            self.write(line.rstrip("\r\n"))
        return line.rstrip("\r\n") if line else None

    def _edit(self, prompt: str) -> str:
        if self._editor is None:
            self._editor = PromptSession(
                completer=_NameCompleter(lambda: self._names),
                complete_while_typing=False,
                complete_style=CompleteStyle.READLINE_LIKE,
                reserve_space_for_menu=0,
            )
        return self._editor.prompt(prompt)

    def close(self) -> None:
        if self._copy is not None:
            self._copy.close()


class _NameCompleter(Completer):
    """Completes the first word to the names of commands that it may mean."""

    def __init__(self, names: Callable[[], tuple[str, ...]]) -> None:
        self._names = names

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        typed = document.text_before_cursor.lstrip()
        if typed and " " not in typed:
            for name in find_names(typed, self._names()):
                yield Completion(name, start_position=-len(typed))


def _open_commands(path: Path) -> Iterator[str]:
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        raise CantOpen(f'Unable to open the specified input file "{path}".') from None
    return iter([line.strip() for line in text.splitlines() if line.strip()])


def _open_copy(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", newline="\r\n")
    except OSError:
        raise CantOpen(f'Unable to create the specified output file "{path}".') from None
