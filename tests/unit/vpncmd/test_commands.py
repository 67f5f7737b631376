"""Every command is described, and no two are alike."""

import re

import pytest

from etherloom.model.policy import POLICY_ITEMS
from etherloom.vpncmd import help
from etherloom.vpncmd.command import Ask, Command
from etherloom.vpncmd.commands import SERVER_COMMANDS, TOOL_COMMANDS
from etherloom.vpncmd.policies import TITLES
from etherloom.vpncmd.policy_notes import NOTES

each = pytest.mark.parametrize(
    "command", [*SERVER_COMMANDS, *TOOL_COMMANDS], ids=lambda command: str(command.name)
)


def test_all_commands_of_the_original_are_there() -> None:
    names = [command.name for command in SERVER_COMMANDS]
    assert len(names) == len(set(names)) == 209
    assert {command.name for command in TOOL_COMMANDS} == {
        *("About", "Check", "MakeCert", "MakeCert2048", "TrafficClient", "TrafficServer"),
        *("GenX25519", "GetPublicX25519"),
    }


@each
def test_a_command_is_described(command: Command) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", command.name)
    assert command.summary[0].isupper()
    assert not command.summary.endswith((".", " "))
    page = help.describe(command)
    assert page[0] == f'Help for command "{command.name}"'
    assert all(len(line) <= 80 for line in page)


@each
def test_parameters_are_sound(command: Command) -> None:
    names = [parameter.name.casefold() for parameter in command.parameters if not parameter.positional]
    assert len(names) == len(set(names))
    positional = [parameter.positional for parameter in command.parameters]
    assert positional.count(True) <= 1
    assert True not in positional[1:]
    for parameter in command.parameters:
        assert bool(parameter.about) == (parameter.ask is Ask.NEVER)
        assert bool(parameter.prompt) == (parameter.ask is Ask.OPENLY)
        assert not parameter.prompt or parameter.prompt.endswith(": ")


def test_every_policy_item_has_a_title_and_a_note() -> None:
    assert set(TITLES) == set(NOTES) == {item.name for item in POLICY_ITEMS}
