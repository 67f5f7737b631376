"""`etherloom listener`: the TCP ports of the server."""

from typing import Annotated

import typer

from etherloom.cli import terminal
from etherloom.rpc.catalog import listener, own
from etherloom.rpc.catalog.blocks import Empty

app = terminal.new_group("Listeners: the TCP ports of the server.")

Port = Annotated[int, typer.Argument(min=1, max=65_535, help="A TCP port.", show_default=False)]


def state_text(row: own.ListenerState) -> str:
    """How a port is, in a word or a sentence."""
    if not row.enabled:
        return "switched off"
    return row.problem or "open"


def list_listeners() -> None:
    """List the ports and whether they are open."""
    table = terminal.call(own.GET_LISTENERS, Empty())
    columns = ("PORT", "STATE", "CAP PER SOURCE", "CAP IN ALL")
    rows = [(row.port, state_text(row), row.per_source, row.total) for row in table.rows]
    terminal.show_table(table.rows, columns, rows)


def create_listener(port: Port) -> None:
    """Listen on a port, on IPv4 and IPv6."""
    terminal.call(listener.CREATE_LISTENER, listener.Listener(port, enabled=True))
    terminal.show_done({"port": port}, f"there is a listener on port {port}")


def set_listener(
    port: Port,
    per_source: Annotated[
        int | None, typer.Option("--per-source", min=1, metavar="N", help="Of one source address.")
    ] = None,
    total: Annotated[int | None, typer.Option("--total", min=1, metavar="N", help="Of all together.")] = None,
) -> None:
    """Cap the connections of a port that have not logged in. The port is opened anew."""
    if per_source is None and total is None:
        raise typer.BadParameter("nothing to change: give --per-source or --total")
    terminal.call(own.SET_LISTENER_CAPS, own.ListenerCaps(port, per_source or 0, total or 0))
    terminal.show_done({"port": port}, f"the caps of the listener on port {port} are set")


def delete_listener(port: Port) -> None:
    """Stop listening on a port; connections live on."""
    terminal.call(listener.DELETE_LISTENER, listener.Listener(port))
    terminal.show_done({"port": port}, f"the listener on port {port} is deleted")


def enable_listener(port: Port) -> None:
    """Open a port again."""
    terminal.call(listener.ENABLE_LISTENER, listener.Listener(port, enabled=True))
    terminal.show_done({"port": port, "enabled": True}, f"the listener on port {port} is switched on")


def disable_listener(port: Port) -> None:
    """Close a port for the time being."""
    terminal.call(listener.ENABLE_LISTENER, listener.Listener(port, enabled=False))
    terminal.show_done({"port": port, "enabled": False}, f"the listener on port {port} is switched off")


terminal.add_command(app, "list", list_listeners)
terminal.add_command(app, "create", create_listener)
terminal.add_command(app, "set", set_listener)
terminal.add_command(app, "delete", delete_listener)
terminal.add_command(app, "enable", enable_listener)
terminal.add_command(app, "disable", disable_listener)
