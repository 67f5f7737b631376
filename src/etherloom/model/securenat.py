"""SecureNAT: a router with NAT and DHCP inside a hub (reference: network functions)."""

from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class SecureNat:
    """What the virtual router of one hub does. Times are seconds. `mac` is made when it is first needed.

    `push_routes`: NETWORK/MASK/GATEWAY, separated by commas, for the DHCP server to hand out.
    """

    enabled: bool = False
    mac: bytes = b""
    address: IPv4Address = IPv4Address("192.168.30.1")
    mask: IPv4Address = IPv4Address("255.255.255.0")
    nat: bool = True
    mtu: int = 1_500
    nat_tcp_timeout: int = 1_800
    nat_udp_timeout: int = 60
    dhcp: bool = True
    dhcp_first: IPv4Address = IPv4Address("192.168.30.10")
    dhcp_last: IPv4Address = IPv4Address("192.168.30.200")
    dhcp_mask: IPv4Address = IPv4Address("255.255.255.0")
    dhcp_seconds: int = 7_200
    dhcp_gateway: IPv4Address = IPv4Address("192.168.30.1")
    dhcp_dns: IPv4Address = IPv4Address("192.168.30.1")
    dhcp_dns2: IPv4Address = IPv4Address(0)
    dhcp_domain: str = ""
    save_log: bool = True
    push_routes: str = ""
