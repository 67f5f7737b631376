//! One entry of an access list, as an administrator wrote it.

use super::treatment::Treatment;
use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// One entry. What is `None`, `Any` or 0 matches everything.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// The lowest is looked at first.
    pub priority: u32,
    /// What matches is dropped, else passed.
    pub discard: bool,
    /// Else it matches nothing; its place in the list counts all the same.
    pub active: bool,
    /// It is for IPv6, as far as it says anything of layer 3 or 4; else for IPv4.
    pub ipv6: bool,
    /// From.
    pub source: Option<Block>,
    /// To.
    pub target: Option<Block>,
    /// Number of the protocol inside IP; 0: any.
    pub protocol: u8,
    /// First and last, of TCP or UDP.
    pub source_ports: Option<(u16, u16)>,
    /// First and last, of TCP or UDP.
    pub target_ports: Option<(u16, u16)>,
    /// Who sends.
    pub source_user: Who,
    /// Who gets it.
    pub target_user: Who,
    /// Ethernet address and mask.
    pub source_mac: Option<([u8; 6], [u8; 6])>,
    /// Ethernet address and mask.
    pub target_mac: Option<([u8; 6], [u8; 6])>,
    /// Only TCP.
    pub tcp_state: Option<TcpState>,
    /// What becomes of a frame that it passes.
    pub treatment: Treatment,
}

/// Addresses: those that are equal to the first where the second, the mask, has ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// IPv4.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6.
    V6(Ipv6Addr, Ipv6Addr),
}

/// Kinds of TCP segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpState {
    /// All that don't begin a connection.
    Established,
    /// Those that do: SYN without ACK.
    Beginning,
}

/// Whom an entry is about. Names are folded, as those of ports are.
#[derive(Clone, Debug, Default)]
pub enum Who {
    /// Everybody.
    #[default]
    Any,
    /// A user, or all users of a group.
    Name(Arc<str>),
    /// Clients whose user is in the list. Entries that share one list share the memory too.
    Listed(Arc<HashSet<Box<str>>>),
    /// Clients whose user is not.
    NotListed(Arc<HashSet<Box<str>>>),
}

impl Who {
    pub(super) const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

/// The name without the domain that NT puts in front of it or behind it.
pub fn bare_name(name: &str) -> &str {
    let name = name.trim();
    let name = name.rsplit_once('\\').map_or(name, |(_, name)| name);
    name.split_once('@').map_or(name, |(name, _)| name)
}
