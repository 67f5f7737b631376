"""The program: reads its own command line, finds out what to administer, connects, and starts a session."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from etherloom.model import product
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.hub import GET_HUB_STATUS, HubStatus
from etherloom.rpc.catalog.server import GET_CAPS, GET_SERVER_INFO, ServerInfo
from etherloom.rpc.remote import Login, RemoteClient
from etherloom.vpncmd import grammar, help, messages, values
from etherloom.vpncmd.command import Command, optional
from etherloom.vpncmd.commands import SERVER_COMMANDS, TOOL_COMMANDS
from etherloom.vpncmd.console import CantOpen, Console
from etherloom.vpncmd.session import Manners, Office, Session, Style, show_error

_DEFAULT_PORT: Final = 443
_INTERRUPTED: Final = 130
_OPTIONS: Final = {
    "CLIENT": "Administer a VPN client; not served yet.",
    "SERVER": "Administer a VPN server or bridge.",
    "TOOLS": "Use commands that need no server.",
    "HUB": "Log in as the administrator of this hub.",
    "ADMINHUB": "Log in as the server's administrator and select this hub.",
    "PASSWORD": "The administrator's password.",
    "IN": "A file with commands, one a line.",
    "OUT": "A file for a copy of all output.",
    "CMD": "The command to carry out; all that follows belongs to it.",
    "CSV": "Show tables as CSV.",
    "PROGRAMMING": "Prompts for programs, which tell the last code; nothing is asked for.",
    "JSON": "Print one JSON value a command.",
}
_MODES: Final = {"1": "SERVER", "2": "CLIENT", "3": "TOOLS"}
_BANNER: Final = (
    "vpncmd command - administration of VPN servers by command lines",
    f"{product.COMMAND_LINE_PRODUCT} {product.VERSION}",
    "",
)
_MENU: Final = (
    "This program manages: ",
    "",
    "1. VPN Server or VPN Bridge ",
    "2. VPN Client",
    "3. VPN Tools (certificates)",
    "",
)
_NO_CLIENT: Final = (
    "Unsupported: this vpncmd does not manage VPN clients yet. Use `etherloom connect` to run a client."
)
_TOOLS_READY: Final = (
    "VPN Tools has been launched. By inputting HELP, you can view a list of the commands that can be used."
)
_TRY_AGAIN: Final = (
    "Access has been denied. Possibly the password is incorrect, or perhaps you are connecting by an "
    "incorrect admin mode. You can try inputting the password again. To cancel, press Ctrl+D."
)
_POLITE: Final = Manners()
_SELF: Final = Command(
    "vpncmd",
    "Administration of VPN servers by command lines",
    lambda desk, given: None,
    (
        optional("host:port", "The server; port 443 if none is given.", positional=True),
        *(optional(name, about) for name, about in _OPTIONS.items()),
    ),
    help="Connects to a server and takes commands from the keyboard, from a file, or the one behind /CMD, "
    "which comes last. The exit code is the error code of the last command, 0 for success.",
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line said."""

    host: str = ""
    mode: str = ""
    hub: str = ""
    admin_hub: str = ""
    password: str = ""
    commands: str = ""
    copy: str = ""
    command: str | None = None
    manners: Manners = _POLITE


