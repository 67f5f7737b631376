"""All calls, and how one is found by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from etherloom.rpc.catalog import (
    access_list,
    authority,
    bridge,
    cascade,
    cluster,
    connection,
    group,
    hook,
    hub,
    l3switch,
    license,
    listener,
    log,
    option,
    own,
    protocol,
    securenat,
    server,
    service,
    session,
    table,
    takeover,
    trace,
    user,
)
from etherloom.rpc.catalog.call import AnyCall

CALLS: Final[tuple[AnyCall, ...]] = (
    *server.CALLS,
    *service.CALLS,
    *listener.CALLS,
    *connection.CALLS,
    *cluster.CALLS,
    *hub.CALLS,
    *option.CALLS,
    *log.CALLS,
    *user.CALLS,
    *group.CALLS,
    *access_list.CALLS,
    *authority.CALLS,
    *session.CALLS,
    *table.CALLS,
    *cascade.CALLS,
    *securenat.CALLS,
    *bridge.CALLS,
    *l3switch.CALLS,
    *protocol.CALLS,
    *license.CALLS,
    *own.CALLS,
    *takeover.CALLS,
    *trace.CALLS,
    *hook.CALLS,
)
_BY_NAME: Final[Mapping[str, AnyCall]] = MappingProxyType(
    {name.casefold(): call for call in CALLS for name in (call.name, *call.aliases)}
)


def find_call(name: str, *, stock_only: bool) -> AnyCall | None:
    """Names are compared without regard to case, as the original does."""
    call = _BY_NAME.get(name.casefold())
    return None if call is None or (stock_only and not call.stock) else call
