"""`etherloom bridge`: hubs joined to devices of the server's machine."""

from typing import Annotated

import typer

from etherloom.cli import terminal
from etherloom.rpc.catalog import own
from etherloom.rpc.catalog.blocks import Empty

app = terminal.new_group("Local bridges: hubs joined to devices.")

Hub = Annotated[str, typer.Argument(help="The hub's name.", show_default=False)]


def list_bridges() -> None:
    """List the bridges and whether they work."""
    table = terminal.call(own.GET_BRIDGES, Empty())
    rows = [
        (row.hub, row.device, "TAP" if row.tap else "device", row.problem or "works") for row in table.rows
    ]
    terminal.show_table(table.rows, ("HUB", "DEVICE", "KIND", "STATE"), rows)


def create_bridge(
    hub: Hub,
    tap: Annotated[str | None, typer.Option("--tap", metavar="NAME", help="Create this TAP device.")] = None,
    device: Annotated[
        str | None, typer.Option("--device", metavar="NAME", help="Use this network interface.")
    ] = None,
) -> None:
    """Join a hub to a device. A device that can't be opened is tried again and again."""
    name = tap or device
    if name is None or (tap and device):
        raise typer.BadParameter("give either --tap NAME or --device NAME")
    terminal.call(own.CREATE_BRIDGE, own.Bridge(hub, name, tap=tap is not None))
    terminal.show_done({"hub": hub, "device": name}, f"hub {hub} is joined to {name}")


def delete_bridge(
    hub: Hub, name: Annotated[str, typer.Argument(help="The device's name.", show_default=False)]
) -> None:
    """Take a device off a hub."""
    terminal.call(own.DELETE_BRIDGE, own.Bridge(hub, name))
    terminal.show_done({"hub": hub, "device": name}, f"{name} is off hub {hub}")


terminal.add_command(app, "list", list_bridges)
terminal.add_command(app, "create", create_bridge)
terminal.add_command(app, "delete", delete_bridge)
