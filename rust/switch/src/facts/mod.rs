//! What a frame says of itself: read once, used by every check behind it. Takes any bytes.
//!
//! It looks behind VLAN tags; newer stock servers look behind one, older ones let it hide everything.

mod arp;
mod dhcp;
mod ip;
mod transport;

pub use arp::Arp;
pub use dhcp::{DHCP_ACK, Dhcp};
pub use ip::{Ipv4, Ipv6};
pub use transport::{Transport, icmpv6, tcp};

use crate::drops::DropReason;
use crate::frame::HEADER;
use crate::header::{Header, classify};
use std::net::IpAddr;

/// Types of payload.
pub mod ethertype {
    /// IPv4.
    pub const IPV4: u16 = 0x0800;
    /// ARP.
    pub const ARP: u16 = 0x0806;
    /// IPv6.
    pub const IPV6: u16 = 0x86dd;
    /// PPPoE, discovery and session.
    pub const PPPOE: [u16; 2] = [0x8863, 0x8864];
    /// A VLAN tag.
    pub const TAGGED: u16 = 0x8100;
}

const TAG: usize = 4;
/// So many are looked behind, besides the first.
const MOST_TAGS: usize = 2;
/// Up to here the type field is a length (IEEE 802.3).
const LONGEST_802_3: u16 = 1_500;
/// Both service access points of spanning tree, and where the bridge's address stands behind the header.
const SPANNING_TREE: [u8; 2] = [0x42, 0x42];
const BRIDGE_ADDRESS: usize = 3 + 5 + 8 + 4 + 2;

/// The layer above Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Nothing that is looked into.
    Other,
    /// Spanning tree, with the address of the bridge that speaks.
    Bpdu {
        /// Of the bridge.
        bridge: [u8; 6],
    },
    /// ARP of Ethernet and IPv4.
    Arp(Arp),
    /// IPv4.
    Ipv4(Ipv4),
    /// IPv6.
    Ipv6(Ipv6),
}

/// A frame, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The Ethernet header, VLAN and inner type included.
    pub header: Header,
    /// The type field of the frame itself, in front of any tag.
    pub outer_type: u16,
    /// What it carries.
    pub network: Network,
    /// What that carries.
    pub transport: Transport,
    /// Where the payload of TCP or UDP begins; the frame's end where there is none.
    pub payload: usize,
    /// Bytes without the padding that Ethernet adds to short packets.
    pub length: usize,
}

impl Facts {
    /// Read a frame. Refused: what ends inside a header that it announces, or contradicts itself.
    pub fn of(frame: &[u8]) -> Result<Self, DropReason> {
        Self::behind(frame, ethertype::TAGGED)
    }

    /// The same on a hub whose own tags are of this type: they hide nothing either, nor does a second tag.
    pub fn behind(frame: &[u8], vlan_type: u16) -> Result<Self, DropReason> {
        let mut facts = Self::of_ethernet(frame)?;
        let begin = facts.skip_tags(frame, vlan_type)?;
        match facts.header.ethertype {
            ethertype::IPV4 => ip::read_ipv4(&mut facts, frame, begin)?,
            ethertype::IPV6 => ip::read_ipv6(&mut facts, frame, begin)?,
            ethertype::ARP => facts.network = arp::read(&frame[begin..])?,
            length if length <= LONGEST_802_3 => facts.network = read_802_3(&frame[begin..]),
            _ => {}
        }
        Ok(facts)
    }

    /// Where the packet begins; its type is noted.
    fn skip_tags(&mut self, frame: &[u8], vlan_type: u16) -> Result<usize, DropReason> {
        let mut begin = if self.is_tagged() {
            HEADER + TAG
        } else {
            HEADER
        };
        for _ in 0..MOST_TAGS {
            if ![ethertype::TAGGED, vlan_type].contains(&self.header.ethertype) {
                break;
            }
            self.header.ethertype = number(frame, begin + 2).ok_or(DropReason::CutTag)?;
            begin += TAG;
        }
        Ok(begin)
    }

    /// Read the Ethernet header only, for hubs that are told to look no further.
    pub fn of_ethernet(frame: &[u8]) -> Result<Self, DropReason> {
        let header = classify(frame)?;
        Ok(Self {
            header,
            outer_type: u16::from_be_bytes([frame[12], frame[13]]),
            network: Network::Other,
            transport: Transport::None,
            payload: frame.len(),
            length: frame.len(),
        })
    }

    /// Of what can't be read.
    pub(crate) const fn unread(length: usize) -> Self {
        Self {
            header: Header::NONE,
            outer_type: 0,
            network: Network::Other,
            transport: Transport::None,
            payload: length,
            length,
        }
    }

    /// Source and target of an IP packet.
    pub const fn addresses(&self) -> Option<(IpAddr, IpAddr)> {
        match self.network {
            Network::Ipv4(ip) => Some((IpAddr::V4(ip.source), IpAddr::V4(ip.target))),
            Network::Ipv6(ip) => Some((IpAddr::V6(ip.source), IpAddr::V6(ip.target))),
            _ => None,
        }
    }

    /// There is a VLAN tag, be it of VLAN 0.
    pub const fn is_tagged(&self) -> bool {
        self.outer_type == ethertype::TAGGED
    }

    /// The DHCP message inside, if it is one.
    pub fn dhcp(&self, frame: &[u8]) -> Option<Dhcp> {
        match (self.network, self.transport) {
            (
                Network::Ipv4(_),
                Transport::Udp {
                    source: 67,
                    target: 68,
                }
                | Transport::Udp {
                    source: 68,
                    target: 67,
                },
            ) => dhcp::read(frame.get(self.payload..)?),
            _ => None,
        }
    }

    /// DHCP for IPv4, by its ports and the length of its fixed fields.
    pub const fn is_dhcp(&self) -> bool {
        matches!(self.network, Network::Ipv4(_))
            && self.length >= self.payload + dhcp::SHORTEST
            && matches!(
                self.transport,
                Transport::Udp {
                    source: 67,
                    target: 68
                } | Transport::Udp {
                    source: 68,
                    target: 67
                }
            )
    }

    /// DHCP for IPv6, by its target port.
    pub const fn is_dhcpv6(&self) -> bool {
        matches!(self.network, Network::Ipv6(_))
            && matches!(
                self.transport,
                Transport::Udp {
                    target: 546 | 547,
                    ..
                }
            )
    }

    /// The type of an ICMPv6 message.
    pub const fn icmpv6(&self) -> Option<u8> {
        match self.transport {
            Transport::Icmpv6 { kind } => Some(kind),
            _ => None,
        }
    }
}

fn read_802_3(body: &[u8]) -> Network {
    let is_bpdu = body.get(..2) == Some(&SPANNING_TREE);
    match body.get(BRIDGE_ADDRESS..) {
        Some(rest) if is_bpdu => match rest.first_chunk::<6>() {
            Some(bridge) => Network::Bpdu { bridge: *bridge },
            None => Network::Other,
        },
        _ => Network::Other,
    }
}

/// The big-endian number at `place`.
fn number(bytes: &[u8], place: usize) -> Option<u16> {
    let pair = bytes.get(place..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*pair))
}

#[cfg(test)]
mod tests;
