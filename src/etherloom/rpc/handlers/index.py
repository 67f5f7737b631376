"""All handlers."""

from typing import Final

from etherloom.rpc.dispatch import AnyHandler
from etherloom.rpc.handlers import (
    bridge,
    cluster,
    connection,
    hub,
    l3switch,
    license,
    listener,
    log,
    own,
    protocol,
    server,
    service,
    session,
    trace,
    user,
)

HANDLERS: Final[tuple[AnyHandler, ...]] = (
    *server.HANDLERS,
    *service.HANDLERS,
    *listener.HANDLERS,
    *connection.HANDLERS,
    *cluster.HANDLERS,
    *log.HANDLERS,
    *bridge.HANDLERS,
    *l3switch.HANDLERS,
    *protocol.HANDLERS,
    *license.HANDLERS,
    *hub.HANDLERS,
    *user.HANDLERS,
    *session.HANDLERS,
    *own.HANDLERS,
    *trace.HANDLERS,
)
