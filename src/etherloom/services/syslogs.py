"""Where logs are sent by syslog, as it is wanted. Sends nothing itself."""

from collections.abc import Sequence
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.log import DEFAULT_SYSLOG_PORT, Syslog, SyslogLevel
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner


class Syslogs:
    """The syslog server."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    def get(self) -> Syslog | None:
        """None while nobody has named one."""
        return self._owner.snapshot.find(keys.SYSLOG, Syslog)

    async def set(self, level: int, host: str, port: int, origin: Origin) -> None:
        """Port 0 means the usual one; without a host nothing is sent. Raises Refusal."""
        if level not in list(SyslogLevel):
            raise Refusal(ErrorCode.INVALID_PARAMETER, f"what is sent is 0 to 3, not {level}")
        kept = SyslogLevel(level) if host else SyslogLevel.NOTHING
        syslog = Syslog(kept, host, port or DEFAULT_SYSLOG_PORT)

        def derive(_snapshot: object) -> Sequence[Operation]:
            return [Put(keys.SYSLOG, syslog)]

        await self._owner.apply(derive, origin)
