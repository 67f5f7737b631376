//! The items of a policy, and the hub's own filters, that look at one frame alone.
//!
//! Types are those behind a VLAN tag, as newer stock servers see them: a tag hides nothing.

use crate::drops::DropReason;
use crate::event::Event;
use crate::facts::{Facts, Network, Transport, ethertype, icmpv6, tcp};
use crate::rules::{HubFilters, PortPolicy};
use std::net::IpAddr;

const OSPF: u8 = 89;
const DHCP_ANSWER: u8 = 2;

/// What the checks are made on.
pub(crate) struct Look<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) facts: &'a Facts,
}

/// A refusal, and what is to be told about it.
pub(crate) type Refusal = (DropReason, Option<Event>);

/// What a port may not send, in the original's order.
pub(crate) fn refuse_from(policy: &PortPolicy, look: &Look<'_>) -> Result<(), Refusal> {
    refuse_server(policy, look)?;
    refuse_kinds(policy, look).map_err(quiet)?;
    refuse_dhcp(policy, look).map_err(quiet)?;
    refuse_dhcp_server(policy, look)?;
    refuse_router(policy, look).map_err(quiet)?;
    refuse_if(
        policy.ra_filter && look.facts.icmpv6() == Some(icmpv6::ROUTER_ADVERTISEMENT),
        DropReason::RaFilter,
    )
    .map_err(quiet)
}

/// What may not be sent to a port.
pub(crate) fn refuse_to(policy: &PortPolicy, look: &Look<'_>) -> Result<(), DropReason> {
    refuse_router(policy, look)?;
    refuse_dhcp(policy, look)?;
    refuse_kinds(policy, look)
}

/// What a hub carries for nobody.
pub(crate) fn refuse_for_all(filters: HubFilters, facts: &Facts) -> Result<(), DropReason> {
    let kind = facts.header.ethertype;
    let is_ospf = matches!(facts.network, Network::Ipv4(ip) if ip.protocol == OSPF);
    let is_bpdu = matches!(facts.network, Network::Bpdu { .. });
    let hit = filters.pppoe && ethertype::PPPOE.contains(&kind)
        || filters.ospf && is_ospf
        || filters.ipv4 && is_ipv4(kind)
        || filters.ipv6 && kind == ethertype::IPV6
        || filters.non_ip && is_other(kind)
        || filters.bpdu && is_bpdu;
    refuse_if(hit, DropReason::HubFilter)
}

fn refuse_server(policy: &PortPolicy, look: &Look<'_>) -> Result<(), Refusal> {
    if !policy.no_server && !policy.no_server_v6 {
        return Ok(());
    }
    let Transport::Tcp { flags, .. } = look.facts.transport else {
        return Ok(());
    };
    let reason = match look.facts.network {
        Network::Ipv4(_) if policy.no_server => DropReason::NoServer,
        Network::Ipv6(_) if policy.no_server_v6 => DropReason::NoServerV6,
        _ => return Ok(()),
    };
    if flags & (tcp::SYN | tcp::ACK) != tcp::SYN | tcp::ACK {
        return Ok(());
    }
    let event =
        ends(look.facts).map(
            |(source, source_port, target, target_port)| Event::ServerRefused {
                source,
                source_port,
                target,
                target_port,
            },
        );
    Err((reason, event))
}

fn refuse_kinds(policy: &PortPolicy, look: &Look<'_>) -> Result<(), DropReason> {
    let facts = look.facts;
    let kind = facts.header.ethertype;
    let needless = policy.arp_dhcp_only
        && facts.header.broadcast
        && !(kind == ethertype::ARP
            || facts.is_dhcp()
            || facts.is_dhcpv6()
            || facts.icmpv6().is_some());
    refuse_if(needless, DropReason::ArpDhcpOnly)?;
    refuse_if(policy.filter_ipv4 && is_ipv4(kind), DropReason::FilterIpv4)?;
    refuse_if(
        policy.filter_ipv6 && kind == ethertype::IPV6,
        DropReason::FilterIpv6,
    )?;
    refuse_if(
        policy.filter_non_ip && is_other(kind),
        DropReason::FilterNonIp,
    )
}

fn refuse_dhcp(policy: &PortPolicy, look: &Look<'_>) -> Result<(), DropReason> {
    refuse_if(
        policy.dhcp_filter && look.facts.is_dhcp(),
        DropReason::DhcpFilter,
    )?;
    refuse_if(
        policy.dhcpv6_filter && look.facts.is_dhcpv6(),
        DropReason::Dhcpv6Filter,
    )
}

fn refuse_dhcp_server(policy: &PortPolicy, look: &Look<'_>) -> Result<(), Refusal> {
    let facts = look.facts;
    let answers = || {
        facts
            .dhcp(look.bytes)
            .is_some_and(|dhcp| dhcp.operation == DHCP_ANSWER)
    };
    let reason = if policy.dhcp_no_server && facts.is_dhcp() && answers() {
        DropReason::DhcpNoServer
    } else if policy.dhcpv6_no_server && is_dhcpv6_answer(facts) {
        DropReason::Dhcpv6NoServer
    } else {
        return Ok(());
    };
    let event =
        ends(facts).map(
            |(source, source_port, target, target_port)| Event::DhcpServerRefused {
                source,
                source_port,
                target,
                target_port,
            },
        );
    Err((reason, event))
}

fn refuse_router(policy: &PortPolicy, look: &Look<'_>) -> Result<(), DropReason> {
    let is_discovery = matches!(
        look.facts.icmpv6(),
        Some(icmpv6::ROUTER_SOLICITATION | icmpv6::ROUTER_ADVERTISEMENT)
    );
    refuse_if(
        policy.rs_and_ra_filter && is_discovery,
        DropReason::RsAndRaFilter,
    )
}

/// Urgent frames that rate limits let pass: without them nothing would tell a sender to slow down.
pub(crate) fn is_urgent(facts: &Facts) -> bool {
    match (facts.network, facts.transport) {
        (Network::Arp(_), _) | (Network::Ipv4(_), Transport::Icmpv4 { .. }) => true,
        (Network::Ipv4(_), Transport::Tcp { flags, .. }) => {
            flags & (tcp::SYN | tcp::FIN | tcp::RST) != 0
        }
        (Network::Ipv4(_), Transport::Udp { .. }) => facts.is_dhcp(),
        _ => false,
    }
}

const fn is_dhcpv6_answer(facts: &Facts) -> bool {
    matches!(facts.network, Network::Ipv6(_))
        && matches!(
            facts.transport,
            Transport::Udp { target: 546, .. } | Transport::Udp { source: 547, .. }
        )
}

const fn is_ipv4(kind: u16) -> bool {
    matches!(kind, ethertype::IPV4 | ethertype::ARP)
}

const fn is_other(kind: u16) -> bool {
    !is_ipv4(kind) && kind != ethertype::IPV6
}

const fn refuse_if(hit: bool, reason: DropReason) -> Result<(), DropReason> {
    if hit { Err(reason) } else { Ok(()) }
}

fn quiet(reason: DropReason) -> Refusal {
    (reason, None)
}

/// Both ends of what is carried.
fn ends(facts: &Facts) -> Option<(IpAddr, u16, IpAddr, u16)> {
    let (source, target) = facts.addresses()?;
    match facts.transport {
        Transport::Tcp {
            source: source_port,
            target: target_port,
            ..
        }
        | Transport::Udp {
            source: source_port,
            target: target_port,
        } => Some((source, source_port, target, target_port)),
        _ => None,
    }
}
