"""When a lost or refused connection is tried again, and after which pause. Pure: chance is an argument."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from etherloom.client.account import RetryRule
from etherloom.model.errors import ErrorCode

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
# A session that did not live this long counts as one more failure for the pause, so that a server which
# throws us out at once isn't asked every second.
SETTLED_S: Final = 30.0
_JITTER: Final = 0.2

_FINAL: Final = frozenset(
    {
        ErrorCode.USER_CANCEL,
        ErrorCode.INVALID_PARAMETER,
        ErrorCode.CERT_NOT_TRUSTED,
        ErrorCode.SERVER_CERT_EXPIRES,
        ErrorCode.HOSTNAME_MISMATCH,
        ErrorCode.AUTO_DISCONNECTED,
        ErrorCode.DEVICE_DRIVER_ERROR,
    }
)
_REFUSED_LOGIN: Final = frozenset(
    {ErrorCode.AUTH_FAILED, ErrorCode.AUTHTYPE_NOT_SUPPORTED, ErrorCode.NULL_PASSWORD_LOCAL_ONLY}
)
_BUSY: Final = frozenset(
    {
        ErrorCode.HUB_STOPPING,
        ErrorCode.HUB_IS_BUSY,
        ErrorCode.TOO_MANY_USER_SESSION,
        ErrorCode.LICENSE_ERROR,
    }
)


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after this pause."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Don't; `reason` says why, empty where the error itself says it."""

    reason: str = ""


class Backoff:
    """Counts failures of one account and says what follows each."""

    def __init__(self, rule: RetryRule, draw: Callable[[], float]) -> None:
        """`draw` gives chance: a float from 0 up to 1."""
        self._rule = rule
        self._draw = draw
        self._failures = 0
        self._pauses = 0
        self._ever_established = False

    def established(self) -> None:
        """A log-in succeeded."""
        self._failures = 0
        self._ever_established = True

    def failed(self, code: ErrorCode, lived_s: float = 0.0) -> Wait | GiveUp:
        """An attempt failed, or a session that lived so long ended."""
        if code in _FINAL:
            return GiveUp()
        if code in _REFUSED_LOGIN and not self._ever_established and not self._rule.stubborn:
            return GiveUp("no log-in has succeeded before, so this isn't tried again; --retry forever does")
        if self._rule.attempts is not None and self._failures >= self._rule.attempts:
            return GiveUp(f"after {self._failures} retries" if self._failures else "no retry was asked for")
        self._failures += 1
        if lived_s >= SETTLED_S:
            self._pauses = 0
        return Wait(self._pause(code))

    def _pause(self, code: ErrorCode) -> float:
        spread = 1 + _JITTER * (2 * self._draw() - 1)
        if self._rule.interval_s is not None:
            return self._rule.interval_s
        if code in _BUSY:
            return LONGEST_PAUSE_S * spread
        pause = min(FIRST_PAUSE_S * 2.0 ** min(self._pauses, 16), LONGEST_PAUSE_S)
        self._pauses += 1
        return pause * spread
