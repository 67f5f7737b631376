"""All calls, and how one is found by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from etherloom.rpc.catalog import hub, listener, own, server, session, trace, user
from etherloom.rpc.catalog.call import AnyCall

CALLS: Final[tuple[AnyCall, ...]] = (
    *server.CALLS,
    *listener.CALLS,
    *hub.CALLS,
    *user.CALLS,
    *session.CALLS,
    *own.CALLS,
    *trace.CALLS,
)
_BY_NAME: Final[Mapping[str, AnyCall]] = MappingProxyType({call.name.casefold(): call for call in CALLS})


def find_call(name: str, *, stock_only: bool) -> AnyCall | None:
    """Names are compared without regard to case, as the original does."""
    call = _BY_NAME.get(name.casefold())
    return None if call is None or (stock_only and not call.stock) else call
