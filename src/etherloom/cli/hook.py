"""`etherloom hook`: what is done when somebody logs in, or a session comes or goes."""

from pathlib import Path
from typing import Annotated

import typer

from etherloom.cli import terminal
from etherloom.cli.passwords import read_password
from etherloom.cli.terminal import Failure
from etherloom.rpc.catalog import hook
from etherloom.rpc.catalog.blocks import Empty

app = terminal.new_group("Hooks: commands and webhooks for events of log-ins and sessions.")

Name = Annotated[str, typer.Argument(help="The hook's name.", show_default=False)]


def list_hooks() -> None:
    """List the hooks and how they do."""
    table = terminal.call(hook.LIST_HOOKS, Empty())
    rows = [
        (
            row.name,
            row.events,
            row.hub or "(all)",
            row.url or row.command,
            row.delivered,
            row.failed,
            row.dropped,
            row.waiting,
            row.problem,
        )
        for row in table.rows
    ]
    columns = ("HOOK", "EVENTS", "HUB", "DOES", "DONE", "FAILED", "DROPPED", "WAITING", "LAST PROBLEM")
    terminal.show_table(table.rows, columns, rows)


def add_hook(
    name: Name,
    command: Annotated[
        list[str] | None,
        typer.Argument(help="Behind --: the program to run, and its arguments.", show_default=False),
    ] = None,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Post signed messages there.")] = "",
    events: Annotated[
        list[str] | None,
        typer.Option(
            "--on",
            metavar="EVENT",
            help="login-granted, login-refused, session-up or session-down; may be given repeatedly.  "
            "[default: all]",
            show_default=False,
        ),
    ] = None,
    hub: Annotated[str, typer.Option("--hub", metavar="HUB", help="Of this hub only.")] = "",
    timeout: Annotated[float, typer.Option(min=0.1, max=30, help="Seconds that one attempt may take.")] = 10,
    authority: Annotated[
        Path | None,
        typer.Option("--ca", metavar="FILE", help="Who signs the receiver's certificate (PEM)."),
    ] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read what to sign with from standard input.")
    ] = False,
) -> None:
    """Add a hook. Without --secret-stdin a webhook's secret is made and shown, this once."""
    if bool(command) == bool(url):
        raise typer.BadParameter("give either --url URL, or -- and a command")
    secret = read_password(from_stdin=True, what="") if secret_stdin else ""
    wish = hook.HookWish(
        name=name,
        events=tuple(events or ()),
        hub=hub,
        command=tuple(command or ()),
        url=url,
        authority=authority.read_text() if authority else "",
        timeout_ms=round(timeout * 1_000),
        secret=secret,
    )
    added = terminal.call(hook.ADD_HOOK, wish)
    made = {"secret": added.secret} if added.secret else {}
    shown = f"; its secret is {added.secret}" if added.secret else ""
    terminal.show_done({"name": name, **made}, f"hook {name} is there{shown}")


def delete_hook(name: Name) -> None:
    """Delete a hook. What it has not done yet is not done."""
    terminal.call(hook.DELETE_HOOK, hook.HookName(name))
    terminal.show_done({"name": name}, f"hook {name} is deleted")


def try_hook(name: Name) -> None:
    """Let a hook do its work once, with an event that is marked as a test."""
    came = terminal.call(hook.TEST_HOOK, hook.HookName(name))
    if came.problem:
        raise Failure(f"hook {name}: {came.problem}")
    terminal.show_done({"name": name}, f"hook {name} works")


terminal.add_command(app, "list", list_hooks)
terminal.add_command(app, "add", add_hook)
terminal.add_command(app, "delete", delete_hook)
terminal.add_command(app, "test", try_hook)
