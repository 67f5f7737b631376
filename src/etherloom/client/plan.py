"""When a session opens further connections, replaces old ones, or must be built anew. Pure.

A dropped connection is re-added by the same rule as a missing one (reference: session protocol, section 7.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from etherloom.engine.commands import Direction

# A session without any connection this long is over, whatever the server still believes.
DESERTED_S: Final = 30.0
# Connections that the server drops this soon, so many of them in a row, tell of a session that it has given
# up without saying so: a stock server (5.01.9674 with OpenSSL 3) does that after one connection was reset.
_SHORT_LIFE_S: Final = 3.0
_SHORT_LIVES: Final = 4
# How long an outlived connection may wait for its successor.
_SUCCESSOR_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class LinkState:
    """One connection of the session, as the plan sees it."""

    connection: int
    direction: Direction
    opened_at: float


@dataclass(frozen=True, slots=True)
class OpenLink:
    """Start one more connection."""


@dataclass(frozen=True, slots=True)
class CloseLink:
    """Close this one politely."""

    connection: int


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The session is lost: log in again."""


Step = OpenLink | CloseLink | Rebuild


class LinkPlan:
    """Decides for one session; ask again when something changed or `wake_at` has come."""

    def __init__(
        self,
        now: float,
        *,
        maximum: int,
        interval_s: float,
        lifetime_s: float,
        half_duplex: bool,
    ) -> None:
        self._maximum = maximum
        self._interval_s = interval_s
        self._lifetime_s = lifetime_s
        self._half_duplex = half_duplex
        self._next_open = now + interval_s
        self._deserted_since: float | None = None
        self._known: dict[int, LinkState] = {}
        self._short_lives = 0
        self.wake_at: float = self._next_open

    def decide(self, now: float, links: Sequence[LinkState], opening: int) -> list[Step]:
        """Return what to do now, with these connections and so many being opened."""
        self._deserted_since = None if links else (self._deserted_since or now)
        if self._deserted_since is not None and now - self._deserted_since >= DESERTED_S:
            return [Rebuild()]
        self._count_short_lives(now, links)
        if self._short_lives >= _SHORT_LIVES:
            return [Rebuild()]
        outlived = self._outlived(now, links)
        steps: list[Step] = [*self._close(now, links, outlived)]
        if self._wants_link(links, opening, outlived) and now >= self._next_open:
            self._next_open = now + self._interval_s
            steps.append(OpenLink())
        for step in steps:
            if isinstance(step, CloseLink):
                self._known.pop(step.connection, None)
        self.wake_at = self._next_wake(now, links, opening, outlived)
        return steps

    def _count_short_lives(self, now: float, links: Sequence[LinkState]) -> None:
        present = {link.connection: link for link in links}
        dropped = [link for connection, link in self._known.items() if connection not in present]
        self._short_lives += sum(now - link.opened_at < _SHORT_LIFE_S for link in dropped)
        if any(now - link.opened_at >= _SHORT_LIFE_S for link in links):
            self._short_lives = 0
        self._known = present

    def _outlived(self, now: float, links: Sequence[LinkState]) -> list[LinkState]:
        if not self._lifetime_s:
            return []
        return [link for link in links if now - link.opened_at >= self._lifetime_s]

    def _close(
        self, now: float, links: Sequence[LinkState], outlived: Sequence[LinkState]
    ) -> list[CloseLink]:
        if self._half_duplex:
            # The server gives a new connection the direction that is missing: the old one goes first.
            return [CloseLink(link.connection) for link in outlived] or self._close_one_way(links)
        if outlived and len(links) > self._maximum:
            return [CloseLink(outlived[0].connection)]
        patience = self._lifetime_s + _SUCCESSOR_S
        return [CloseLink(link.connection) for link in outlived if now - link.opened_at >= patience]

    def _close_one_way(self, links: Sequence[LinkState]) -> list[CloseLink]:
        directions = {link.direction for link in links}
        if len(links) < max(self._maximum, 2) or len(directions) > 1 or Direction.BOTH in directions:
            return []
        return [CloseLink(links[-1].connection)]

    def _wants_link(self, links: Sequence[LinkState], opening: int, outlived: Sequence[LinkState]) -> bool:
        # A server takes one connection more than agreed, so a successor can come before the old one goes.
        spare = 1 if outlived and not self._half_duplex else 0
        return len(links) + opening < self._maximum + spare

    def _next_wake(
        self, now: float, links: Sequence[LinkState], opening: int, outlived: Sequence[LinkState]
    ) -> float:
        times = [now + DESERTED_S]
        if self._deserted_since is not None:
            times.append(self._deserted_since + DESERTED_S)
        if self._wants_link(links, opening, outlived):
            times.append(max(self._next_open, now))
        if self._lifetime_s:
            ends = (link.opened_at + self._lifetime_s for link in links)
            times.extend(end if end > now else end + _SUCCESSOR_S for end in ends)
        return max(min(times), now)
