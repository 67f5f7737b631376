//! TCP, UDP and ICMP headers.

use super::{Facts, Network, number};
use crate::drops::DropReason;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
const TCP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

/// Flags of TCP.
pub mod tcp {
    /// The sender has finished.
    pub const FIN: u8 = 0x01;
    /// Begin.
    pub const SYN: u8 = 0x02;
    /// Break off.
    pub const RST: u8 = 0x04;
    /// Hand over at once.
    pub const PSH: u8 = 0x08;
    /// The acknowledgement counts.
    pub const ACK: u8 = 0x10;
    /// There is something urgent.
    pub const URG: u8 = 0x20;
}

/// Types of ICMPv6 messages.
pub mod icmpv6 {
    /// Who is a router?
    pub const ROUTER_SOLICITATION: u8 = 133;
    /// I am a router.
    pub const ROUTER_ADVERTISEMENT: u8 = 134;
    /// Who has this address?
    pub const NEIGHBOUR_SOLICITATION: u8 = 135;
    /// I have.
    pub const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
}

/// The layer above IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Nothing that is looked into.
    None,
    /// TCP.
    Tcp {
        /// Port.
        source: u16,
        /// Port.
        target: u16,
        /// See [`tcp`].
        flags: u8,
        /// Where its header begins.
        begin: usize,
    },
    /// UDP.
    Udp {
        /// Port.
        source: u16,
        /// Port.
        target: u16,
    },
    /// ICMP of IPv4.
    Icmpv4 {
        /// Type of the message.
        kind: u8,
    },
    /// ICMP of IPv6.
    Icmpv6 {
        /// Type of the message.
        kind: u8,
    },
}

pub(super) fn read(
    facts: &mut Facts,
    frame: &[u8],
    begin: usize,
    protocol: u8,
) -> Result<(), DropReason> {
    let segment = frame.get(begin..).ok_or(DropReason::CutPacket)?;
    let is_ipv6 = matches!(facts.network, Network::Ipv6(_));
    let (transport, header) = match protocol {
        TCP => read_tcp(segment, begin)?,
        UDP => (read_udp(segment)?, UDP_HEADER),
        ICMP if !is_ipv6 => (
            Transport::Icmpv4 {
                kind: *segment.first().ok_or(DropReason::CutPacket)?,
            },
            0,
        ),
        ICMPV6 if is_ipv6 => (
            Transport::Icmpv6 {
                kind: *segment.first().ok_or(DropReason::CutPacket)?,
            },
            0,
        ),
        _ => return Ok(()),
    };
    facts.transport = transport;
    facts.payload = begin + header;
    Ok(())
}

fn read_tcp(segment: &[u8], begin: usize) -> Result<(Transport, usize), DropReason> {
    let fixed = segment
        .first_chunk::<TCP_HEADER>()
        .ok_or(DropReason::CutPacket)?;
    let header = usize::from(fixed[12] >> 4) * 4;
    if header < TCP_HEADER {
        return Err(DropReason::BadPacket);
    }
    if segment.len() < header {
        return Err(DropReason::CutPacket);
    }
    let transport = Transport::Tcp {
        source: u16::from_be_bytes([fixed[0], fixed[1]]),
        target: u16::from_be_bytes([fixed[2], fixed[3]]),
        flags: fixed[13],
        begin,
    };
    Ok((transport, header))
}

fn read_udp(segment: &[u8]) -> Result<Transport, DropReason> {
    if segment.len() < UDP_HEADER {
        return Err(DropReason::CutPacket);
    }
    match (number(segment, 0), number(segment, 2)) {
        (Some(source), Some(target)) => Ok(Transport::Udp { source, target }),
        _ => Err(DropReason::CutPacket),
    }
}
