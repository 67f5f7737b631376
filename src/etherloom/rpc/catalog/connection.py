"""Calls about TCP connections, logged in or not."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from dataclasses import dataclass
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection in the list."""

    address: Address = element.address("Ip")
    port: int = element.number("Port")
    name: str = element.text("Name", 511)
    host: str = element.text("Hostname", 511)
    connected: int = element.time("ConnectedTime")
    type: int = element.number("Type")


@dataclass(frozen=True, slots=True)
class ConnectionTable:
    """The connections of the server."""

    rows: tuple[ConnectionRow, ...] = element.rows(ConnectionRow, "ConnectionList")


@dataclass(frozen=True, slots=True)
class ConnectionName:
    """A connection, by name."""

    name: str = element.text("Name", 511)


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """All about one connection."""

    name: str = element.text("Name", 511)
    address: Address = element.address("Ip")
    port: int = element.number("Port")
    connected: int = element.time("ConnectedTime")
    host: str = element.text("Hostname", 511)
    server_product: str = element.text("ServerStr")
    client_product: str = element.text("ClientStr")
    server_version: int = element.number("ServerVer")
    server_build: int = element.number("ServerBuild")
    client_version: int = element.number("ClientVer")
    client_build: int = element.number("ClientBuild")
    type: int = element.number("Type")


def check_name(request: ConnectionName) -> None:
    """Raises Refusal for no name."""
    if not request.name:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name a connection, as the list does")


ENUM_CONNECTION: Final = Call(
    "EnumConnection",
    Empty,
    ConnectionTable,
    Who.SERVER,
    "The connections of the server, the caller among them.",
)
DISCONNECT_CONNECTION: Final = Call(
    "DisconnectConnection",
    ConnectionName,
    ConnectionName,
    Who.SERVER,
    "Ends a connection.",
    changes=True,
    check=check_name,
)
GET_CONNECTION_INFO: Final = Call(
    "GetConnectionInfo",
    ConnectionName,
    ConnectionFacts,
    Who.SERVER,
    "All about one connection.",
    check=check_name,
)

CALLS: Final = (
    ENUM_CONNECTION,
    DISCONNECT_CONNECTION,
    GET_CONNECTION_INFO,
)
