"""Calls about sessions."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from etherloom.engine.commands import Direction
from etherloom.engine.snapshots import LinkSnapshot, SessionSnapshot
from etherloom.handshake.client_facts import ClientFacts
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.product import SERVER_PRODUCT, WIRE_BUILD, WIRE_VERSION
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import own, session, sight
from etherloom.rpc.catalog.blocks import ConnectionStatus, NodeFacts
from etherloom.rpc.catalog.element import NO_ADDRESS, Address
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.server import traffic_block
from etherloom.rpc.house import House
from etherloom.services.hubs import find_hub
from etherloom.services.sessions import RunningSession, SessionKind
from etherloom.services.status import session_traffic

_ESTABLISHED: Final = 3
_UNIQUE_ID_BYTES: Final = 16


async def enum_session(house: House, _caller: Caller, request: HubName) -> session.SessionTable:
    hub = find_hub(house.owner.snapshot, request.hub)
    now = house.status.now()
    rows = sorted((_row(one, now) for one in house.sessions.list(hub.name)), key=lambda row: row.name)
    return session.SessionTable(hub.name, tuple(rows))


def _row(one: RunningSession, now: int) -> session.SessionRow:
    counters = one.engine.snapshot()
    return session.SessionRow(
        name=one.name,
        user=one.user,
        address=_peer(one),
        client_address=_peer(one),
        host=one.client.hostname or one.peer[0],
        connections_maximum=one.welcome.max_connection,
        connections=len(counters["links"]),
        total_bytes=counters["bytes_received"] + counters["bytes_sent"],
        total_frames=counters["frames_received"] + counters["frames_sent"],
        bridge=one.kind is SessionKind.BRIDGE,
        vlan=one.policy.vlan_id,
        unique_id=_unique_id(one.client),
        created=one.connected_at,
        last_traffic=max(one.connected_at, now - counters["idle_ms"]),
    )


def _unique_id(facts: ClientFacts) -> bytes:
    return facts.node_unique_id[:_UNIQUE_ID_BYTES].ljust(_UNIQUE_ID_BYTES, b"\0")


def _peer(one: RunningSession) -> Address:
    return ip_address(one.peer[0].partition("%")[0]) if one.peer[0] else NO_ADDRESS


def _packed6(address: Address | None) -> bytes:
    return address.packed if isinstance(address, IPv6Address) else bytes(16)


def _find(house: House, hub: str, name: str) -> RunningSession:
    if not name:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name the session")
    return house.sessions.get(find_hub(house.owner.snapshot, hub).name, name)


async def get_session_status(
    house: House, _caller: Caller, request: session.SessionName
) -> session.SessionStatus:
    one = _find(house, request.hub, request.name)
    status = _status(one, one.engine.snapshot())
    return replace(status, hub=request.hub, name=request.name)


def _status(one: RunningSession, counters: SessionSnapshot) -> session.SessionStatus:
    return session.SessionStatus(
        user=one.user,
        group=one.group,
        real_user=one.user,
        address=_peer(one),
        address6=_packed6(_peer(one)),
        host=one.client.hostname or one.peer[0],
        client_address=one.client.client_ip or _peer(one),
        status=_connection_status(one, counters),
        policy=one.policy,
        node=_node(one.client),
    )


def _connection_status(one: RunningSession, counters: SessionSnapshot) -> ConnectionStatus:
    welcome, links = one.welcome, counters["links"]
    return ConnectionStatus(
        server_product=SERVER_PRODUCT,
        protocol=_first(links, "tls_version"),
        cipher=_first(links, "cipher")[:31],
        session=one.name,
        connection=one.connection_name,
        active=True,
        connected=True,
        state=_ESTABLISHED,
        server_version=WIRE_VERSION,
        server_build=WIRE_BUILD,
        connections_established=counters["links_opened"],
        connections_established_stable=counters["links_opened"],
        half_duplex=welcome.half_connection,
        qos=welcome.qos,
        connections_maximum=welcome.max_connection,
        connections=len(links),
        connections_upload=_going(links, Direction.CLIENT_TO_SERVER),
        connections_download=_going(links, Direction.SERVER_TO_CLIENT),
        encrypted=welcome.use_encrypt,
        compressed=welcome.use_compress,
        underlay=_underlay(one),
        udp_acceleration=one.udp_version > 0,
        udp_acceleration_used=_uses_udp(counters),
        started=one.connected_at,
        first_connected=one.connected_at,
        current_connected=one.connected_at,
        bytes_sent=counters["bytes_sent"],
        bytes_received=counters["bytes_received"],
        wire_bytes_sent=counters["wire_bytes_sent"],
        wire_bytes_received=counters["wire_bytes_received"],
        vlan=one.policy.vlan_id,
        traffic=traffic_block(session_traffic(one)),
    )


def _uses_udp(counters: SessionSnapshot) -> bool:
    datagrams = counters["acceleration"]
    return datagrams is not None and datagrams["active"]


def _acceleration(one: RunningSession, counters: SessionSnapshot) -> own.Acceleration:
    datagrams = counters["acceleration"]
    if datagrams is None:
        return own.Acceleration(reason=one.no_acceleration)
    return own.Acceleration(
        version=one.udp_version,
        reason="" if datagrams["reached"] else "the client doesn't answer",
        reached=datagrams["reached"],
        active=datagrams["active"],
        fallbacks=datagrams["fallbacks"],
        sent=datagrams["sent"],
        received=datagrams["received"],
        forged=datagrams["forged"],
        replayed=datagrams["replayed"],
    )


def _first(links: list[LinkSnapshot], fact: str) -> str:
    return next((str(link[fact]) for link in links if link[fact]), "")  # type: ignore[literal-required]


def _going(links: list[LinkSnapshot], direction: Direction) -> int:
    return sum(link["direction"] == direction for link in links)


def _underlay(one: RunningSession) -> str:
    if one.kind is SessionKind.BRIDGE:
        return f"Local bridge ({one.device})"
    if one.kind is SessionKind.PROGRAM:
        return f"Program ({one.device})"
    return f"Standard TCP/IP ({'IPv6' if _peer(one).version == 6 else 'IPv4'})"


def _node(facts: ClientFacts) -> NodeFacts:
    return NodeFacts(
        client_product=facts.product,
        client_os=facts.os_name,
        client_os_version=facts.os_version,
        client_os_product_id=facts.os_product_id,
        client_host=facts.hostname,
        server_host=facts.server_hostname,
        proxy_host=facts.proxy_hostname,
        unique_id=_unique_id(facts),
        client_version=facts.version,
        client_build=facts.build,
        client_address=_four(facts.client_ip),
        client_address6=_packed6(facts.client_ip),
        client_port=facts.client_port,
        server_address=_four(facts.server_ip),
        server_address6=_packed6(facts.server_ip),
        server_port=facts.server_port,
        proxy_address=_four(facts.proxy_ip),
        proxy_address6=_packed6(facts.proxy_ip),
        proxy_port=facts.proxy_port,
    )


def _four(address: Address | None) -> Address:
    return address if isinstance(address, IPv4Address) else NO_ADDRESS


async def delete_session(house: House, _caller: Caller, request: session.SessionName) -> session.SessionName:
    one = _find(house, request.hub, request.name)
    house.sessions.disconnect(one.hub, one.name)
    return request


async def get_session(house: House, _caller: Caller, request: session.SessionName) -> own.SessionDetails:
    one = _find(house, request.hub, request.name)
    counters = one.engine.snapshot()
    return own.SessionDetails(
        hub=one.hub,
        name=one.name,
        user=one.user,
        kind=one.kind,
        connected=one.connected_at,
        product=one.client.product,
        plaintext=one.is_plaintext,
        compressed=one.welcome.use_compress,
        super_frames=one.welcome.super_frames > 0,
        half_duplex=one.welcome.half_connection,
        timeout_ms=one.welcome.timeout_ms,
        idle_ms=counters["idle_ms"],
        links_maximum=one.welcome.max_connection,
        links_opened=counters["links_opened"],
        wire_bytes_sent=counters["wire_bytes_sent"],
        wire_bytes_received=counters["wire_bytes_received"],
        traffic=traffic_block(session_traffic(one)),
        links=tuple(map(_link, counters["links"])),
        work=sight.PortWork(
            writes=counters["writes"],
            reads=counters["reads"],
            packets_sent=_packets_sent(counters),
            packets_received=counters["received_batch"][0],
        ),
        magnitudes=tuple(_magnitudes(counters)),
        acceleration=_acceleration(one, counters),
        drops=tuple(own.Drop(reason, frames) for reason, frames in sorted(counters["drops"].items())),
    )


def _packets_sent(counters: SessionSnapshot) -> int:
    """A device takes what it is given at once, a packet a write."""
    return counters["sent_batch"][0] if counters["kind"] == "native" else counters["writes"]


def _magnitudes(counters: SessionSnapshot) -> Iterator[sight.Magnitude]:
    for figure in ("queue_delay_us", "sent_batch", "received_batch"):
        _, buckets = counters[figure]
        yield from (sight.Magnitude(figure, below, count) for below, count in buckets)


def _link(link: LinkSnapshot) -> own.Link:
    host, port = link["peer"]
    return own.Link(
        address=ip_address(host.partition("%")[0]),
        port=port,
        direction=link["direction"],
        plaintext=link["raw"],
        tls_version=link["tls_version"],
        cipher=link["cipher"],
        bytes_sent=link["bytes_sent"],
        bytes_received=link["bytes_received"],
    )


async def get_mac_table(house: House, _caller: Caller, request: HubName) -> own.MacTable:
    hub = find_hub(house.owner.snapshot, request.hub)
    rows = (
        own.MacEntry(row.session, row.address, row.vlan, row.created, row.updated)
        for row in house.actual.mac_table(hub.name)
    )
    return own.MacTable(hub.name, tuple(rows))


HANDLERS: Final = (
    Handler(session.ENUM_SESSION, enum_session),
    Handler(session.GET_SESSION_STATUS, get_session_status),
    Handler(session.DELETE_SESSION, delete_session),
    Handler(own.GET_SESSION, get_session),
    Handler(own.GET_MAC_TABLE, get_mac_table),
)
