//! A frame as eight words, so that all its exact conditions are compared at once, under a mask.

use super::rule::{Block, Rule, TcpState};
use crate::facts::{Arp, Facts, Network, Transport, tcp};
use std::net::Ipv4Addr;

const ESTABLISHED: u64 = 0x100;
const STATE: u64 = 0x300;
const PORT: u64 = 0xffff;

/// Two words an address, two with an Ethernet address and a port each, protocol with state, both users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Words(pub(super) [u64; 8]);

/// What a frame is, as far as conditions ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Other,
    Arp,
    Ipv4,
    Tcp4,
    Udp4,
    Ipv6,
    Tcp6,
    Udp6,
}

pub(super) const KINDS: usize = 8;

/// A set of kinds.
pub(super) type Kinds = u8;

/// A frame, ready to be compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) words: Words,
    pub(super) kind: Kind,
    /// Its source is no address that a condition could be about.
    pub(super) no_source: bool,
    pub(super) no_target: bool,
}

impl Words {
    pub(super) fn masked(&self, mask: &Self) -> Self {
        Self(std::array::from_fn(|place| self.0[place] & mask.0[place]))
    }

    pub(super) const fn with_users(mut self, source: u32, target: u32) -> Self {
        self.0[7] = (source as u64) << 32 | target as u64;
        self
    }

    pub(super) const fn source_port(&self) -> u16 {
        (self.0[4] & PORT) as u16
    }

    pub(super) const fn target_port(&self) -> u16 {
        (self.0[5] & PORT) as u16
    }

    /// Mix of all words that depends on the secret.
    pub(super) fn mix(&self, secret: &[u64; 8]) -> u64 {
        let pair = |place: usize| {
            mix(
                self.0[place] ^ secret[place],
                self.0[place + 1] ^ secret[place + 1],
            )
        };
        let sum = pair(0) ^ pair(2).rotate_left(16) ^ pair(4).rotate_left(32);
        mix(sum ^ secret[0], pair(6) ^ secret[5])
    }
}

/// Both halves of the product, folded.
pub(super) fn mix(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ (product >> 64) as u64
}

impl Kind {
    pub(super) const fn bit(self) -> Kinds {
        1 << self as u8
    }

    const fn is_arp(self) -> bool {
        matches!(self, Self::Arp)
    }
}

impl Subject {
    /// None: access lists don't look at this frame.
    pub(super) fn of(facts: &Facts, on_arp: bool) -> Option<Self> {
        let kind = kind_of(facts);
        if kind.is_arp() && !on_arp {
            return None;
        }
        let mut subject = Self {
            words: Words::default(),
            kind,
            no_source: false,
            no_target: false,
        };
        let words = &mut subject.words.0;
        words[4] = mac_word(facts.header.src);
        words[5] = mac_word(facts.header.dst);
        match facts.network {
            Network::Ipv4(packet) => {
                words[1] = u64::from(packet.source.to_bits());
                words[3] = u64::from(packet.target.to_bits());
                words[6] = u64::from(packet.protocol);
            }
            Network::Ipv6(packet) => {
                (words[0], words[1]) = halves(packet.source.to_bits());
                (words[2], words[3]) = halves(packet.target.to_bits());
                words[6] = u64::from(packet.protocol);
            }
            Network::Arp(arp) => subject.take_arp(&arp),
            Network::Other | Network::Bpdu { .. } => {}
        }
        subject.take_transport(&facts.transport);
        Some(subject)
    }

    fn take_arp(&mut self, arp: &Arp) {
        self.words.0[1] = u64::from(arp.sender.to_bits());
        self.words.0[3] = u64::from(arp.target.to_bits());
        self.no_source = is_nobody(arp.sender);
        self.no_target = is_nobody(arp.target);
    }

