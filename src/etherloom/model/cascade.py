"""Cascades: sessions that a hub keeps to a hub elsewhere (reference: administration, CLIENT_OPTION)."""

from dataclasses import dataclass
from enum import IntEnum

from etherloom.model.policy import DEFAULT_POLICY, Policy


class ProxyType(IntEnum):
    """Wire numbers (reference: administration, section 10.1)."""

    DIRECT = 0
    HTTP = 1
    SOCKS4 = 2
    SOCKS5 = 3


class AccountAuthentication(IntEnum):
    """How an account proves who it is: wire numbers (reference: administration, CLIENT_AUTH)."""

    ANONYMOUS = 0
    PASSWORD = 1
    PLAIN_PASSWORD = 2
    CERTIFICATE = 3
    SMART_CARD = 4
    OPENSSL_ENGINE = 5


@dataclass(frozen=True, slots=True)
class Cascade:
    """One cascade. Times are seconds; what proves who it is stands in a document of its own.

    `connection_lifetime` 0 means that connections are not renewed.
    """

    name: str
    host: str = ""
    port: int = 443
    remote_hub: str = ""
    online: bool = False
    udp_port: int = 0
    proxy_type: ProxyType = ProxyType.DIRECT
    proxy_host: str = ""
    proxy_port: int = 0
    proxy_user: str = ""
    http_headers: str = ""
    connections: int = 8
    connection_interval: int = 1
    connection_lifetime: int = 0
    encrypt: bool = True
    compress: bool = False
    half_duplex: bool = False
    no_qos: bool = False
    no_udp_acceleration: bool = False
    hide_status: bool = False
    hide_nic_info: bool = False
    from_admin_pack: bool = False
    bind_address: str = ""
    bind_port: int = 0
    host_key: bytes = b""
    authentication: AccountAuthentication = AccountAuthentication.ANONYMOUS
    user: str = ""
    certificate: bytes = b""
    card_certificate: str = ""
    card_key: str = ""
    engine: str = ""
    engine_key: str = ""
    check_server_certificate: bool = False
    trust_system_authorities: bool = False
    server_certificate: bytes = b""
    policy: Policy = DEFAULT_POLICY


@dataclass(frozen=True, slots=True, repr=False)
class CascadeSecret:
    """What a cascade proves itself with: a hash (20 bytes), a password, or a private key (DER)."""

    hashed_password: bytes = b""
    plain_password: str = ""
    private_key: bytes = b""
    proxy_password: str = ""
