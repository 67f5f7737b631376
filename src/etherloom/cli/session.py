"""`etherloom session`: who is on a hub."""

from typing import Annotated, Final

import typer

from etherloom.cli import terminal
from etherloom.cli.sight import describe_work
from etherloom.rpc.catalog import own, session
from etherloom.rpc.catalog.hub import HubName

app = terminal.new_group("Sessions: list, look at, disconnect.")

Hub = Annotated[str, typer.Argument(help="The hub's name.", show_default=False)]
Name = Annotated[str, typer.Argument(help="The session's name.", show_default=False)]
_CLIENT: Final = "client"
_DIRECTIONS: Final = ("both", "to client", "from client")


def list_sessions(hub: Hub) -> None:
    """List the sessions on a hub."""
    table = terminal.call(session.ENUM_SESSION, HubName(hub))
    rows = [
        (
            row.name,
            row.user,
            row.host,
            f"{row.connections} of {row.connections_maximum}" if row.connections_maximum else "-",
            row.total_bytes,
            terminal.format_time(row.created),
        )
        for row in table.rows
    ]
    terminal.show_table(table.rows, ("SESSION", "USER", "FROM", "LINKS", "BYTES", "SINCE"), rows)


def show_session(hub: Hub, name: Name) -> None:
    """Show a session: its connections, what was dropped, whether it is encrypted."""
    one = terminal.call(own.GET_SESSION, session.SessionName(hub, name))
    terminal.show(one, lambda: _print_session(one))


def _print_session(one: own.SessionDetails) -> None:
    terminal.print_facts(
        {
            "Session": one.name,
            "Hub": one.hub,
            "User": one.user,
            "Kind": one.kind,
            "Client": one.product,
            "Since": terminal.format_time(one.connected),
            "Encryption": _encryption(one),
            "Compressed": one.compressed,
            "Half duplex": one.half_duplex,
            "Super-frames": one.super_frames,
            "UDP acceleration": _acceleration(one.acceleration),
            "Time-out": f"{one.timeout_ms / 1000:g} s, silent for {one.idle_ms / 1000:.1f} s",
            "Links": f"{len(one.links)} of {one.links_maximum}, {one.links_opened} opened in all",
            "Received": terminal.format_traffic(one.traffic, received=True),
            "Sent": terminal.format_traffic(one.traffic, received=False),
            "On the wire": f"{one.wire_bytes_received} bytes received, {one.wire_bytes_sent} sent",
            **describe_work(one),
        }
    )
    _print_links(one)
    if one.drops:
        terminal.print_line("")
        terminal.print_table(("DROPPED BECAUSE", "FRAMES"), [(row.reason, row.frames) for row in one.drops])


def _acceleration(facts: own.Acceleration) -> str:
    if not facts.version:
        return f"no: {facts.reason}" if facts.reason else "no"
    if facts.active:
        state = "frames go by UDP"
    else:
        state = "frames go by TCP: " + (facts.reason or "the path is being tried")
    fallen = f", fell back {facts.fallbacks} times" if facts.fallbacks else ""
    return f"version {facts.version}, {state}{fallen}"


def _encryption(one: own.SessionDetails) -> str:
    if one.kind != _CLIENT:
        return "-"
    return "NONE: its frames travel in plain text" if one.plaintext else "TLS"


def _print_links(one: own.SessionDetails) -> None:
    if not one.links:
        return
    rows = [
        (
            f"[{link.address}]:{link.port}" if link.address.version == 6 else f"{link.address}:{link.port}",
            _DIRECTIONS[link.direction] if link.direction < len(_DIRECTIONS) else link.direction,
            "NONE (plain text)" if link.plaintext else f"{link.tls_version} {link.cipher}".strip(),
            link.bytes_received,
            link.bytes_sent,
        )
        for link in one.links
    ]
    terminal.print_line("")
    terminal.print_table(("LINK", "DIRECTION", "ENCRYPTION", "RECEIVED", "SENT"), rows)


def disconnect_session(hub: Hub, name: Name) -> None:
    """End a session."""
    terminal.call(session.DELETE_SESSION, session.SessionName(hub, name))
    terminal.show_done({"hub": hub, "name": name}, f"session {name} is disconnected")


terminal.add_command(app, "list", list_sessions)
terminal.add_command(app, "show", show_session)
terminal.add_command(app, "disconnect", disconnect_session)