class _End(Exception):
    """The run ends with a code; what is to be said has been said, unless there are lines."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__(code)
        self.code = code
        self.lines = lines


def main() -> None:
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has left; what is still to be flushed goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ErrorCode.DISCONNECTED
    raise SystemExit(int(code))


def run(arguments: Sequence[str]) -> int:
    """Run the program; returns its exit code."""
    try:
        wishes = read_arguments(arguments)
    except _End as end:
        return _say(end)
    try:
        console = Console(
            Path(wishes.commands) if wishes.commands and wishes.command is None else None,
            Path(wishes.copy) if wishes.copy else None,
            plain=wishes.manners.programming or wishes.manners.style is Style.JSON,
            silent=wishes.manners.style is Style.JSON,
        )
    except CantOpen as error:
        return _say(_End(0, f"Error: {error}", "Error: Couldn't open local console."))
    try:
        return _administer(wishes, console)
    except _End as end:
        _show_end(end, console, wishes.manners)
        return end.code
    finally:
        console.close()


def _show_end(end: _End, console: Console, manners: Manners) -> None:
    if manners.style is Style.JSON:
        console.write(show_error(end.code, end.lines))
        return
    for line in end.lines:
        console.write(line)


def _say(end: _End) -> int:
    for line in end.lines:
        sys.stdout.write(line + "\n")
    return end.code


# --- the command line --------------------------------------------------------------------------------------


def read_arguments(arguments: Sequence[str]) -> Wishes:
    """What is wanted. Raises _End for what makes no sense, and for help."""
    words, command = _cut_command(arguments)
    line = grammar.parse_words(["vpncmd", *words])
    given: dict[str, str] = {}
    for option in line.options:
        if option.name.casefold() in ("?", "help", "h"):
            raise _End(ErrorCode.INVALID_PARAMETER, *_BANNER, *help.describe(_SELF))
        found = grammar.find_names(option.name, _OPTIONS)
        if len(found) != 1:
            parameters = [parameter for parameter in _SELF.parameters if parameter.name in found]
            lines = help.unclear_parameter(option.name, _SELF, parameters)
            raise _End(ErrorCode.INVALID_PARAMETER, *_BANNER, *lines)
        given.setdefault(found[0], grammar.read_value(option.value))
    return Wishes(
        host=line.positional[0] if line.positional else "",
        mode=next((mode for mode in ("SERVER", "CLIENT", "TOOLS") if mode in given), ""),
        hub=given.get("HUB", ""),
        admin_hub="" if given.get("HUB") else given.get("ADMINHUB", ""),
        password=given.get("PASSWORD", ""),
        commands=given.get("IN", ""),
        copy=given.get("OUT", ""),
        command=command,
        manners=_manners(given),
    )


def _manners(given: dict[str, str]) -> Manners:
    style = Style.JSON if "JSON" in given else Style.CSV if "CSV" in given else Style.TEXT
    return Manners(style, "PROGRAMMING" in given)


def _cut_command(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """The words before /CMD, and the line behind it."""
    for at, word in enumerate(arguments):
        name, colon, rest = word[1:].partition(":")
        if word[:1] in ("/", "-") and name.casefold() == "cmd":
            behind = [rest] * bool(colon) + list(arguments[at + 1 :])
            return list(arguments[:at]), grammar.join_words(behind)
    return list(arguments), None


# --- what to administer ------------------------------------------------------------------------------------


def _administer(wishes: Wishes, console: Console) -> int:
    if console.from_file and wishes.manners.style is not Style.JSON:
        console.write(
            f'The commands written in the file "{wishes.commands}" will be used instead of input from '
            "keyboard."
        )
    if wishes.manners.style is Style.TEXT:
        for line in _BANNER:
            console.write(line)
    mode = wishes.mode or _choose_mode(console)
    if mode == "CLIENT":
        raise _End(ErrorCode.NOT_SUPPORTED, messages.error_lines(ErrorCode.NOT_SUPPORTED), _NO_CLIENT)
    if mode == "TOOLS":
        if wishes.manners.style is not Style.JSON:
            console.write(_TOOLS_READY + "\n")
        return _start("VPN Tools", TOOL_COMMANDS, Office(None, ServerInfo(), ""), wishes, console)
    return _administer_server(_ask_host(wishes, console), console)


def _choose_mode(console: Console) -> str:
    for line in _MENU:
        console.write(line)
    answer = console.read_value("Select 1, 2 or 3: ") or ""
    if answer not in _MODES:
        raise _End(ErrorCode.USER_CANCEL)
    return _MODES[answer]


def _ask_host(wishes: Wishes, console: Console) -> Wishes:
    if wishes.host:
        return wishes
    console.write("Specify the host name or IP address of the VPN Server, nothing for this computer.\n")
    host = console.read_value("Hostname of IP Address of Destination: ")
    if host is None:
        raise _End(ErrorCode.USER_CANCEL)
    if wishes.hub or wishes.admin_hub:
        return replace(wishes, host=host or "localhost")
    console.write("To log in as the administrator of a Virtual Hub, specify its name; else nothing.\n")
    hub = console.read_value("Specify Virtual Hub Name: ")
    if hub is None:
        raise _End(ErrorCode.USER_CANCEL)
    return replace(wishes, host=host or "localhost", hub=hub)


def _administer_server(wishes: Wishes, console: Console) -> int:
    client = _connect(wishes, console)
    try:
        desk = Office(client, client.call(GET_SERVER_INFO, Empty()), wishes.hub)
        desk.know(dict(client.call(GET_CAPS, Empty()).by_name))
        if wishes.manners.style is Style.TEXT:
            _greet(wishes, console)
        if wishes.admin_hub:
            _select(wishes, desk, console)
        return _start("VPN Server", SERVER_COMMANDS, desk, wishes, console)
    except Refusal as refusal:
        raise _End(refusal.code, messages.error_lines(refusal.code)) from None
    finally:
        client.close()


def _connect(wishes: Wishes, console: Console) -> RemoteClient:
    host, number = values.split_host(wishes.host.partition("/")[0])
    login = Login(host, values.leading_number(number) or _DEFAULT_PORT, wishes.hub, wishes.password)
    while True:
        try:
            return RemoteClient(login)
        except Refusal as refusal:
            if refusal.code is not ErrorCode.ACCESS_DENIED or not wishes.manners.asks:
                raise _End(refusal.code, messages.error_lines(refusal.code)) from None
        console.write(_TRY_AGAIN)
        password = console.read_password("Password: ")
        if password is None:
            raise _End(ErrorCode.ACCESS_DENIED)
        login = replace(login, password=password)


def _greet(wishes: Wishes, console: Console) -> None:
    host, number = values.split_host(wishes.host.partition("/")[0])
    port = values.leading_number(number) or _DEFAULT_PORT
    console.write(f'Connection has been established with VPN Server "{host}" (port {port}).\n')
    if wishes.hub:
        console.write(
            f"You have administrator privileges for Virtual Hub '{wishes.hub}' on the VPN Server.\n"
        )
    else:
        console.write("You have administrator privileges for the entire VPN Server.\n")


def _select(wishes: Wishes, desk: Office, console: Console) -> None:
    """Select the hub of /ADMINHUB; if there is none, that is said, and nothing is selected."""
    try:
        status = desk.call(GET_HUB_STATUS, HubStatus(hub=wishes.admin_hub))
    except Refusal as refusal:
        if wishes.manners.style is not Style.JSON:
            console.write(
                f'When attempting to select Virtual Hub "{wishes.admin_hub}" that has been specified by '
                "/ADMINHUB, the following error occurred."
            )
            console.write(messages.error_lines(refusal.code))
        return
    desk.hub = status.hub
    if wishes.manners.style is Style.TEXT:
        console.write(f'The Virtual Hub "{desk.hub}" has been selected.')


def _start(title: str, commands: Sequence[Command], desk: Office, wishes: Wishes, console: Console) -> int:
    session = Session(title, commands, desk, console, wishes.manners)
    return session.run_one(wishes.command) if wishes.command else session.run()
