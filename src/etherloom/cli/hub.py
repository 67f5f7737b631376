"""`etherloom hub`: the hubs of the server."""

from typing import Annotated

import typer

from etherloom.cli import terminal
from etherloom.cli.passwords import read_password
from etherloom.cli.values import Switch, is_on
from etherloom.rpc.catalog import hub, own
from etherloom.rpc.catalog.blocks import Empty

app = terminal.new_group("Hubs: create, change, look at, delete.")

Name = Annotated[str, typer.Argument(help="The hub's name.", show_default=False)]
MaxSessions = Annotated[
    int | None, typer.Option("--max-sessions", min=0, max=0xFFFF_FFFF, help="0 for no limit.")
]
RequireEncryption = Annotated[
    Switch | None,
    typer.Option("--require-encryption", help="Move sessions that ask for plain text into TLS."),
]
SuperFrames = Annotated[
    Switch | None,
    typer.Option("--super-frames", help="Carry what the kernel joins whole to clients of our own."),
]
UdpAcceleration = Annotated[
    Switch | None, typer.Option("--udp-acceleration", help="Carry frames by UDP as well, where that works.")
]
UdpAccelerationV1 = Annotated[
    Switch | None,
    typer.Option("--udp-acceleration-v1", help="Even with version 1 (RC4), which can be tampered with."),
]
Hidden = Annotated[Switch | None, typer.Option("--hidden", help="Keep it off the list for strangers.")]


def list_hubs() -> None:
    """List the hubs."""
    table = terminal.call(hub.ENUM_HUB, Empty())
    rows = [
        (
            row.hub,
            "on line" if row.online else "off line",
            row.users,
            row.sessions,
            row.mac_entries,
            terminal.format_time(row.created),
        )
        for row in table.rows
    ]
    terminal.show_table(table.rows, ("HUB", "STATE", "USERS", "SESSIONS", "MACS", "CREATED"), rows)


def create_hub(
    name: Name,
    max_sessions: MaxSessions = None,
    require_encryption: RequireEncryption = None,
    hidden: Hidden = None,
) -> None:
    """Create a hub, on line at once."""
    request = hub.HubSettings(
        name, online=True, maximum_sessions=max_sessions or 0, hidden=is_on(hidden) or False
    )
    with terminal.server() as server:
        server.call(hub.CREATE_HUB, request)
        if require_encryption is Switch.OFF:
            server.call(own.SET_HUB_OPTIONS, own.HubOptions(name, require_encryption=False))
    terminal.show_done({"hub": name}, f"hub {name} is on line")


def set_hub(
    name: Name,
    max_sessions: MaxSessions = None,
    require_encryption: RequireEncryption = None,
    hidden: Hidden = None,
    super_frames: SuperFrames = None,
    udp_acceleration: UdpAcceleration = None,
    udp_acceleration_v1: UdpAccelerationV1 = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read a password for the hub's administrator.")
    ] = False,
) -> None:
    """Change a hub's options; what isn't given stays as it is."""
    password = read_password(from_stdin=True, what="") if password_stdin else None
    request = own.HubOptions(
        name,
        max_sessions,
        is_on(hidden),
        is_on(require_encryption),
        is_on(super_frames),
        is_on(udp_acceleration),
        is_on(udp_acceleration_v1),
        password,
    )
    if request == own.HubOptions(name):
        raise typer.BadParameter("nothing to change: give an option, see `etherloom hub set --help`")
    reply = terminal.call(own.SET_HUB_OPTIONS, request)
    terminal.show_done(reply, f"hub {reply.hub} is changed")


def delete_hub(name: Name) -> None:
    """Delete a hub with its users, sessions and bridges."""
    terminal.call(hub.DELETE_HUB, hub.HubName(name))
    terminal.show_done({"hub": name}, f"hub {name} is deleted")


def set_online(name: Name) -> None:
    """Open a hub for sessions."""
    terminal.call(hub.SET_HUB_ONLINE, hub.HubOnline(name, online=True))
    terminal.show_done({"hub": name, "online": True}, f"hub {name} is on line")


def set_offline(name: Name) -> None:
    """End a hub's sessions and take no new ones."""
    terminal.call(hub.SET_HUB_ONLINE, hub.HubOnline(name, online=False))
    terminal.show_done({"hub": name, "online": False}, f"hub {name} is off line")


def show_hub(name: Name) -> None:
    """Show a hub's options, counts and MAC table."""
    with terminal.server() as server:
        status = server.call(hub.GET_HUB_STATUS, hub.HubStatus(name))
        options = server.call(own.GET_HUB_OPTIONS, hub.HubName(name))
        table = server.call(own.GET_MAC_TABLE, hub.HubName(name))
    terminal.show(
        {"status": status, "options": options, "mac_table": table.rows},
        lambda: _print_hub(status, options, table),
    )


def _print_hub(status: hub.HubStatus, options: own.HubOptions, table: own.MacTable) -> None:
    terminal.print_facts(
        {
            "Hub": status.hub,
            "On line": status.online,
            "Sessions": f"{status.sessions} of {options.maximum_sessions or 'any number'}",
            "Encryption required": options.require_encryption,
            "Hidden": options.hidden,
            "Super-frames": options.super_frames,
            "UDP acceleration": _acceleration(options),
            "Users": status.users,
            "Log-ins": status.logins,
            "Last log-in": terminal.format_time(status.last_login if status.logins else 0) or "never",
            "Created": terminal.format_time(status.created),
            "Received": terminal.format_traffic(status.traffic, received=True),
            "Sent": terminal.format_traffic(status.traffic, received=False),
        }
    )
    if table.rows:
        terminal.print_line("")
        rows = [(row.address.hex(":"), row.vlan or "-", row.session) for row in table.rows]
        terminal.print_table(("MAC", "VLAN", "SESSION"), rows)


def _acceleration(options: own.HubOptions) -> str:
    if not options.udp_acceleration:
        return "no"
    return "yes, version 1 too" if options.udp_acceleration_v1 else "yes"


terminal.add_command(app, "list", list_hubs)
terminal.add_command(app, "create", create_hub)
terminal.add_command(app, "set", set_hub)
terminal.add_command(app, "delete", delete_hub)
terminal.add_command(app, "online", set_online)
terminal.add_command(app, "offline", set_offline)
terminal.add_command(app, "show", show_hub)
