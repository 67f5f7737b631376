//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers.

use super::transport;
use super::{Facts, Network, number};
use crate::drops::DropReason;
use std::net::{Ipv4Addr, Ipv6Addr};

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const OFFSET: u16 = 0x1fff;
const FRAGMENT: u8 = 44;
/// Hop-by-hop options, routing, destination options: looked behind.
const EXTENSIONS: [u8; 3] = [0, 43, 60];
const MOST_EXTENSIONS: usize = 8;

/// An IPv4 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4 {
    /// From.
    pub source: Ipv4Addr,
    /// To.
    pub target: Ipv4Addr,
    /// What it carries.
    pub protocol: u8,
    /// A later piece of a packet: what it carries has no header.
    pub is_later_fragment: bool,
}

/// An IPv6 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6 {
    /// From.
    pub source: Ipv6Addr,
    /// To.
    pub target: Ipv6Addr,
    /// What it carries, behind the extension headers.
    pub protocol: u8,
    /// A later piece of a packet: what it carries has no header.
    pub is_later_fragment: bool,
}

pub(super) fn read_ipv4(facts: &mut Facts, frame: &[u8], begin: usize) -> Result<(), DropReason> {
    let header = frame[begin..]
        .first_chunk::<IPV4_HEADER>()
        .ok_or(DropReason::CutPacket)?;
    let length = usize::from(header[0] & 0x0f) * 4;
    if header[0] >> 4 != 4 || length < IPV4_HEADER {
        return Err(DropReason::BadPacket);
    }
    if frame.len() < begin + length {
        return Err(DropReason::CutPacket);
    }
    facts.cut_padding(
        begin,
        usize::from(u16::from_be_bytes([header[2], header[3]])),
    );
    let address = |place: usize| {
        let octets: [u8; 4] = std::array::from_fn(|index| header[place + index]);
        Ipv4Addr::from(octets)
    };
    let is_later_fragment = u16::from_be_bytes([header[6], header[7]]) & OFFSET != 0;
    facts.network = Network::Ipv4(Ipv4 {
        source: address(12),
        target: address(16),
        protocol: header[9],
        is_later_fragment,
    });
    if is_later_fragment {
        return Ok(());
    }
    transport::read(facts, frame, begin + length, header[9])
}

pub(super) fn read_ipv6(facts: &mut Facts, frame: &[u8], begin: usize) -> Result<(), DropReason> {
    let header = frame[begin..]
        .first_chunk::<IPV6_HEADER>()
        .ok_or(DropReason::CutPacket)?;
    if header[0] >> 4 != 6 {
        return Err(DropReason::BadPacket);
    }
    let payload = usize::from(u16::from_be_bytes([header[4], header[5]]));
    if payload > 0 {
        facts.cut_padding(begin, IPV6_HEADER + payload);
    }
    let address = |place: usize| {
        let octets: [u8; 16] = std::array::from_fn(|index| header[place + index]);
        Ipv6Addr::from(octets)
    };
    let (place, protocol, is_later_fragment) =
        behind_extensions(frame, begin + IPV6_HEADER, header[6])?;
    facts.network = Network::Ipv6(Ipv6 {
        source: address(8),
        target: address(24),
        protocol,
        is_later_fragment,
    });
    if is_later_fragment {
        return Ok(());
    }
    transport::read(facts, frame, place, protocol)
}

/// Where what is carried begins, what that is, and whether it is a later piece.
fn behind_extensions(
    frame: &[u8],
    mut place: usize,
    mut next: u8,
) -> Result<(usize, u8, bool), DropReason> {
    for _ in 0..MOST_EXTENSIONS {
        let rest = frame.get(place..).ok_or(DropReason::CutPacket)?;
        let (length, is_later) = match next {
            FRAGMENT => {
                let offset = number(rest, 2).ok_or(DropReason::CutPacket)?;
                (8, offset & 0xfff8 != 0)
            }
            _ if EXTENSIONS.contains(&next) => {
                let units = rest.get(1).ok_or(DropReason::CutPacket)?;
                ((usize::from(*units) + 1) * 8, false)
            }
            _ => return Ok((place, next, false)),
        };
        if rest.len() < length {
            return Err(DropReason::CutPacket);
        }
        next = rest[0];
        place += length;
        if is_later {
            return Ok((place, next, true));
        }
    }
    Err(DropReason::BadPacket)
}

impl Facts {
    /// The packet says how long it is; what follows is padding.
    fn cut_padding(&mut self, begin: usize, packet: usize) {
        if packet > 0 {
            self.length = self.length.min(begin + packet);
        }
    }
}
