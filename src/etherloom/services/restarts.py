"""The end of the running server, asked for by its administrator: a new start, with or without what it knows.

The composition root does it; here it is only asked for, after the answer has had time to leave.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from typing import Final

from etherloom.observe.logs import get_log
from etherloom.state.changes import Delete, Operation, Origin
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

_ANSWER_SECONDS: Final = 1.0
_log = get_log("server")


class Restarts:
    """Wishes for the end of this server, passed on to whoever runs it."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner
        self._asked: list[Callable[[], None]] = []

    def on_asked(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the server shall end and start anew."""
        self._asked.append(callback)

    async def restart(self, *, forgetting: bool, origin: Origin) -> None:
        """Start anew in a moment; with `forgetting`, from an empty configuration, in one step."""
        if forgetting:
            await self._owner.apply(_forget_all, origin)
            _log.warning("all configuration was deleted", who=origin.who, where=origin.where)
        _log.info("server starts anew", who=origin.who, where=origin.where)
        asyncio.get_running_loop().call_later(_ANSWER_SECONDS, self._tell)

    def _tell(self) -> None:
        for callback in self._asked:
            callback()

    def crash(self) -> None:
        """End at once, as by a fault: nothing is written, nobody is told."""
        os.kill(os.getpid(), signal.SIGKILL)


def _forget_all(snapshot: Snapshot) -> Sequence[Operation]:
    return [Delete(key) for key, _ in snapshot.documents()]
