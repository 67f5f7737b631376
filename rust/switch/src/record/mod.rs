//! What a hub writes down of a frame: whether at all, how much of it is needed for that, and the line itself.
//!
//! Columns and their texts are the original's, since log tools read them. Takes any bytes; a line never holds what
//! could end it, and never a comma inside a column.

mod application;
mod columns;
mod csv;
mod dns;
mod http;
mod icmpv6;
mod ike;
mod json;
mod services;
#[cfg(test)]
mod tests;
mod text;
mod tls;

pub use application::Application;
pub use columns::{Columns, End};
pub use csv::Style;
pub use json::write_json;
pub use services::Services;

use crate::facts::{Facts, Network, Transport, ethertype, tcp};
use std::net::IpAddr;

/// Bytes of payload that are looked at: a request or a hello that says what is asked for later than this is not told.
const MOST_PAYLOAD: usize = 4_096;
/// What begins, breaks off or ends a connection.
const TURNING_POINTS: u8 = tcp::SYN | tcp::RST | tcp::FIN;

/// How much of a frame is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    #[default]
    Nothing,
    /// What its headers say.
    Headers,
    /// And all its bytes.
    All,
}

impl Level {
    /// By its number in settings; what is more than all is all.
    pub const fn of(number: u8) -> Self {
        match number {
            0 => Self::Nothing,
            1 => Self::Headers,
            _ => Self::All,
        }
    }
}

/// How much is written down of which frames. One that is of several kinds gets the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketLogRules {
    /// TCP that begins, breaks off or ends a connection; requests by name.
    pub tcp_connections: Level,
    /// TCP.
    pub tcp: Level,
    /// DHCP.
    pub dhcp: Level,
    /// UDP.
    pub udp: Level,
    /// ICMP.
    pub icmp: Level,
    /// IPv4 and IPv6.
    pub ip: Level,
    /// ARP.
    pub arp: Level,
    /// Everything.
    pub ethernet: Level,
    /// Nothing of IPv4 and ARP.
    pub no_ipv4: bool,
    /// Nothing of IPv6.
    pub no_ipv6: bool,
    /// HTTP and TLS are not looked into.
    pub no_http: bool,
}

impl PacketLogRules {
    /// By the levels of the eight kinds, in the order of settings.
    pub fn of_levels(levels: [u8; 8]) -> Self {
        let [tcp_connections, tcp, dhcp, udp, icmp, ip, arp, ethernet] = levels.map(Level::of);
        Self {
            tcp_connections,
            tcp,
            dhcp,
            udp,
            icmp,
            ip,
            arp,
            ethernet,
            ..Self::default()
        }
    }

    /// How much of this frame is written down.
    pub fn level(&self, facts: &Facts, frame: &[u8]) -> Level {
        match facts.network {
            Network::Ipv4(_) if !self.no_ipv4 => self.level_of_ip(facts, frame),
            Network::Ipv6(_) if !self.no_ipv6 => self.level_of_ip(facts, frame),
            Network::Ipv4(_) | Network::Ipv6(_) => Level::Nothing,
            Network::Arp(_) | Network::Other if facts.header.ethertype == ethertype::ARP => {
                if self.no_ipv4 {
                    Level::Nothing
                } else {
                    self.ethernet.max(self.arp)
                }
            }
            Network::Arp(_) | Network::Other | Network::Bpdu { .. } => self.ethernet,
        }
    }

    fn level_of_ip(&self, facts: &Facts, frame: &[u8]) -> Level {
        let of_transport = match facts.transport {
            Transport::Tcp { flags, .. } => {
                let turns = flags & TURNING_POINTS != 0;
                self.tcp
                    .max(self.of_connection(|| turns || self.asks(facts, frame)))
            }
            Transport::Udp { .. } => self.udp.max(self.level_of_udp(facts, frame)),
            Transport::Icmpv4 { .. } | Transport::Icmpv6 { .. } => self.icmp,
            Transport::None => Level::Nothing,
        };
        self.ethernet.max(self.ip).max(of_transport)
    }

    fn level_of_udp(&self, facts: &Facts, frame: &[u8]) -> Level {
        if self.dhcp.max(self.tcp_connections) <= self.udp {
            return Level::Nothing;
        }
        match self.application(facts, frame) {
            Application::Dhcp(_) => self.dhcp,
            Application::None => Level::Nothing,
            _ => self.tcp_connections,
        }
    }

    /// The level of connections if `is_one`, which is asked only where that makes a difference.
    fn of_connection(&self, is_one: impl FnOnce() -> bool) -> Level {
        if self.tcp_connections > self.tcp && is_one() {
            self.tcp_connections
        } else {
            Level::Nothing
        }
    }

    fn asks(&self, facts: &Facts, frame: &[u8]) -> bool {
        !matches!(self.application(facts, frame), Application::None)
    }

    /// What the frame asks for, as far as it is looked into.
    pub fn application<'a>(&self, facts: &Facts, frame: &'a [u8]) -> Application<'a> {
        Application::of(facts, frame, self.no_http)
    }
}

/// So many of a frame's first bytes are enough for its line.
pub fn needed(facts: &Facts, frame: &[u8], level: Level) -> usize {
    let length = facts.length.min(frame.len());
    match level {
        Level::Nothing => 0,
        Level::Headers => length.min(facts.payload.min(frame.len()) + payload_needed(facts)),
        Level::All => length,
    }
}

/// Headers of ICMP are part of its payload.
fn payload_needed(facts: &Facts) -> usize {
    match facts.transport {
        Transport::Tcp { flags, target, .. } => {
            if flags & TURNING_POINTS == 0 && application::is_looked_into(target) {
                MOST_PAYLOAD
            } else {
                0
            }
        }
        Transport::Udp { .. } | Transport::Icmpv4 { .. } | Transport::Icmpv6 { .. } => 512,
        Transport::None => 0,
    }
}

/// Who a frame came from, and whom it went to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parties<'a> {
    /// Session.
    pub source: &'a str,
    /// Session; none where it was flooded.
    pub target: Option<&'a str>,
    /// Where the source's client is.
    pub source_address: Option<IpAddr>,
    /// Where the target's client is.
    pub target_address: Option<IpAddr>,
}
