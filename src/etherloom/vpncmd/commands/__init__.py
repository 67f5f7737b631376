"""All commands, by the kind of thing that is administered. One file a noun."""

from typing import Final

from etherloom.vpncmd.command import Command
from etherloom.vpncmd.commands import (
    access,
    authority,
    cascade,
    hub,
    listener,
    network,
    protocol,
    securenat,
    server,
    service,
    session,
    tools,
    user,
)

SERVER_COMMANDS: Final[tuple[Command, ...]] = (
    *server.COMMANDS,
    *listener.COMMANDS,
    *service.COMMANDS,
    *network.COMMANDS,
    *hub.COMMANDS,
    *user.COMMANDS,
    *access.COMMANDS,
    *authority.COMMANDS,
    *cascade.COMMANDS,
    *securenat.COMMANDS,
    *session.COMMANDS,
    *protocol.COMMANDS,
    *tools.EVERYWHERE,
)
TOOL_COMMANDS: Final[tuple[Command, ...]] = tools.COMMANDS
