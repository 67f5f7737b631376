"""The rules of a hub and of its ports, as the reference hub knows them and the real one takes them.

One description for both sides of the comparison: what a field means is decided by each side itself.
"""

import struct
from dataclasses import dataclass, field

from tests.support.reference_frame import Address

POLICY_BITS = (
    "dhcp_filter", "dhcp_no_server", "dhcp_force", "no_bridge", "no_routing", "check_mac", "check_ip",
    "arp_dhcp_only", "privacy_filter", "no_server", "no_broadcast_limiter", "rs_and_ra_filter", "ra_filter",
    "dhcpv6_filter", "dhcpv6_no_server", "no_routing_v6", "check_ipv6", "no_server_v6", "filter_ipv4",
    "filter_ipv6", "filter_non_ip", "no_default_router", "no_default_router_over_ipv6",
)  # fmt: skip
HUB_BITS = {
    "no_ip_table": 0, "only_private_ipv4": 1, "only_link_local_ipv6": 2, "no_ip_parsing": 3,
    "no_vlan_identity": 4, "no_bpdu_identity": 5, "storm_strict": 6, "no_check_mac_on_bridge": 7,
    "privacy_drops_broadcasts": 8, "privacy_drops_arp": 9, "privacy_allows_same_user": 10,
    "no_default_router_over_ipv6": 11, "no_loop_detection": 12, "filter_pppoe": 16, "filter_ospf": 17,
    "filter_ipv4": 18, "filter_ipv6": 19, "filter_non_ip": 20, "filter_bpdu": 21, "station": 24,
}  # fmt: skip
KINDS = ("client", "bridge", "cascade", "program")
STATION = b"\x00\xae\x01\x02\x03\x04"
DEFAULT_HUB = frozenset(
    {"only_private_ipv4", "only_link_local_ipv6", "privacy_drops_broadcasts", "privacy_drops_arp"}
)


@dataclass(frozen=True)
class PortSetting:
    """What one port may do."""

    kind: str = "program"
    monitor: bool = False
    over_ipv6: bool = False
    user: int = 0
    policy: frozenset[str] = frozenset()
    max_mac: int = 0
    max_ip: int = 0
    max_ipv6: int = 0
    max_upload: int = 0
    max_download: int = 0
    vlan: int = 0

    def encode(self) -> bytes:
        bits = sum(1 << place for place, name in enumerate(POLICY_BITS) if name in self.policy)
        flags = self.monitor | self.over_ipv6 << 1
        limits = (self.max_mac, self.max_ip, self.max_ipv6, self.max_upload, self.max_download, self.vlan)
        return struct.pack(">BBBIHHHIIH", KINDS.index(self.kind), flags, self.user, bits, *limits)


@dataclass(frozen=True)
class HubSetting:
    """What a hub does with every frame."""

    options: frozenset[str] = DEFAULT_HUB
    mac_entries: int = 60_000
    ip_entries: int = 60_000
    mac_age_ms: int = 600_000
    ip_age_ms: int = 60_000
    dhcp_age_ms: int = 300_000
    vlan_type: int = 0x8100
    storm_threshold: int = 32
    dormant_ms: int = 0
    # A random patience belongs to loops; they have tests of their own.
    always: frozenset[str] = field(default=frozenset({"no_loop_detection"}))

    def encode(self) -> bytes:
        bits = sum(1 << HUB_BITS[name] for name in self.options | self.always)
        sizes = (self.mac_entries, self.ip_entries, self.mac_age_ms, self.ip_age_ms, self.dhcp_age_ms)
        return struct.pack(">IHHIIIHHI", bits, *sizes, self.vlan_type, self.storm_threshold, self.dormant_ms)


@dataclass(frozen=True)
class AccessRule:
    """One entry of an access list. Users: 0 is anybody, else one more than a port's."""

    priority: int = 1
    discard: bool = True
    active: bool = True
    ipv6: bool = False
    delayed: bool = False
    source: tuple[Address, int] | None = None
    target: tuple[Address, int] | None = None
    protocol: int = 0
    source_user: int = 0
    target_user: int = 0
    target_ports: tuple[int, int] | None = None

    def encode(self) -> bytes:
        has = (self.source is not None) << 3 | (self.target is not None) << 4
        flags = self.discard | self.active << 1 | self.ipv6 << 2 | has | self.delayed << 5
        users = (self.source_user, self.target_user)
        head = struct.pack(">BBBBB", self.priority, flags, self.protocol, *users)
        blocks = b"".join(_encode_block(block) for block in (self.source, self.target))
        return head + blocks + struct.pack(">HH", *(self.target_ports or (0, 0)))


def _encode_block(block: tuple[Address, int] | None) -> bytes:
    if block is None:
        return bytes(17)
    address, prefix = block
    return bytes([prefix]) + address.packed.rjust(16, b"\0")
