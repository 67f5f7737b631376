"""The 38 items of a security policy, described once (reference: virtual hub, section 2.2).

The PACK element, the configuration item and the command line all use `PolicyItem.name`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Policy:
    """What a session may do. Field names are the wire names in snake case; 0 means "no limit".

    Times are seconds, rates are bits a second.
    """

    access: bool = True
    dhcp_filter: bool = False
    dhcp_no_server: bool = False
    dhcp_force: bool = False
    no_bridge: bool = False
    no_routing: bool = False
    check_mac: bool = False
    check_ip: bool = False
    arp_dhcp_only: bool = False
    privacy_filter: bool = False
    no_server: bool = False
    no_broadcast_limiter: bool = False
    monitor_port: bool = False
    max_connection: int = 32
    time_out: int = 20
    max_mac: int = 0
    max_ip: int = 0
    max_upload: int = 0
    max_download: int = 0
    fix_password: bool = False
    multi_logins: int = 0
    no_qos: bool = False
    rs_and_ra_filter: bool = False
    ra_filter: bool = False
    dhcpv6_filter: bool = False
    dhcpv6_no_server: bool = False
    no_routing_v6: bool = False
    check_ipv6: bool = False
    no_server_v6: bool = False
    max_ipv6: int = 0
    no_save_password: bool = False
    auto_disconnect: int = 0
    filter_ipv4: bool = False
    filter_ipv6: bool = False
    filter_non_ip: bool = False
    no_ipv6_default_router_in_ra: bool = False
    no_ipv6_default_router_in_ra_when_ipv6: bool = False
    vlan_id: int = 0


@dataclass(frozen=True, slots=True)
class PolicyItem:
    """One item: its wire name, its field in Policy, and its range (both 0 for a yes/no item)."""

    name: str
    field: str
    minimum: int = 0
    maximum: int = 0
    zero_allowed: bool = True
    version: int = 2

    @property
    def is_flag(self) -> bool:
        return self.maximum == 0


_WORD: Final = 4_294_967_295
POLICY_ITEMS: Final = (
    PolicyItem("Access", "access"),
    PolicyItem("DHCPFilter", "dhcp_filter"),
    PolicyItem("DHCPNoServer", "dhcp_no_server"),
    PolicyItem("DHCPForce", "dhcp_force"),
    PolicyItem("NoBridge", "no_bridge"),
    PolicyItem("NoRouting", "no_routing"),
    PolicyItem("CheckMac", "check_mac"),
    PolicyItem("CheckIP", "check_ip"),
    PolicyItem("ArpDhcpOnly", "arp_dhcp_only"),
    PolicyItem("PrivacyFilter", "privacy_filter"),
    PolicyItem("NoServer", "no_server"),
    PolicyItem("NoBroadcastLimiter", "no_broadcast_limiter"),
    PolicyItem("MonitorPort", "monitor_port"),
    PolicyItem("MaxConnection", "max_connection", 1, 32, zero_allowed=False),
    PolicyItem("TimeOut", "time_out", 5, 60, zero_allowed=False),
    PolicyItem("MaxMac", "max_mac", 1, 65_535),
    PolicyItem("MaxIP", "max_ip", 1, 65_535),
    PolicyItem("MaxUpload", "max_upload", 1, _WORD),
    PolicyItem("MaxDownload", "max_download", 1, _WORD),
    PolicyItem("FixPassword", "fix_password"),
    PolicyItem("MultiLogins", "multi_logins", 1, 65_535),
    PolicyItem("NoQoS", "no_qos"),
    PolicyItem("RSandRAFilter", "rs_and_ra_filter", version=3),
    PolicyItem("RAFilter", "ra_filter", version=3),
    PolicyItem("DHCPv6Filter", "dhcpv6_filter", version=3),
    PolicyItem("DHCPv6NoServer", "dhcpv6_no_server", version=3),
    PolicyItem("NoRoutingV6", "no_routing_v6", version=3),
    PolicyItem("CheckIPv6", "check_ipv6", version=3),
    PolicyItem("NoServerV6", "no_server_v6", version=3),
    PolicyItem("MaxIPv6", "max_ipv6", 1, 65_535, version=3),
    PolicyItem("NoSavePassword", "no_save_password", version=3),
    PolicyItem("AutoDisconnect", "auto_disconnect", 1, _WORD, version=3),
    PolicyItem("FilterIPv4", "filter_ipv4", version=3),
    PolicyItem("FilterIPv6", "filter_ipv6", version=3),
    PolicyItem("FilterNonIP", "filter_non_ip", version=3),
    PolicyItem("NoIPv6DefaultRouterInRA", "no_ipv6_default_router_in_ra", version=3),
    PolicyItem("NoIPv6DefaultRouterInRAWhenIPv6", "no_ipv6_default_router_in_ra_when_ipv6", version=3),
    PolicyItem("VLanId", "vlan_id", 1, 4_095, version=3),
)
DEFAULT_POLICY: Final = Policy()
# Of ports that nobody logged in on: bridges and parts of the server itself.
UNBOUND_POLICY: Final = Policy(no_broadcast_limiter=True)
assert {item.field for item in POLICY_ITEMS} == {f.name for f in fields(Policy)}


def check_policy(policy: Policy) -> Iterator[str]:
    """Yield a sentence for every item out of its range."""
    for item in POLICY_ITEMS:
        value = getattr(policy, item.field)
        if item.is_flag or item.minimum <= value <= item.maximum or (value == 0 and item.zero_allowed):
            continue
        zero = "0 or " if item.zero_allowed else ""
        yield f"policy {item.name} is {zero}{item.minimum} to {item.maximum}, not {value}"


def bounded(policy: Policy) -> Policy:
    """Return the policy as it is acted on: each item within its range."""
    numbers = (item for item in POLICY_ITEMS if not item.is_flag)
    wrong: dict[str, Any] = {one.field: _bounded(one, getattr(policy, one.field)) for one in numbers}
    return replace(policy, **wrong)


def _bounded(item: PolicyItem, value: int) -> int:
    if value == 0:
        return 0 if item.zero_allowed else int(getattr(DEFAULT_POLICY, item.field))
    return min(max(value, item.minimum), item.maximum)
