"""Listeners: where the server accepts connections."""

from dataclasses import dataclass
from typing import Final

DEFAULT_PORTS: Final = (443, 992, 5555)


@dataclass(frozen=True, slots=True)
class Listener:
    """One TCP port on IPv4 and IPv6. The caps are counts of connections that have not logged in yet."""

    port: int
    enabled: bool = True
    unestablished_per_source: int = 256
    unestablished_total: int = 1000