    fn take_transport(&mut self, transport: &Transport) {
        let words = &mut self.words.0;
        match *transport {
            Transport::Tcp {
                source,
                target,
                flags,
                ..
            } => {
                words[4] |= u64::from(source);
                words[5] |= u64::from(target);
                if flags & (tcp::SYN | tcp::ACK) != tcp::SYN {
                    words[6] |= ESTABLISHED;
                }
            }
            Transport::Udp { source, target } => {
                words[4] |= u64::from(source);
                words[5] |= u64::from(target);
            }
            Transport::None | Transport::Icmpv4 { .. } | Transport::Icmpv6 { .. } => {}
        }
    }
}

const fn is_nobody(address: Ipv4Addr) -> bool {
    address.is_unspecified() || address.is_broadcast()
}

const fn kind_of(facts: &Facts) -> Kind {
    match (&facts.network, &facts.transport) {
        (Network::Other | Network::Bpdu { .. }, _) => Kind::Other,
        (Network::Arp(_), _) => Kind::Arp,
        (Network::Ipv4(_), Transport::Tcp { .. }) => Kind::Tcp4,
        (Network::Ipv4(_), Transport::Udp { .. }) => Kind::Udp4,
        (Network::Ipv4(_), _) => Kind::Ipv4,
        (Network::Ipv6(_), Transport::Tcp { .. }) => Kind::Tcp6,
        (Network::Ipv6(_), Transport::Udp { .. }) => Kind::Udp6,
        (Network::Ipv6(_), _) => Kind::Ipv6,
    }
}

fn mac_word(mac: [u8; 6]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..6].copy_from_slice(&mac);
    u64::from_be_bytes(bytes)
}

const fn halves(bits: u128) -> (u64, u64) {
    ((bits >> 64) as u64, bits as u64)
}

/// The conditions of a rule that are equalities under a mask: what a frame has to have, and the mask.
/// Users and ranges of ports are not among them.
pub(super) fn conditions(rule: &Rule) -> (Words, Words) {
    let (mut wanted, mut mask) = (Words::default(), Words::default());
    for (place, block) in [(0, rule.source), (2, rule.target)] {
        let (value, cover) = match block {
            None => continue,
            Some(Block::V4(value, cover)) => {
                (u128::from(value.to_bits()), u128::from(cover.to_bits()))
            }
            Some(Block::V6(value, cover)) => (value.to_bits(), cover.to_bits()),
        };
        (wanted.0[place], wanted.0[place + 1]) = halves(value);
        (mask.0[place], mask.0[place + 1]) = halves(cover);
    }
    for (place, mac, ports) in [
        (4, rule.source_mac, rule.source_ports),
        (5, rule.target_mac, rule.target_ports),
    ] {
        if let Some((value, cover)) = mac {
            wanted.0[place] = mac_word(value);
            mask.0[place] = mac_word(cover);
        }
        if let Some((first, last)) = ports
            && first == last
        {
            wanted.0[place] |= u64::from(first);
            mask.0[place] |= PORT;
        }
    }
    if rule.protocol != 0 {
        wanted.0[6] = u64::from(rule.protocol);
        mask.0[6] = 0xff;
    }
    if let Some(state) = rule.tcp_state {
        mask.0[6] |= STATE;
        if state == TcpState::Established {
            wanted.0[6] |= ESTABLISHED;
        }
    }
    (wanted.masked(&mask), mask)
}

/// The kinds of frames that a rule can match.
pub(super) fn kinds(rule: &Rule) -> Kinds {
    let (ip, tcp, udp) = if rule.ipv6 {
        (Kind::Ipv6, Kind::Tcp6, Kind::Udp6)
    } else {
        (Kind::Ipv4, Kind::Tcp4, Kind::Udp4)
    };
    let with_ports = tcp.bit() | udp.bit();
    if rule.tcp_state.is_some() {
        tcp.bit()
    } else if rule.source_ports.is_some() || rule.target_ports.is_some() {
        with_ports
    } else if rule.protocol != 0 {
        with_ports | ip.bit()
    } else if rule.source.is_some() || rule.target.is_some() {
        let arp = if rule.ipv6 { 0 } else { Kind::Arp.bit() };
        with_ports | ip.bit() | arp
    } else {
        Kinds::MAX
    }
}
