"""Other VPN protocols and ways through firewalls, as they are wanted (reference: administration §3)."""

from dataclasses import dataclass
from enum import IntEnum


class OptionType(IntEnum):
    """What the value of a protocol's option is: wire numbers."""

    TEXT = 1
    FLAG = 2
    NUMBER = 3


@dataclass(frozen=True, slots=True)
class ProtocolOption:
    """One option of a protocol that differs from its default; the value in the original's bytes."""

    protocol: str
    name: str
    type: OptionType
    value: bytes


@dataclass(frozen=True, slots=True)
class Protocols:
    """UDP ports of other protocols, their options, and whether sessions come over ICMP or DNS."""

    udp_ports: tuple[int, ...] = ()
    options: tuple[ProtocolOption, ...] = ()
    icmp: bool = False
    dns: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class IpsecServices:
    """What is served over IPsec; `secret` is the pre-shared key."""

    l2tp_raw: bool = False
    l2tp_ipsec: bool = False
    etherip_ipsec: bool = False
    secret: str = "vpn"  # noqa: S105 - the original's well-known default
    default_hub: str = "DEFAULT"


@dataclass(frozen=True, slots=True, repr=False)
class EtherIpClient:
    """As whom a device logs in that comes by EtherIP or L2TPv3 with this id; `*` stands for any id."""

    id: str
    hub: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class WireguardKey:
    """A WireGuard peer's public key (base64) and who that is."""

    key: str
    hub: str
    user: str


@dataclass(frozen=True, slots=True, repr=False)
class DynamicDns:
    """Dynamic DNS and the relay service of the original: settings that are kept; nothing is ever called."""

    disabled: bool = True
    key: bytes = b""
    proxy_type: int = 0
    proxy_host: str = ""
    proxy_port: int = 0
    proxy_user: str = ""
    proxy_password: str = ""
    http_headers: str = ""
    azure: bool = False
