//! The few facts of a DHCP message that a hub wants to know (RFC 2131).

use super::number;
use std::net::Ipv4Addr;

/// Fixed fields through the hardware address; shorter ones are no DHCP.
pub(super) const SHORTEST: usize = 44;
const OPTIONS: usize = 240;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
const PAD: u8 = 0;
const END: u8 = 255;
const MESSAGE_TYPE: u8 = 53;
/// More options than any sane message has.
const MOST_OPTIONS: usize = 128;

/// An answer that allots an address.
pub const DHCP_ACK: u8 = 5;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dhcp {
    /// 1 from a client, 2 from a server.
    pub operation: u8,
    /// Kind and length of the hardware address: 1 and 6 for Ethernet.
    pub hardware: (u8, u8),
    /// Number of the exchange.
    pub transaction: u32,
    /// Addresses: the client's, yours, the server's, the relay's.
    pub addresses: [Ipv4Addr; 4],
    /// The client's hardware address.
    pub client: [u8; 6],
    /// What it means (option 53), 0 where it doesn't say.
    pub message: u8,
}

impl Dhcp {
    /// The address that is offered or allotted.
    pub const fn yours(&self) -> Ipv4Addr {
        self.addresses[1]
    }
}

pub(super) fn read(payload: &[u8]) -> Option<Dhcp> {
    let fixed = payload.first_chunk::<SHORTEST>()?;
    let address = |place: usize| {
        let octets: [u8; 4] = std::array::from_fn(|index| fixed[place + index]);
        Ipv4Addr::from(octets)
    };
    Some(Dhcp {
        operation: fixed[0],
        hardware: (fixed[1], fixed[2]),
        transaction: u32::from(number(fixed, 4)?) << 16 | u32::from(number(fixed, 6)?),
        addresses: [12, 16, 20, 24].map(address),
        client: std::array::from_fn(|index| fixed[28 + index]),
        message: message(payload).unwrap_or(0),
    })
}

fn message(payload: &[u8]) -> Option<u8> {
    if payload.get(OPTIONS - 4..OPTIONS)? != COOKIE {
        return None;
    }
    let mut rest = payload.get(OPTIONS..)?;
    for _ in 0..MOST_OPTIONS {
        match *rest {
            [PAD, ..] => rest = &rest[1..],
            [MESSAGE_TYPE, 1, message, ..] => return Some(message),
            [END, ..] | [] | [_] => return None,
            [_, length, ..] => rest = rest.get(2 + usize::from(length)..)?,
        }
    }
    None
}
