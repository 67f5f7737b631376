"""What a server is told on its command line, and how an address to listen on is written."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from etherloom.engine.commands import AUTOMATIC_CONGESTION
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services.listening import EVERYWHERE, Endpoint

_HIGHEST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """`state` None means the platform's usual directory; `listen` replaces the default ports for this run.

    `congestion` is the connections' congestion control: chosen by the path, or by its name in the system.
    """

    state: Path | None = None
    listen: tuple[str, ...] = ()
    log_level: str = "info"
    congestion: str = AUTOMATIC_CONGESTION


def parse_endpoints(text: str) -> tuple[Endpoint, ...]:
    """HOST:PORT as sockets; an empty host or * means all addresses. Raises Refusal."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > _HIGHEST_PORT:
        raise _wrong(text)
    if host in ("", "*"):
        return tuple(Endpoint(address, int(port)) for address in EVERYWHERE)
    if host == "localhost":
        return tuple(Endpoint(address, int(port)) for address in ("127.0.0.1", "::1"))
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        address = ipaddress.ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        raise _wrong(text) from None
    if (address.version == 6) != bracketed:
        raise _wrong(text)
    return (Endpoint(str(address), int(port)),)


def _wrong(text: str) -> Refusal:
    return Refusal(
        ErrorCode.INVALID_PARAMETER,
        f"can't listen on {text!r}: write ADDRESS:PORT, such as 127.0.0.1:5555 or [::1]:5555",
    )
