"""Commands, from Python down to the engine: records for what `_core.pyi` takes as dictionaries."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from etherloom.model.policy import UNBOUND_POLICY, Policy

STOCK_QUEUE_BYTES: Final = 2_560_000
AUTOMATIC_CONGESTION: Final = "auto"


class Direction(IntEnum):
    """Which way frames go on one link (wire numbers, reference: session protocol, section 7.1)."""

    BOTH = 0
    SERVER_TO_CLIENT = 1
    CLIENT_TO_SERVER = 2


@dataclass(frozen=True, slots=True)
class HubRules:
    """Configuration of a hub, compiled for the packet path. `wire`: two ports joined without learning.

    `station` is the hub's own address, 6 bytes. `mss_limit`, `dormant_ms`: 0 for none.
    """

    wire: bool = False
    mac_entries: int = 65_536
    mac_age_ms: int = 600_000
    ip_entries: int = 65_536
    ip_age_ms: int = 60_000
    dhcp_age_ms: int = 300_000
    no_ip_table: bool = False
    only_private_ipv4: bool = True
    only_link_local_ipv6: bool = True
    no_ip_parsing: bool = False
    no_vlan_identity: bool = False
    no_bpdu_identity: bool = False
    vlan_type: int = 0x8100
    storm_threshold: int = 32
    storm_strict: bool = False
    filter_pppoe: bool = False
    filter_ospf: bool = False
    filter_ipv4: bool = False
    filter_ipv6: bool = False
    filter_non_ip: bool = False
    filter_bpdu: bool = False
    mss_limit: int = 0
    access_list_on_arp: bool = False
    no_check_mac_on_bridge: bool = False
    privacy_drops_broadcasts: bool = True
    privacy_drops_arp: bool = True
    privacy_allows_same_user: bool = False
    no_default_router_over_ipv6: bool = False
    station: bytes | None = None
    dormant_ms: int = 0


class PortKind(StrEnum):
    """What is behind a port of a hub."""

    CLIENT = "client"
    BRIDGE = "bridge"
    CASCADE = "cascade"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class PortRules:
    """Who a port is, and what it may do. Names are folded, as access lists know them.

    `monitor`: it sees everything and may send nothing.
    """

    kind: PortKind = PortKind.PROGRAM
    monitor: bool = False
    user: str = ""
    group: str = ""
    over_ipv6: bool = False
    policy: Policy = UNBOUND_POLICY


UNBOUND_PORT: Final = PortRules()


@dataclass(frozen=True, slots=True)
class SessionRules:
    """What both ends agreed on. `queue_bytes` bounds what waits for one link."""

    server: bool
    timeout_ms: int = 20_000
    compress: bool = False
    half_duplex: bool = False
    qos: bool = False
    mss_limit: int = 0
    super_frames: bool = False
    queue_bytes: int = STOCK_QUEUE_BYTES


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How one connection carries frames once it is part of a session."""

    direction: Direction = Direction.BOTH
    raw: bool = False


@dataclass(frozen=True, slots=True)
class AccelerationRules:
    """UDP acceleration as both ends agreed on it. `peers`: where the other end may be, likeliest first."""

    peers: tuple[tuple[str, int], ...]
    version: int
    send_key: bytes = field(repr=False)
    receive_key: bytes = field(repr=False)
    own_cookie: int = field(repr=False)
    peer_cookie: int = field(repr=False)
    encrypt: bool = True
    compress: bool = False
    fast: bool = True
    own: bool = False


@dataclass(frozen=True, slots=True)
class ListenerLimits:
    """Caps on connections that have not logged in, and the time a TLS handshake may take."""

    unestablished_per_source: int = 256
    unestablished_total: int = 1000
    deadline_ms: int = 15_000
