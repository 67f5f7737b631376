//! Addresses that frames come from: whether they are to be noted, and what a policy says about them.
//!
//! Reference: virtual hub, section 1.6.

use crate::PortId;
use crate::drops::DropReason;
use crate::event::Event;
use crate::facts::{DHCP_ACK, Dhcp, Facts, Network, Transport, icmpv6};
use crate::ip_table::{IpKey, Noted, Sighting, Terms};
use crate::rules::{HubRules, PortPolicy};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// However few a policy allows, so many addresses a port may have; so many one that may be no router.
const LEAST_IPV4: u32 = 4;
const WITHOUT_ROUTING_IPV4: u32 = 4;
const LEAST_IPV6: u32 = 5;
const WITHOUT_ROUTING_IPV6: u32 = 15;
/// Addresses that hubs ask from (reference: virtual hub, section 1.9).
const HUB_MAC: [u8; 2] = [0x00, 0xae];
const ETHERNET: (u8, u8) = (1, 6);
const DHCP_ANSWER: u8 = 2;

/// Where a frame comes from, if that is an address to note.
pub(crate) fn source(facts: &Facts, key: (PortId, u16)) -> Option<Sighting> {
    let mac = facts.header.src;
    let address = match facts.network {
        Network::Arp(arp) => ipv4(arp.sender, mac)?,
        Network::Ipv4(ip) if !facts.is_dhcp() => ipv4(ip.source, mac)?,
        Network::Ipv6(ip) => ipv6(ip.source, mac)?,
        _ => return None,
    };
    let (port, vlan) = key;
    Some(Sighting {
        key: IpKey { address, vlan },
        port,
        mac,
    })
}

fn ipv4(address: Ipv4Addr, mac: [u8; 6]) -> Option<IpAddr> {
    let [a, b, c, d] = address.octets();
    let is_hub = mac[..2] == HUB_MAC
        && (a, b) == (172, 31)
        && (1..=254).contains(&c)
        && (1..=254).contains(&d);
    let is_none = address.is_unspecified() || address.is_broadcast();
    (!is_none && !is_hub).then_some(IpAddr::V4(address))
}

fn ipv6(address: Ipv6Addr, mac: [u8; 6]) -> Option<IpAddr> {
    let octets = address.octets();
    let is_hub = mac[..2] == HUB_MAC
        && octets[..10] == [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0xae]
        && octets[11..13] == [0xff, 0xfe];
    let is_none = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    (!is_none && !is_hub).then_some(IpAddr::V6(address))
}

/// What a policy says about addresses of this kind.
pub(crate) fn terms(hub: &HubRules, policy: &PortPolicy, address: IpAddr, facts: &Facts) -> Terms {
    match address {
        IpAddr::V4(address) => Terms {
            most: most(
                policy.max_ip,
                policy.no_routing,
                WITHOUT_ROUTING_IPV4,
                LEAST_IPV4,
            ),
            is_exclusive: policy.check_ip,
            only_allotted: policy.dhcp_force,
            is_noted: !hub.only_private_ipv4 || is_private(address),
        },
        IpAddr::V6(address) => Terms {
            most: most(
                policy.max_ipv6,
                policy.no_routing_v6,
                WITHOUT_ROUTING_IPV6,
                LEAST_IPV6,
            )
            .filter(|_| !is_configuration(facts)),
            is_exclusive: policy.check_ipv6,
            only_allotted: false,
            is_noted: !hub.only_link_local_ipv6 || address.is_unicast_link_local(),
        },
    }
}

pub(crate) fn most(limit: u32, is_few: bool, few: u32, least: u32) -> Option<u32> {
    let limit = (limit > 0).then_some(limit);
    let few = is_few.then_some(few);
    limit
        .into_iter()
        .chain(few)
        .min()
        .map(|most| most.max(least))
}

/// How an address is come by must not fail for want of room for addresses.
fn is_configuration(facts: &Facts) -> bool {
    match facts.transport {
        Transport::Icmpv6 { kind } => matches!(
            kind,
            icmpv6::ROUTER_SOLICITATION | icmpv6::ROUTER_ADVERTISEMENT
        ),
        _ => facts.is_dhcpv6(),
    }
}

