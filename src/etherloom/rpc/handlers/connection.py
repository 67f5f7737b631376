"""Calls about TCP connections."""

from typing import Final

from etherloom.auth.administration import parse_peer
from etherloom.model.product import SERVER_PRODUCT, WIRE_BUILD, WIRE_VERSION
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import connection
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.house import House
from etherloom.services.connections import Presence


async def enum_connection(house: House, _caller: Caller, _request: Empty) -> connection.ConnectionTable:
    return connection.ConnectionTable(tuple(map(_row, house.connections.all())))


def _row(one: Presence) -> connection.ConnectionRow:
    host, port = one.peer
    # Nobody is asked for the name behind an address.
    return connection.ConnectionRow(parse_peer(host), port, one.name, host, one.since, one.kind)


async def disconnect(
    house: House, _caller: Caller, request: connection.ConnectionName
) -> connection.ConnectionName:
    house.connections.disconnect(request.name)
    return request


async def get_info(
    house: House, _caller: Caller, request: connection.ConnectionName
) -> connection.ConnectionFacts:
    one = house.connections.get(request.name)
    host, port = one.peer
    return connection.ConnectionFacts(
        name=one.name,
        address=parse_peer(host),
        port=port,
        connected=one.since,
        host=host,
        server_product=SERVER_PRODUCT,
        client_product=one.client.product,
        server_version=WIRE_VERSION,
        server_build=WIRE_BUILD,
        client_version=one.client.version,
        client_build=one.client.build,
        type=one.kind,
    )


HANDLERS: Final = (
    Handler(connection.ENUM_CONNECTION, enum_connection),
    Handler(connection.DISCONNECT_CONNECTION, disconnect),
    Handler(connection.GET_CONNECTION_INFO, get_info),
)
