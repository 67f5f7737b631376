//! ARP of Ethernet and IPv4 (RFC 826).

use super::Network;
use crate::drops::DropReason;
use std::net::Ipv4Addr;

const BYTES: usize = 28;
/// Ethernet, IPv4, and the lengths of their addresses.
const ETHERNET_IPV4: [u8; 6] = [0, 1, 8, 0, 6, 4];

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// 1 asks, 2 answers.
    pub operation: u16,
    /// Who speaks.
    pub sender_mac: [u8; 6],
    /// Who speaks.
    pub sender: Ipv4Addr,
    /// Whom it is about.
    pub target_mac: [u8; 6],
    /// Whom it is about.
    pub target: Ipv4Addr,
}

/// Other kinds of addresses are nothing that is looked into.
pub(super) fn read(body: &[u8]) -> Result<Network, DropReason> {
    let Some(body) = body.first_chunk::<BYTES>() else {
        return Err(DropReason::CutPacket);
    };
    if body[..6] != ETHERNET_IPV4 {
        return Ok(Network::Other);
    }
    let mac = |place: usize| std::array::from_fn(|index| body[place + index]);
    let address = |place: usize| {
        let octets: [u8; 4] = std::array::from_fn(|index| body[place + index]);
        Ipv4Addr::from(octets)
    };
    Ok(Network::Arp(Arp {
        operation: u16::from_be_bytes([body[6], body[7]]),
        sender_mac: mac(8),
        sender: address(14),
        target_mac: mac(18),
        target: address(24),
    }))
}
