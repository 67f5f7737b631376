"""Commands that belong to the contract but aren't there yet: they say so."""

from typing import Any, Final

import typer

from etherloom.cli.terminal import Failure

_NAMES: Final = ("plan", "apply", "vpncmd")
_ANY_ARGUMENTS: Final[dict[str, Any]] = {
    "ignore_unknown_options": True,
    "allow_extra_args": True,
    "help_option_names": [],
}


def add_commands(app: typer.Typer) -> None:
    """Add all of them, whatever arguments they are given."""
    for name in _NAMES:
        app.command(name, hidden=True, context_settings=_ANY_ARGUMENTS)(_refusing(name))


def _refusing(name: str) -> Any:
    def refuse() -> None:
        raise Failure(f"`etherloom {name}` isn't part of this version yet")

    return refuse
