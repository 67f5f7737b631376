"""What policies and hubs' filters say about one frame alone, for the reference hub."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from tests.support.reference_frame import ARP, IPV4, IPV6, Address, Dropped, Read
from tests.support.reference_rules import PortSetting

POLLING = IPv4Network("172.31.0.0/16")


def refuse_from(items: frozenset[str], frame: Read) -> Iterator[str]:
    """What a port may not send; yields what is to be told before the frame is dropped."""
    if frame.is_syn_ack and frame.version == 4 and "no_server" in items:
        yield "server_refused"
        raise Dropped("no_server")
    if frame.is_syn_ack and frame.version == 6 and "no_server_v6" in items:
        yield "server_refused"
        raise Dropped("no_server_v6")
    _refuse_kinds(items, frame)
    _refuse_dhcp(items, frame)
    if "dhcp_no_server" in items and frame.is_dhcp and frame.payload[0] == 2:
        yield "dhcp_server_refused"
        raise Dropped("dhcp_no_server")
    if "dhcpv6_no_server" in items and frame.is_dhcpv6_answer:
        yield "dhcp_server_refused"
        raise Dropped("dhcpv6_no_server")
    _refuse_if("rs_and_ra_filter" in items and frame.is_router_discovery, "rs_and_ra_filter")
    _refuse_if("ra_filter" in items and frame.icmpv6 == 134, "ra_filter")


def refuse_to(items: frozenset[str], frame: Read) -> None:
    _refuse_if("rs_and_ra_filter" in items and frame.is_router_discovery, "rs_and_ra_filter")
    _refuse_dhcp(items, frame)
    _refuse_kinds(items, frame)


def refuse_for_all(options: frozenset[str], frame: Read) -> None:
    hit = {
        "filter_pppoe": frame.kind in {0x8863, 0x8864},
        "filter_ospf": frame.version == 4 and frame.protocol == 89,
        "filter_ipv4": frame.kind in {IPV4, ARP},
        "filter_ipv6": frame.kind == IPV6,
        "filter_non_ip": frame.kind not in {IPV4, ARP, IPV6},
        "filter_bpdu": frame.bridge is not None,
    }
    _refuse_if(any(hit[name] for name in options & set(hit)), "hub_filter")


def refuse_apart(source: PortSetting, target: PortSetting, options: frozenset[str], frame: Read) -> None:
    apart = "privacy_filter" in source.policy and "privacy_filter" in target.policy
    apart = apart and ("privacy_drops_broadcasts" in options or not frame.is_broadcast)
    apart = apart and ("privacy_drops_arp" in options or frame.kind != ARP)
    same = "privacy_allows_same_user" in options and source.user == target.user
    _refuse_if(apart and not same, "privacy_filter")


def is_urgent(frame: Read) -> bool:
    if frame.arp_sender is not None or frame.is_dhcp:
        return True
    if frame.version != 4:
        return False
    return frame.icmp is not None or bool((frame.tcp_flags or 0) & 0x07)


def most(limit: int, is_few: bool, few: int, least: int) -> int | None:
    limits = [limit] * bool(limit) + [few] * is_few
    return max(min(limits), least) if limits else None


def source_address(frame: Read) -> Address | None:
    """The address that a frame comes from, if it is one to note."""
    address: Address | None = frame.arp_sender
    if frame.addresses and not frame.is_dhcp:
        address = frame.addresses[0]
    if isinstance(address, IPv4Address):
        return None if int(address) in {0, 0xFFFFFFFF} or _asks(address, frame) else address
    if isinstance(address, IPv6Address):
        nobody = address.is_unspecified or address.is_loopback or address.is_multicast
        return None if nobody or _asks_by_ipv6(address, frame) else address
    return None


def _asks(address: IPv4Address, frame: Read) -> bool:
    low = address.packed[2:]
    return frame.source[:2] == b"\x00\xae" and address in POLLING and not set(low) & {0, 255}


def _asks_by_ipv6(address: IPv6Address, frame: Read) -> bool:
    packed = address.packed
    pattern = packed[:10] == bytes.fromhex("fe80000000000000 02ae") and packed[11:13] == b"\xff\xfe"
    return frame.source[:2] == b"\x00\xae" and pattern


def _refuse_kinds(items: frozenset[str], frame: Read) -> None:
    needed = frame.kind == ARP or frame.is_dhcp or frame.is_dhcpv6 or frame.icmpv6 is not None
    _refuse_if("arp_dhcp_only" in items and frame.is_broadcast and not needed, "arp_dhcp_only")
    _refuse_if("filter_ipv4" in items and frame.kind in {IPV4, ARP}, "filter_ipv4")
    _refuse_if("filter_ipv6" in items and frame.kind == IPV6, "filter_ipv6")
    _refuse_if("filter_non_ip" in items and frame.kind not in {IPV4, ARP, IPV6}, "filter_non_ip")


def _refuse_dhcp(items: frozenset[str], frame: Read) -> None:
    _refuse_if("dhcp_filter" in items and frame.is_dhcp, "dhcp_filter")
    _refuse_if("dhcpv6_filter" in items and frame.is_dhcpv6, "dhcpv6_filter")


def _refuse_if(hit: bool, reason: str) -> None:
    if hit:
        raise Dropped(reason)
