"""A quota of log lines, so that a hostile peer can't fill the disk. Counts what it holds back."""

from collections.abc import Callable
from typing import Final


class LineQuota:
    """At most `lines` in every span of `seconds`; `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float], lines: int = 20, seconds: float = 1.0) -> None:
        self._clock: Final = clock
        self._lines: Final = lines
        self._seconds: Final = seconds
        self._since = clock()
        self._used = 0
        self._held_back = 0

    def take(self) -> int | None:
        """None when this line has to be left out; otherwise how many were left out before it."""
        now = self._clock()
        if now - self._since >= self._seconds:
            self._since = now
            self._used = 0
        if self._used >= self._lines:
            self._held_back += 1
            return None
        self._used += 1
        left_out, self._held_back = self._held_back, 0
        return left_out