fn is_private(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let is_carrier = a == 100 && b & 0xc0 == 64;
    address.is_private() || address.is_link_local() || is_carrier
}

/// Why a sighting is refused, and what is to be told.
pub(crate) fn refusal(
    noted: Noted,
    policy: &PortPolicy,
    address: IpAddr,
    now_ms: u64,
) -> Option<(DropReason, Event)> {
    let is_ipv4 = address.is_ipv4();
    match noted {
        Noted::Passes => None,
        Noted::TooMany(count) => {
            let (is_few, reasons) = if is_ipv4 {
                (
                    policy.no_routing,
                    [DropReason::MaxIp, DropReason::NoRouting],
                )
            } else {
                (
                    policy.no_routing_v6,
                    [DropReason::MaxIpv6, DropReason::NoRoutingV6],
                )
            };
            let event = Event::TooManyAddresses {
                address,
                count,
                is_routing_limit: is_few,
            };
            Some((reasons[usize::from(is_few)], event))
        }
        Noted::Conflict(entry) => {
            let event = Event::AddressConflict {
                address,
                owner: entry.port,
                mac: entry.mac,
                created_ms: entry.created_ms,
                updated_ms: entry.updated_ms,
                by_dhcp: entry.by_dhcp,
                now_ms,
            };
            let reason = if is_ipv4 {
                DropReason::CheckIp
            } else {
                DropReason::CheckIpv6
            };
            Some((reason, event))
        }
        Noted::NotAllotted => Some((DropReason::DhcpForce, Event::NotAllotted { address })),
    }
}

/// The allotment that a frame tells of.
pub(crate) fn allotment(facts: &Facts, bytes: &[u8]) -> Option<Dhcp> {
    if !facts.is_dhcp() {
        return None;
    }
    facts.dhcp(bytes).filter(|dhcp| {
        let yours = dhcp.yours();
        dhcp.operation == DHCP_ANSWER
            && dhcp.message == DHCP_ACK
            && dhcp.hardware == ETHERNET
            && !yours.is_unspecified()
            && !yours.is_broadcast()
    })
}

#[cfg(test)]
mod tests {
    use super::{ipv4, ipv6, is_private, most};
    use std::net::Ipv4Addr;

    #[test]
    fn hubs_that_ask_are_nobody() {
        let asks = |address: [u8; 4], mac| ipv4(Ipv4Addr::from(address), mac).is_none();
        let hub = [0, 0xae, 1, 2, 3, 4];
        assert!(asks([172, 31, 152, 220], hub));
        assert!(!asks([172, 31, 152, 220], [2; 6]));
        assert!(!asks([172, 31, 0, 1], hub) && !asks([172, 30, 1, 1], hub));
        assert!(asks([0; 4], [2; 6]) && asks([255; 4], [2; 6]));
        let link_local = "fe80::2ae:97ff:fe00:ae97".parse().expect("an address");
        assert!(ipv6(link_local, hub).is_none() && ipv6(link_local, [2; 6]).is_some());
    }

    #[test]
    fn private_is_what_nobody_routes() {
        for (address, expected) in [
            ("10.1.1.1", true),
            ("172.16.0.1", true),
            ("172.32.0.1", false),
            ("192.168.1.1", true),
            ("169.254.9.9", true),
            ("100.64.0.1", true),
            ("100.127.0.1", true),
            ("100.128.0.1", false),
            ("8.8.8.8", false),
        ] {
            assert_eq!(is_private(address.parse().expect("an address")), expected);
        }
    }

    #[test]
    fn limits_have_a_floor() {
        assert_eq!(most(0, false, 4, 4), None);
        assert_eq!(most(1, false, 4, 4), Some(4));
        assert_eq!(most(9, true, 4, 4), Some(4));
        assert_eq!(most(9, false, 4, 4), Some(9));
        assert_eq!(most(9, true, 15, 5), Some(9));
    }
}
