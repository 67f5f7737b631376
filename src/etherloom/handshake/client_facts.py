"""What a client says about itself and its machine, and the elements that carry it.

All of it is hearsay: good for logs, status and the counting of log-ins, never for a decision about rights.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from etherloom.wire.pack import IpAddress, Pack

MAXIMUM_TEXT: Final = 255


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """Every field has its empty value when the client didn't say. Ports and versions are plain numbers.

    `node_unique_id` (16 bytes) names the installation, `unique_id` (20 bytes) is a hash of the machine.
    """

    product: str = ""
    version: int = 0
    build: int = 0
    client_id: int = 0
    hostname: str = ""
    os_name: str = ""
    os_version: str = ""
    os_product_id: str = ""
    node_unique_id: bytes = b""
    unique_id: bytes = b""
    client_ip: IpAddress | None = None
    client_port: int = 0
    server_product: str = ""
    server_version: int = 0
    server_build: int = 0
    server_hostname: str = ""
    server_ip: IpAddress | None = None
    server_port: int = 0
    proxy_hostname: str = ""
    proxy_ip: IpAddress | None = None
    proxy_port: int = 0

    @property
    def is_client(self) -> bool:
        """Whether the rules for clients proper apply (minimum build, required client id)."""
        return "client" in self.product.lower()

    @property
    def is_bridge(self) -> bool:
        """Whether the peer is a server or bridge that cascades to us."""
        product = self.product.lower()
        return "server" in product or "bridge" in product


# --- reading -----------------------------------------------------------------------------------------------


def read_text(pack: Pack, name: str) -> str:
    """A text for people or for a lookup: at most 255 characters, undecodable bytes replaced."""
    raw = pack.text(name).encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "replace")[:MAXIMUM_TEXT]


def read_client_facts(pack: Pack) -> ClientFacts:
    """Collect what the PACK says; nothing in it is required."""
    return ClientFacts(
        product=read_text(pack, "client_str") or read_text(pack, "hello"),
        version=pack.int("client_ver") or pack.int("version"),
        build=pack.int("client_build") or pack.int("build"),
        client_id=pack.int("client_id"),
        hostname=read_text(pack, "ClientHostname"),
        os_name=read_text(pack, "ClientOsName"),
        os_version=read_text(pack, "ClientOsVer"),
        os_product_id=read_text(pack, "ClientOsProductId"),
        node_unique_id=(pack.data("UniqueId") or b"")[:16],
        unique_id=(pack.data("unique_id") or b"")[:20],
        client_ip=_read_ip(pack, "ClientIpAddress"),
        client_port=_swap(pack.int("ClientPort")),
        server_product=read_text(pack, "ServerProductName"),
        server_version=_swap(pack.int("ServerProductVer")),
        server_build=_swap(pack.int("ServerProductBuild")),
        server_hostname=read_text(pack, "ServerHostname"),
        server_ip=_read_ip(pack, "ServerIpAddress"),
        server_port=_swap(pack.int("ServerPort2")),
        proxy_hostname=read_text(pack, "ProxyHostname"),
        proxy_ip=_read_ip(pack, "ProxyIpAddress"),
        proxy_port=_swap(pack.int("ProxyPort")),
    )


def _swap(value: int) -> int:
    """Stock peers put these numbers into network order before the PACK does so once more (vector: login)."""
    return int.from_bytes(value.to_bytes(4), "little")


def _read_ip(pack: Pack, name: str) -> IpAddress | None:
    address = pack.ip(name)
    if address is not None and not address.is_unspecified:
        return address
    six = pack.data(f"{name}6") or b""
    if len(six) == 16 and any(six):
        return IPv6Address(six).ipv4_mapped or IPv6Address(six)
    return None


# --- writing -----------------------------------------------------------------------------------------------


def add_client_version(pack: Pack, facts: ClientFacts) -> None:
    """Add the three elements that every request of a client has."""
    pack.add_str("client_str", facts.product)
    pack.add_int("client_ver", facts.version)
    pack.add_int("client_build", facts.build)


def add_node_information(pack: Pack, facts: ClientFacts) -> None:
    """Add the client's facts as stock clients do in a login.

    The node's `HubName` is left out: it would be `hubname` a second time, which makes a PACK unreadable.
    """
    pack.add_str("ClientProductName", facts.product)
    pack.add_str("ClientOsName", facts.os_name)
    pack.add_str("ClientOsVer", facts.os_version)
    pack.add_str("ClientOsProductId", facts.os_product_id)
    pack.add_str("ClientHostname", facts.hostname)
    pack.add_str("ServerProductName", facts.server_product)
    pack.add_str("ServerHostname", facts.server_hostname)
    pack.add_str("ProxyHostname", facts.proxy_hostname)
    pack.add_data("UniqueId", facts.node_unique_id.ljust(16, b"\0"))
    for name, value in _swapped_numbers(facts).items():
        pack.add_int(name, _swap(value))
    for name, address in _addresses(facts).items():
        _add_ip(pack, name, address)


def _swapped_numbers(facts: ClientFacts) -> dict[str, int]:
    return {
        "ClientProductVer": facts.version,
        "ClientProductBuild": facts.build,
        "ServerProductVer": facts.server_version,
        "ServerProductBuild": facts.server_build,
        "ClientPort": facts.client_port,
        "ServerPort2": facts.server_port,
        "ProxyPort": facts.proxy_port,
    }


def _addresses(facts: ClientFacts) -> dict[str, IpAddress | None]:
    return {
        "ClientIpAddress": facts.client_ip,
        "ServerIpAddress": facts.server_ip,
        "ProxyIpAddress": facts.proxy_ip,
    }


def _add_ip(pack: Pack, name: str, address: IpAddress | None) -> None:
    """An IPv6 address goes into an element of its own, beside an IPv4 address of zero."""
    is_six = isinstance(address, IPv6Address)
    pack.add_ip(name, IPv4Address(0) if address is None or is_six else address)
    pack.add_data(f"{name}6", address.packed if isinstance(address, IPv6Address) else bytes(16))
