"""SecureNAT of a hub, in configuration files and back."""

from ipaddress import IPv4Address
from typing import Final

from etherloom.model.securenat import SecureNat
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.section import Section
from etherloom.state import keys

_DEFAULT: Final = SecureNat()
_NOWHERE: Final = IPv4Address(0)


def read_securenat(hub: str, section: Section) -> None:
    host = section.section("VirtualHost")
    router = section.section("VirtualRouter")
    dhcp = section.section("VirtualDhcpServer")
    nat = SecureNat(
        enabled=not section.flag("Disabled", True),
        save_log=section.flag("SaveLog", True),
        mac=host.mac("VirtualHostMacAddress") if "VirtualHostMacAddress" in host else b"",
        address=host.ipv4("VirtualHostIp", _DEFAULT.address),
        mask=host.ipv4("VirtualHostIpSubnetMask", _DEFAULT.mask),
        nat=router.flag("NatEnabled", True),
        mtu=router.uint("NatMtu", _DEFAULT.mtu),
        nat_tcp_timeout=router.uint("NatTcpTimeout", _DEFAULT.nat_tcp_timeout),
        nat_udp_timeout=router.uint("NatUdpTimeout", _DEFAULT.nat_udp_timeout),
        dhcp=dhcp.flag("DhcpEnabled", True),
        dhcp_first=dhcp.ipv4("DhcpLeaseIPStart", _DEFAULT.dhcp_first),
        dhcp_last=dhcp.ipv4("DhcpLeaseIPEnd", _DEFAULT.dhcp_last),
        dhcp_mask=dhcp.ipv4("DhcpSubnetMask", _DEFAULT.dhcp_mask),
        dhcp_seconds=dhcp.uint("DhcpExpireTimeSpan", _DEFAULT.dhcp_seconds),
        dhcp_gateway=dhcp.ipv4("DhcpGatewayAddress", _NOWHERE),
        dhcp_dns=dhcp.ipv4("DhcpDnsServerAddress", _NOWHERE),
        dhcp_dns2=dhcp.ipv4("DhcpDnsServerAddress2", _NOWHERE),
        dhcp_domain=dhcp.text("DhcpDomainName"),
        push_routes=dhcp.text("DhcpPushRoutes"),
    )
    section.journal.put(section, keys.securenat_key(hub), nat)


def write_securenat(draft: Draft, nat: SecureNat) -> None:
    draft.flag("Disabled", not nat.enabled)
    draft.flag("SaveLog", nat.save_log)
    host = draft.block("VirtualHost")
    if nat.mac:
        host.mac("VirtualHostMacAddress", nat.mac)
    host.address("VirtualHostIp", nat.address)
    host.address("VirtualHostIpSubnetMask", nat.mask)
    router = draft.block("VirtualRouter")
    router.flag("NatEnabled", nat.nat)
    router.uint("NatMtu", nat.mtu)
    router.uint("NatTcpTimeout", nat.nat_tcp_timeout)
    router.uint("NatUdpTimeout", nat.nat_udp_timeout)
    dhcp = draft.block("VirtualDhcpServer")
    dhcp.flag("DhcpEnabled", nat.dhcp)
    dhcp.address("DhcpLeaseIPStart", nat.dhcp_first)
    dhcp.address("DhcpLeaseIPEnd", nat.dhcp_last)
    dhcp.address("DhcpSubnetMask", nat.dhcp_mask)
    dhcp.uint("DhcpExpireTimeSpan", nat.dhcp_seconds)
    dhcp.address("DhcpGatewayAddress", nat.dhcp_gateway)
    dhcp.address("DhcpDnsServerAddress", nat.dhcp_dns)
    dhcp.address("DhcpDnsServerAddress2", nat.dhcp_dns2)
    dhcp.text("DhcpDomainName", nat.dhcp_domain)
    dhcp.text("DhcpPushRoutes", nat.push_routes)
