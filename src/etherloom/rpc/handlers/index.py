"""All handlers."""

from typing import Final

from etherloom.rpc.dispatch import AnyHandler
from etherloom.rpc.handlers import hub, listener, own, server, session, takeover, trace, user

HANDLERS: Final[tuple[AnyHandler, ...]] = (
    *server.HANDLERS,
    *listener.HANDLERS,
    *hub.HANDLERS,
    *user.HANDLERS,
    *session.HANDLERS,
    *own.HANDLERS,
    *takeover.HANDLERS,
    *trace.HANDLERS,
)
