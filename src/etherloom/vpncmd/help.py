"""How vpncmd describes its commands. Pure."""

from collections.abc import Sequence
from typing import Final

from etherloom.vpncmd.command import Ask, Command, Parameter
from etherloom.vpncmd.output import show_list, wrap

_NOT_FOUND: Final = (
    '"{}": Command not found. ',
    "You can use the HELP command to view a list of the available commands.",
)


def list_commands(commands: Sequence[Command]) -> list[str]:
    entries = sorted((command.name, command.summary) for command in commands)
    return [
        f"You can use the following {len(entries)} commands: ",
        *show_list(entries),
        "",
        'To reference the usage for each command, input "command name ?" to view a help.',
    ]


def unclear(typed: str, commands: Sequence[Command]) -> list[str]:
    """What to say when a name means no command, or several."""
    if not commands:
        return [_NOT_FOUND[0].format(typed), _NOT_FOUND[1]]
    return [
        f'"{typed}": The command-name is ambiguous.',
        "The specified command name matches the following multiple commands.",
        *show_list([(command.name, command.summary) for command in commands]),
        "Please re-specify the command name more strictly.",
    ]


def unclear_parameter(typed: str, command: Command, parameters: Sequence[Parameter]) -> list[str]:
    """What to say when a name means no parameter of the command, or several."""
    if not parameters:
        return [
            f'The parameter "/{typed}" has been specified. It is not possible to specify this parameter when '
            f'using the command "{command.name}". Input "{command.name} /HELP" to see the list of what '
            "parameters can be used. "
        ]
    return [
        f'"{typed}": The parameter name is ambiguous.',
        "The specified parameter name matches with the following parameters that can be specified as a "
        f'parameter of command "{command.name}".',
        *show_list([(f"/{parameter.name}", _explain(parameter)) for parameter in parameters]),
        "Please re-specify the parameter name more strictly.",
    ]


def describe(command: Command) -> list[str]:
    """The help page of a command."""
    lines = [f'Help for command "{command.name}"', "", "Purpose:", f"  {command.summary}", ""]
    if command.help:
        lines += ["Description:", *(f"  {line}" for line in wrap(command.help, 2)), ""]
    lines += ["Usage:", *(f"  {line}" for line in wrap(command.usage, 2)), ""]
    if command.parameters:
        entries = [(_name(parameter), _explain(parameter)) for parameter in command.parameters]
        lines += ["Parameters:", *(f" {line}" for line in show_list(entries)), ""]
    return lines[:-1]


def _name(parameter: Parameter) -> str:
    return parameter.name if parameter.positional else f"/{parameter.name}"


def _explain(parameter: Parameter) -> str:
    if parameter.ask is Ask.PASSWORD:
        return "A password; asked for, twice, if it isn't given."
    if parameter.ask is Ask.NEVER:
        return parameter.about
    words = parameter.prompt.rsplit("\n", 1)[-1].strip().removesuffix(":")
    return f"{words}."
