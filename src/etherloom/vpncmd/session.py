"""One run of vpncmd: takes command lines, asks for what is missing, carries out, shows, remembers the code.

Must not know what any command does.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog.call import AnyCall, Call
from etherloom.rpc.catalog.server import ServerInfo
from etherloom.rpc.json_codec import encode_record
from etherloom.rpc.remote import RemoteClient
from etherloom.vpncmd import grammar, help, messages
from etherloom.vpncmd.command import Ask, Command, Failure, Given, Parameter
from etherloom.vpncmd.console import Console
from etherloom.vpncmd.output import Part, show
from etherloom.vpncmd.values import Wrong

Request = TypeVar("Request")
Reply = TypeVar("Reply")
_LEAVE: Final = ("exit", "quit")
_HELP: Final = ("help", "?", "man")


class Style(Enum):
    """How results look."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Manners:
    """How to behave. `programming`: the prompt tells the last code, and nothing is asked for."""

    style: Style = Style.TEXT
    programming: bool = False

    @property
    def asks(self) -> bool:
        """Whether somebody is there to answer."""
        return not self.programming and self.style is not Style.JSON


class Office:
    """The Desk of commands: the selected hub, the open connection, what was answered last."""

    def __init__(self, client: RemoteClient | None, server: ServerInfo, hub: str) -> None:
        self._client: Final = client
        self._server: Final = server
        self._capabilities: dict[str, int] = {}
        self.hub = hub
        self.answers: list[tuple[AnyCall, Any]] = []

    @property
    def server(self) -> ServerInfo:
        return self._server

    def know(self, capabilities: dict[str, int]) -> None:
        self._capabilities = capabilities

    def has(self, capability: str) -> bool:
        return bool(self._capabilities.get(capability))

    def call(self, call: Call[Request, Reply], request: Request) -> Reply:
        if self._client is None:
            raise Failure(ErrorCode.NOT_SUPPORTED, "This needs a server.")
        reply = self._client.call(call, request)
        self.answers.append((call, reply))
        return reply


class _Missing(Exception):
    """A parameter that is needed wasn't given, or can't be read; all has been said."""


