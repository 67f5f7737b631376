"""A hub's options and a session's policy as rules of the packet path. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Final

from etherloom.engine.commands import HubRules, PortKind, PortRules
from etherloom.model.names import fold
from etherloom.model.policy import Policy
from etherloom.services.options import read_options
from etherloom.state.snapshot import Snapshot

_DEFAULT_STORM: Final = 32
_LARGEST_SEGMENT: Final = 0xFFFF
_STATION_PREFIX: Final = b"\x00\xae"
_STATION_BYTES: Final = 4


def hub_rules(snapshot: Snapshot, hub: str, machine: bytes) -> HubRules:
    """Return the rules of a hub. `machine` tells one server's hubs from another's of the same name."""
    options = read_options(snapshot, hub)
    return HubRules(
        no_ip_table=_flag(options, "NoIpTable"),
        only_private_ipv4=_flag(options, "ManageOnlyPrivateIP"),
        only_link_local_ipv6=_flag(options, "ManageOnlyLocalUnicastIPv6"),
        no_ip_parsing=_flag(options, "DisableIPParsing"),
        no_vlan_identity=_flag(options, "NoManageVlanId"),
        no_bpdu_identity=_flag(options, "NoLookBPDUBridgeId"),
        vlan_type=options["VlanTypeId"] & 0xFFFF,
        storm_threshold=options["BroadcastStormDetectionThreshold"] or _DEFAULT_STORM,
        storm_strict=_flag(options, "BroadcastLimiterStrictMode"),
        filter_pppoe=_flag(options, "FilterPPPoE"),
        filter_ospf=_flag(options, "FilterOSPF"),
        filter_ipv4=_flag(options, "FilterIPv4"),
        filter_ipv6=_flag(options, "FilterIPv6"),
        filter_non_ip=_flag(options, "FilterNonIP"),
        filter_bpdu=_flag(options, "FilterBPDU"),
        mss_limit=_segment_limit(options),
        access_list_on_arp=_flag(options, "ApplyIPv4AccessListOnArpPacket"),
        no_check_mac_on_bridge=_flag(options, "DisableCheckMacOnLocalBridge"),
        privacy_drops_broadcasts=_flag(options, "DropBroadcastsInPrivacyFilterMode"),
        privacy_drops_arp=_flag(options, "DropArpInPrivacyFilterMode"),
        privacy_allows_same_user=bool(options.get("AllowSameUserInPrivacyFilterMode")),
        no_default_router_over_ipv6=_flag(options, "NoIPv6DefaultRouterInRAWhenIPv6"),
        station=station_address(hub, machine),
        dormant_ms=options["DetectDormantSessionInterval"] * 1_000,
    )


def port_rules(
    policy: Policy, *, kind: PortKind, user: str, group: str = "", over_ipv6: bool = False
) -> PortRules:
    """Return the rules of a session's port. `policy` is the effective one, as it goes for this session."""
    return PortRules(kind, policy.monitor_port, fold(user), fold(group), over_ipv6, policy)


def station_address(hub: str, machine: bytes) -> bytes:
    """Return the hub's own Ethernet address: by its first bytes other hubs know it for one."""
    digest = hashlib.sha256(machine + fold(hub).encode()).digest()
    return _STATION_PREFIX + digest[:_STATION_BYTES]


def _flag(options: Mapping[str, int], name: str) -> bool:
    return bool(options[name])


def _segment_limit(options: Mapping[str, int]) -> int:
    if options["DisableAdjustTcpMss"]:
        return 0
    return min(options["AdjustTcpMssValue"], _LARGEST_SEGMENT)
