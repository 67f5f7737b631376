"""The access list of a hub, in configuration files and back."""

from ipaddress import IPv4Address, IPv6Address

from etherloom.model.access_list import AccessRule
from etherloom.services.access_lists import FIRST_UNIQUE_ID
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.section import Section
from etherloom.state import keys


def read_access_list(hub: str, rules: Section) -> None:
    for number, section in enumerate(rules.sections(), FIRST_UNIQUE_ID):
        rules.journal.put(section, keys.access_key(hub, number), _read_rule(section, number))


def _read_rule(section: Section, number: int) -> AccessRule:
    ending = "6" if section.flag("IsIPv6") else ""
    zero: IPv4Address | IPv6Address = IPv6Address(0) if ending else IPv4Address(0)
    return AccessRule(
        unique_id=number,
        priority=section.uint("Priority"),
        discard=section.flag("Discard"),
        active=section.flag("Active"),
        note=section.text("Note"),
        source_address=section.address(f"SrcIpAddress{ending}", zero),
        source_mask=section.address(f"SrcSubnetMask{ending}", zero),
        target_address=section.address(f"DestIpAddress{ending}", zero),
        target_mask=section.address(f"DestSubnetMask{ending}", zero),
        protocol=section.uint("Protocol", 0, 0, 255),
        source_port_first=section.uint("SrcPortStart", 0, 0, 65_535),
        source_port_last=section.uint("SrcPortEnd", 0, 0, 65_535),
        target_port_first=section.uint("DestPortStart", 0, 0, 65_535),
        target_port_last=section.uint("DestPortEnd", 0, 0, 65_535),
        source_user=section.text("SrcUsername"),
        target_user=section.text("DestUsername"),
        check_source_mac=section.flag("CheckSrcMac"),
        source_mac=section.mac("SrcMacAddress"),
        source_mac_mask=section.mac("SrcMacMask"),
        check_target_mac=section.flag("CheckDstMac"),
        target_mac=section.mac("DstMacAddress"),
        target_mac_mask=section.mac("DstMacMask"),
        check_tcp_state=section.flag("CheckTcpState"),
        established=section.flag("Established"),
        delay=section.uint("Delay"),
        jitter=section.uint("Jitter"),
        loss=section.uint("Loss"),
        redirect_url=section.text("RedirectUrl"),
    )


def write_rule(rules: Draft, number: int, rule: AccessRule) -> None:
    draft = rules.block(str(number))
    ending = "6" if rule.is_ipv6 else ""
    draft.flag("IsIPv6", rule.is_ipv6)
    draft.uint("Priority", rule.priority)
    draft.flag("Discard", rule.discard)
    draft.flag("Active", rule.active)
    draft.text("Note", rule.note)
    draft.address(f"SrcIpAddress{ending}", rule.source_address)
    draft.address(f"SrcSubnetMask{ending}", rule.source_mask)
    draft.address(f"DestIpAddress{ending}", rule.target_address)
    draft.address(f"DestSubnetMask{ending}", rule.target_mask)
    draft.uint("Protocol", rule.protocol)
    draft.uint("SrcPortStart", rule.source_port_first)
    draft.uint("SrcPortEnd", rule.source_port_last)
    draft.uint("DestPortStart", rule.target_port_first)
    draft.uint("DestPortEnd", rule.target_port_last)
    draft.text("SrcUsername", rule.source_user)
    draft.text("DestUsername", rule.target_user)
    draft.flag("CheckSrcMac", rule.check_source_mac)
    if rule.check_source_mac:
        draft.mac("SrcMacAddress", rule.source_mac)
        draft.mac("SrcMacMask", rule.source_mac_mask)
    draft.flag("CheckDstMac", rule.check_target_mac)
    if rule.check_target_mac:
        draft.mac("DstMacAddress", rule.target_mac)
        draft.mac("DstMacMask", rule.target_mac_mask)
    draft.flag("CheckTcpState", rule.check_tcp_state)
    draft.flag("Established", rule.established)
    draft.uint("Delay", rule.delay)
    draft.uint("Jitter", rule.jitter)
    draft.uint("Loss", rule.loss)
    draft.text("RedirectUrl", rule.redirect_url)
