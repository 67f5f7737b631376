"""How often a source may fail to prove who it is before it isn't listened to for a while.

Knows addresses and times, no passwords. What it keeps is bounded: the sources that failed longest ago go.
"""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

MAXIMUM_FAILURES: Final = 30
SECONDS_A_FAILURE: Final = 2.0
_MOST_SOURCES: Final = 4_096
# Who has one address of IPv6 has all of its network.
_SOURCE_PREFIX: Final = 64


class Attempts:
    """Failures leak out of a bucket each source has, at one in SECONDS_A_FAILURE."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """`monotonic`: seconds that never jump."""
        self._monotonic: Final = monotonic
        # When each source's bucket will be empty.
        self._empty_at: Final[OrderedDict[str, float]] = OrderedDict()

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        """False while the source has failed too often, whatever it shows now."""
        left = self._empty_at.get(_source(address), 0.0) - self._monotonic()
        return left <= (MAXIMUM_FAILURES - 1) * SECONDS_A_FAILURE

    def fail(self, address: IPv4Address | IPv6Address) -> None:
        """The source showed what was wrong."""
        source, now = _source(address), self._monotonic()
        empty_at = max(self._empty_at.pop(source, now), now) + SECONDS_A_FAILURE
        self._empty_at[source] = empty_at
        if len(self._empty_at) > _MOST_SOURCES:
            self._empty_at.popitem(last=False)


def _source(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _SOURCE_PREFIX), strict=False))
    return str(address)
