"""Calls about listeners."""

from dataclasses import dataclass
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who


@dataclass(frozen=True, slots=True)
class Listener:
    """One TCP port."""

    port: int = element.number("Port")
    enabled: bool = element.flag("Enable")


@dataclass(frozen=True, slots=True)
class ListenerRow:
    """One TCP port and whether it could be opened."""

    port: int = element.number("Ports")
    enabled: bool = element.flag("Enables")
    failed: bool = element.flag("Errors")


@dataclass(frozen=True, slots=True)
class ListenerTable:
    """All TCP ports, by number."""

    rows: tuple[ListenerRow, ...] = element.rows(ListenerRow, "ListenerList")


def check_port(request: Listener) -> None:
    """Raises Refusal unless the port is one."""
    if not 0 < request.port < 65_536:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{request.port} is no TCP port: use 1 to 65535")


ENUM_LISTENER: Final = Call("EnumListener", Empty, ListenerTable, Who.ANY, "The TCP ports of the server.")
CREATE_LISTENER: Final = Call(
    "CreateListener",
    Listener,
    Listener,
    Who.SERVER,
    "Adds a TCP port, on IPv4 and IPv6.",
    changes=True,
    check=check_port,
)
DELETE_LISTENER: Final = Call(
    "DeleteListener", Listener, Listener, Who.SERVER, "Removes a TCP port.", changes=True
)
ENABLE_LISTENER: Final = Call(
    "EnableListener", Listener, Listener, Who.SERVER, "Opens or closes a TCP port.", changes=True
)

CALLS: Final = (ENUM_LISTENER, CREATE_LISTENER, DELETE_LISTENER, ENABLE_LISTENER)
