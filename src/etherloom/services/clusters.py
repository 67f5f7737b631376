"""This server's part in a cluster of the original's kind: kept, since there are no such clusters here."""

from collections.abc import Sequence
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.server import ClusterSettings
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner

STANDALONE: Final = 0
NOT_CONTROLLER: Final = "this server stands alone: it controls no cluster"
NOT_MEMBER: Final = "this server stands alone: it has no controller"


class Clusters:
    """The part of this server."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    def get(self) -> ClusterSettings:
        return self._owner.snapshot.find(keys.CLUSTER, ClusterSettings) or ClusterSettings()

    async def set(self, type: int, settings: ClusterSettings, origin: Origin) -> None:
        """Keep the settings. `type` is the wire's number of the part. Raises Refusal for all but none."""
        if type != STANDALONE:
            raise Refusal(
                ErrorCode.NOT_SUPPORTED,
                "this server can't be part of a cluster of the original's kind: choose type 0, standalone",
            )
        await self._owner.apply(lambda _snapshot: _put(settings), origin)


def _put(settings: ClusterSettings) -> Sequence[Operation]:
    return [Put(keys.CLUSTER, settings)]
