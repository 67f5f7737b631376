"""`etherloom tls`: what the server asks of the encryption of new connections."""

from typing import Annotated, Final

import typer

from etherloom.cli import terminal
from etherloom.rpc.catalog import own
from etherloom.rpc.catalog.blocks import Empty

_FASTEST: Final = "auto"

app = terminal.new_group("TLS: the ciphers and versions that the server accepts.")


def show_encryption() -> None:
    """Show which ciphers and TLS versions are accepted."""
    settings = terminal.call(own.GET_ENCRYPTION, Empty())
    terminal.show(settings, lambda: _print(settings))


def set_encryption(
    ciphers: Annotated[
        str | None,
        typer.Option(
            "--ciphers",
            metavar="LIST",
            help="AES-256-GCM, AES-128-GCM, CHACHA20-POLY1305: only these, the preferred one first; "
            "auto: all, the fastest first.",
        ),
    ] = None,
    minimum: Annotated[
        str | None, typer.Option("--minimum", metavar="VERSION", help="Oldest TLS version: 1.2 or 1.3.")
    ] = None,
) -> None:
    """Change what new connections must speak; what isn't given stays as it is."""
    if ciphers is None and minimum is None:
        raise typer.BadParameter("nothing to change: give --ciphers or --minimum")
    wanted = "" if ciphers is not None and ciphers.casefold() == _FASTEST else ciphers
    reply = terminal.call(own.SET_ENCRYPTION, own.Encryption(wanted, minimum))
    terminal.show_done(reply, "new connections speak so from now on; those that stand go on")


def _print(settings: own.Encryption) -> None:
    terminal.print_facts(
        {
            "Ciphers": settings.ciphers or "all, the fastest on this machine first",
            "Oldest TLS": settings.minimum or "",
        }
    )


terminal.add_command(app, "show", show_encryption)
terminal.add_command(app, "set", set_encryption)
