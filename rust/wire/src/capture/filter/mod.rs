//! Which frames are meant: a small language of its own, `ip 10.0.0.0/8 and not (tcp and dst port 22)`.
//!
//! A filter comes from outside, so that length, depth and size are bounded; it has no loops and looks at fields only.

mod parse;
mod token;

use std::net::IpAddr;

use thiserror::Error;

use super::fields::Fields;

/// What is wrong, and where: `position` counts characters from 1.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("at character {position} of the filter: {problem}")]
pub struct FilterError {
    /// Where.
    pub position: usize,
    /// What.
    pub problem: String,
}

/// A compiled filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Node);

/// Which end of a frame a test is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Any,
    Source,
    Destination,
}

/// A tree of tests. Its depth is bounded by the parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Mac(End, [u8; 6]),
    Ethertype(u16),
    Tagged,
    Vlan(u16),
    Net(End, IpAddr, u8),
    Protocol(u8),
    Port(End, u16, u16),
    Group,
    Broadcast,
}

impl Filter {
    /// Compile a filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(Self)
    }

    /// Whether a frame with these fields is meant.
    pub fn matches(&self, fields: &Fields) -> bool {
        self.0.matches(fields)
    }
}

impl Node {
    fn matches(&self, fields: &Fields) -> bool {
        match self {
            Self::Not(inner) => !inner.matches(fields),
            Self::And(all) => all.iter().all(|node| node.matches(fields)),
            Self::Or(any) => any.iter().any(|node| node.matches(fields)),
            Self::Mac(end, mac) => {
                let ends = fields.macs.map(|(target, source)| (source, target));
                end.holds(ends, |found| found == mac)
            }
            Self::Ethertype(wanted) => fields.ethertype == Some(*wanted),
            Self::Tagged => fields.vlan.is_some(),
            Self::Vlan(wanted) => fields.vlan == Some(*wanted),
            Self::Net(end, net, length) => {
                end.holds(fields.addresses, |found| is_in(*found, *net, *length))
            }
            Self::Protocol(wanted) => fields.protocol == Some(*wanted),
            Self::Port(end, low, high) => {
                end.holds(fields.ports, |found| (low..=high).contains(&found))
            }
            Self::Group => fields.macs.is_some_and(|(target, _)| target[0] & 1 != 0),
            Self::Broadcast => fields.macs.is_some_and(|(target, _)| target == [0xff; 6]),
        }
    }
}

impl End {
    fn holds<T>(self, ends: Option<(T, T)>, test: impl Fn(&T) -> bool) -> bool {
        ends.is_some_and(|(source, target)| match self {
            Self::Any => test(&source) || test(&target),
            Self::Source => test(&source),
            Self::Destination => test(&target),
        })
    }
}

fn is_in(address: IpAddr, net: IpAddr, length: u8) -> bool {
    match (address, net) {
        (IpAddr::V4(address), IpAddr::V4(net)) => {
            let differing = u32::from(address) ^ u32::from(net);
            differing.leading_zeros() >= u32::from(length)
        }
        (IpAddr::V6(address), IpAddr::V6(net)) => {
            let differing = u128::from(address) ^ u128::from(net);
            differing.leading_zeros() >= u32::from(length)
        }
        _ => false,
    }
}
