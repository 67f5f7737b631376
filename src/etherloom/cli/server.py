"""Commands about the server as a whole: serve, status, passwd, backup, restore."""

import importlib
from pathlib import Path
from typing import Annotated, Final

import typer

from etherloom.cli import terminal
from etherloom.cli.passwords import read_password
from etherloom.rpc import offline
from etherloom.rpc.catalog import own, server
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.client import NoServer
from etherloom.wire.digest import hash_administrator_password

# Composition roots are nobody's import: the command line starts them by name.
_SERVER: Final = "etherloom.daemon.server"
_SETTINGS: Final = "etherloom.daemon.settings"

Congestion = Annotated[
    str,
    typer.Option(
        "--congestion", metavar="auto|NAME", help="Congestion control of the connections: cubic, bbr, ..."
    ),
]


def serve(
    listen: Annotated[
        list[str] | None,
        typer.Option("--listen", metavar="HOST:PORT", help="Instead of the default ports; repeatable."),
    ] = None,
    log_level: Annotated[
        str, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    ] = "info",
    congestion: Congestion = "auto",
) -> None:
    """Run a server in the foreground; SIGTERM stops it cleanly."""
    if log_level.casefold() not in ("debug", "info", "warning", "error"):
        raise typer.BadParameter(f"{log_level!r} is no log level: use debug, info, warning or error")
    settings = importlib.import_module(_SETTINGS).ServeSettings(
        terminal.state_directory(), tuple(listen or ()), log_level.casefold(), congestion
    )
    raise typer.Exit(importlib.import_module(_SERVER).run(settings))


def show_status() -> None:
    """Show the running server at one glance."""
    summary = terminal.call(own.GET_SUMMARY, Empty())
    terminal.show(summary, lambda: _print_summary(summary))


def _print_summary(summary: own.Summary) -> None:
    terminal.print_facts(
        {
            "Server": f"{summary.product} {summary.version}, process {summary.process}",
            "State": f"{terminal.state_directory()}, revision {summary.revision}",
            "Started": terminal.format_time(summary.started),
            "Certificate": f"SHA-256 {summary.fingerprint}",
            "Hubs": summary.hubs,
            "Users": summary.users,
            "Sessions": summary.sessions,
            "Administration": "here and, by password, from afar"
            if summary.remote_administration
            else "here only: `etherloom passwd` opens it to others",
        }
    )
    terminal.print_line("")
    rows = [(row.address, row.port, row.problem or "open") for row in summary.sockets]
    terminal.print_table(("ADDRESS", "PORT", "STATE"), rows)


def set_password(
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="No remote administration any more.")] = False,
) -> None:
    """Set the password of the server's administrator.

    Until one is set, nobody administers the server over the network, not even from this machine.
    """
    if remove and password_stdin:
        raise typer.BadParameter("--remove and --password-stdin exclude each other")
    password = (
        "" if remove else read_password(from_stdin=password_stdin, what="of the server's administrator")
    )
    terminal.call(server.SET_SERVER_PASSWORD, server.Password(hash_administrator_password(password)))
    sentence = "remote administration is closed" if remove else "the administrator's password is set"
    terminal.show_done({"remote_administration": not remove}, sentence)


def back_up(
    file: Annotated[Path, typer.Argument(help="A new file on the server's machine.", show_default=False)],
) -> None:
    """Write all that the server keeps, secrets too, to a new file. The server may run meanwhile."""
    path = file.absolute()
    try:
        terminal.call(own.BACKUP, own.BackupFile(str(path)))
    except NoServer:
        offline.back_up(terminal.state_directory(), path)
    terminal.show_done({"path": str(path)}, f"{path} holds everything, secrets too: keep it safe")


def restore(
    file: Annotated[Path, typer.Argument(help="A file made by `etherloom backup`.", show_default=False)],
) -> None:
    """Put a backup in place of the state, while no server runs on it. The former state is kept."""
    former = offline.restore(terminal.state_directory(), file.absolute())
    kept = f"; the former state is {former}" if former is not None else ""
    terminal.show_done(
        {"former": None if former is None else str(former)}, f"{file} is in place{kept}: start the server"
    )
