"""All handlers."""

from typing import Final

from etherloom.rpc.dispatch import AnyHandler
from etherloom.rpc.handlers import (
    access_list,
    authority,
    cascade,
    group,
    hub,
    hub_log,
    listener,
    option,
    own,
    securenat,
    server,
    session,
    table,
    trace,
    user,
)

HANDLERS: Final[tuple[AnyHandler, ...]] = (
    *server.HANDLERS,
    *listener.HANDLERS,
    *hub.HANDLERS,
    *user.HANDLERS,
    *group.HANDLERS,
    *access_list.HANDLERS,
    *authority.HANDLERS,
    *option.HANDLERS,
    *hub_log.HANDLERS,
    *cascade.HANDLERS,
    *securenat.HANDLERS,
    *table.HANDLERS,
    *session.HANDLERS,
    *own.HANDLERS,
    *trace.HANDLERS,
)