class Session:
    """Commands of one mode at one desk."""

    def __init__(
        self, title: str, commands: Sequence[Command], desk: Office, console: Console, manners: Manners
    ) -> None:
        self._title: Final = title
        self._commands: Final = {command.name: command for command in commands}
        self._desk: Final = desk
        self._console: Final = console
        self._manners: Final = manners
        self.code = 0
        console.complete([*self._commands, *_LEAVE, "help"])

    @property
    def prompt(self) -> str:
        return f"{self._title}/{self._desk.hub}>" if self._desk.hub else f"{self._title}>"

    def run(self) -> int:
        """Take lines until there are no more. Returns the code of the last command."""
        while (line := self._console.read_command(self._full_prompt())) is not None:
            if not self.take(line):
                break
        return self.code

    def _full_prompt(self) -> str:
        return f"[PROMPT:{self.code}:{self.prompt}]\n" if self._manners.programming else self.prompt

    def run_one(self, line: str) -> int:
        """Carry out one line, shown as if it had been typed."""
        if self._manners.style is Style.TEXT:
            self._console.write(self.prompt + line)
        self.take(line)
        return self.code

    def take(self, line: str) -> bool:
        """Carry out a line. False: the user wants to leave."""
        words = grammar.split_words(line.strip())
        if not words:
            return True
        if words[0].casefold() in _LEAVE:
            return False
        self._desk.answers.clear()
        asks_help, words = _asks_help(words)
        if asks_help and not words:
            self._list_commands()
        else:
            self.code = int(self._carry_out(grammar.parse_words(words), asks_help))
        return True

    def _list_commands(self) -> None:
        """The code stays that of the last command, and with it what is said at the end."""
        for line in help.list_commands(list(self._commands.values())):
            self._console.write(line)
        if not self.code:
            self._finish()

    # --- one command ---------------------------------------------------------------------------------------

    def _carry_out(self, line: grammar.Line, asks_help: bool) -> int:
        found = grammar.find_names(line.command, self._commands)
        if len(found) != 1:
            self._write_lines(help.unclear(line.command, [self._commands[name] for name in sorted(found)]))
            return self._fail(ErrorCode.BAD_COMMAND_OR_PARAM, "")
        command = self._commands[found[0]]
        if self._manners.style is Style.TEXT:
            self._console.write(f"{command.name} command - {command.summary}")
        if command.at_hub and not self._desk.hub:
            return self._fail(ErrorCode.INVALID_PARAMETER, messages.SELECT_A_HUB)
        if asks_help or _wants_help(line):
            self._write_lines(help.describe(command))
            return ErrorCode.INVALID_PARAMETER
        try:
            given = self._read_parameters(command, line)
        except _Missing as missing:
            return self._fail(ErrorCode.INVALID_PARAMETER, str(missing))
        return self._work(command, given)

    def _work(self, command: Command, given: Given) -> int:
        try:
            for part in command.work(self._desk, given) or ():
                self._show(part)
        except Failure as failure:
            return self._fail(failure.code, failure.sentence)
        except Refusal as refusal:
            return self._fail(refusal.code, messages.error_lines(refusal.code))
        self._finish()
        return 0

    def _show(self, part: Part) -> None:
        if self._manners.style is not Style.JSON:
            self._write_lines(show(part, as_csv=self._manners.style is Style.CSV))

    def _write_lines(self, lines: Sequence[str]) -> None:
        if self._manners.style is not Style.JSON:
            for line in lines:
                self._console.write(line)

    def _finish(self) -> None:
        if self._manners.style is Style.TEXT:
            self._console.write(messages.SUCCESS + "\n")
        elif self._manners.style is Style.JSON:
            self._console.write(json.dumps(_main_answer(self._desk.answers), ensure_ascii=False))

    def _fail(self, code: ErrorCode, sentence: str) -> int:
        if self._manners.style is Style.JSON:
            self._console.write(show_error(code, sentence.splitlines()))
        elif sentence:
            self._console.write(sentence)
        return code

    # --- parameters ----------------------------------------------------------------------------------------

    def _read_parameters(self, command: Command, line: grammar.Line) -> Given:
        given = self._given_texts(command, line)
        return {
            parameter.name: self._read_parameter(parameter, given.get(parameter.name))
            for parameter in command.parameters
        }

    def _given_texts(self, command: Command, line: grammar.Line) -> dict[str, str]:
        names = {parameter.name: parameter for parameter in command.parameters if not parameter.positional}
        given: dict[str, str] = {}
        for option in line.options:
            found = grammar.find_names(option.name, names)
            if len(found) != 1:
                chosen = [names[name] for name in sorted(found)]
                raise _Missing("\n".join(help.unclear_parameter(option.name, command, chosen)))
            given.setdefault(found[0], option.value)
        place = next((parameter.name for parameter in command.parameters if parameter.positional), None)
        if place is not None and line.positional:
            given[place] = line.positional[0]
        return given

    def _read_parameter(self, parameter: Parameter, text: str | None) -> Any:
        if text is None and parameter.ask is Ask.NEVER:
            return None
        while True:
            if text is None:
                text = self._ask(parameter)
            try:
                return parameter.check(grammar.read_value(text))
            except Wrong as wrong:
                if not self._manners.asks:
                    raise _Missing(str(wrong)) from None
                self._write_lines(str(wrong).split("\n"))
                text = None

    def _ask(self, parameter: Parameter) -> str:
        if not self._manners.asks:
            raise _Missing
        if parameter.ask is Ask.PASSWORD:
            answer = self._ask_password()
        else:
            *above, prompt = parameter.prompt.split("\n")
            self._write_lines(above)
            answer = self._console.read_value(prompt)
        if answer is None:
            raise _Missing
        return answer

    def _ask_password(self) -> str | None:
        self._write_lines([messages.CHOOSE_PASSWORD, ""])
        while (first := self._console.read_password("Password: ")) is not None:
            again = self._console.read_password("Confirm input: ")
            if again is None or again == first:
                return again
            self._write_lines(["The passwords differ. Try again.", ""])
        return None


def show_error(code: int, lines: Sequence[str]) -> str:
    """A failure as one JSON value."""
    message = lines[-1] if lines else messages.describe(code)
    return json.dumps({"error": {"code": int(code), "message": message}})


def _asks_help(words: tuple[str, ...]) -> tuple[bool, tuple[str, ...]]:
    """Whether help is wanted, and the words about what: `help X`, `?X`, `X?`, or just `help`."""
    first = words[0]
    if first.casefold() in _HELP:
        return True, words[1:2]
    if first.startswith("?"):
        return True, (first[1:],)
    if first.endswith("?"):
        return True, (first[:-1],)
    return False, words


def _wants_help(line: grammar.Line) -> bool:
    return "?" in line.positional or any(option.name.casefold() in ("?", "help") for option in line.options)


def _main_answer(answers: Sequence[tuple[AnyCall, Any]]) -> Any:
    """What a command is about: the last change if it made one, else what it asked for first."""
    changes = [reply for call, reply in answers if call.changes]
    replies = changes[-1:] or [reply for _, reply in answers[:1]]
    return encode_record(replies[0]) if replies else None
