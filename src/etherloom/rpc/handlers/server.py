"""Calls about the server as a whole."""

from dataclasses import asdict, replace
from typing import Final

from etherloom.model.product import SERVER_PRODUCT, VERSION, WIRE_BUILD, WIRE_VERSION
from etherloom.model.traffic import Traffic
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import blocks, element, server
from etherloom.rpc.catalog.blocks import Empty, MemoryFacts, SystemFacts
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.capabilities import CAPABILITIES
from etherloom.rpc.house import House
from etherloom.services import administrators, status
from etherloom.services.encryption import OPENSSL_NAMES, cipher_names
from etherloom.wire.digest import hash_administrator_password

_STANDALONE: Final = 0


async def echo(_house: House, _caller: Caller, request: server.Echo) -> server.Echo:
    return replace(request, text=str(request.number))


async def get_server_info(house: House, _caller: Caller, _request: Empty) -> server.ServerInfo:
    machine = house.status.machine
    return server.ServerInfo(
        product=SERVER_PRODUCT,
        version_text=f"Version {WIRE_VERSION // 100}.{WIRE_VERSION % 100:02} Build {WIRE_BUILD}",
        build_text=f"Etherloom {VERSION}",
        version=WIRE_VERSION,
        build=WIRE_BUILD,
        host=machine.host,
        type=_STANDALONE,
        family="Etherloom",
        system=SystemFacts(
            os_type=machine.os_type,
            os_system=machine.system,
            os_product=machine.product,
            os_vendor=machine.vendor,
            os_version=machine.version,
            kernel=machine.kernel,
            kernel_version=machine.kernel_version,
        ),
    )


async def get_server_status(house: House, _caller: Caller, _request: Empty) -> server.ServerStatus:
    hubs = house.owner.snapshot.hubs()
    sessions, connections = house.sessions.count(), house.status.connection_count()
    return server.ServerStatus(
        type=_STANDALONE,
        hubs=len(hubs),
        hubs_standalone=len(hubs),
        sessions=sessions,
        sessions_local=sessions,
        connections=connections,
        connections_local=connections,
        mac_entries=sum(house.actual.mac_count(hub.name) for hub in hubs),
        ip_entries=sum(house.actual.ip_count(hub.name) for hub in hubs),
        users=house.status.user_count(),
        now=house.status.now(),
        tick=house.status.tick(),
        client_licenses=sessions,
        client_licenses_total=sessions,
        started=house.status.started,
        traffic=traffic_block(house.status.traffic()),
        memory=_memory_block(status.read_memory()),
    )


def traffic_block(traffic: Traffic) -> blocks.Traffic:
    """The same counts under their wire names."""
    return blocks.Traffic(**asdict(traffic))


def _memory_block(memory: status.Memory) -> MemoryFacts:
    total, used, free = memory.total, memory.used, memory.free
    return MemoryFacts(total, used, free, total, used, free)


async def get_caps(_house: House, _caller: Caller, _request: Empty) -> server.Capabilities:
    rows = tuple(
        server.Capability(name, value, name.partition("_")[2].replace("_", " "))
        for name, value in CAPABILITIES.items()
    )
    return server.Capabilities(dict(CAPABILITIES), rows)


async def set_server_password(house: House, caller: Caller, request: server.Password) -> server.Password:
    hashed = request.hashed if any(request.hashed) else hash_administrator_password(request.plain)
    await administrators.set_server_password(house.owner, hashed, caller.origin)
    return element.without_secrets(request)


async def get_server_cert(house: House, caller: Caller, _request: Empty) -> server.Identity:
    certificates = house.certificates
    key = certificates.key() if caller.is_server_administrator else None
    return server.Identity(certificates.leaf(), certificates.intermediates(), key)


async def get_server_cipher(house: House, _caller: Caller, _request: Empty) -> server.Text:
    return server.Text(cipher_names(house.owner.snapshot.server))


async def get_server_cipher_list(_house: House, _caller: Caller, _request: Empty) -> server.Text:
    return server.Text(";".join(OPENSSL_NAMES))


HANDLERS: Final = (
    Handler(server.TEST, echo),
    Handler(server.GET_SERVER_INFO, get_server_info),
    Handler(server.GET_SERVER_STATUS, get_server_status),
    Handler(server.GET_CAPS, get_caps),
    Handler(server.SET_SERVER_PASSWORD, set_server_password),
    Handler(server.GET_SERVER_CERT, get_server_cert),
    Handler(server.GET_SERVER_CIPHER, get_server_cipher),
    Handler(server.GET_SERVER_CIPHER_LIST, get_server_cipher_list),
)
