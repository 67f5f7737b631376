//! What a frame asks for, where its ports or its first bytes give that away.

use super::http::Http;
use super::ike::Ike;
use super::{MOST_PAYLOAD, TURNING_POINTS, dns, tls};
use crate::facts::{Dhcp, Facts, Transport};

const HTTP_PORTS: [u16; 3] = [80, 8080, 3128];
const TLS_PORT: u16 = 443;
const DNS_PORT: u16 = 53;
const IKE_PORTS: [u16; 2] = [500, 4500];
const OPENVPN_BYTES: usize = 14;
const OPENVPN_RESET: u8 = 0x38;

/// The layer above TCP and UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application<'a> {
    /// Nothing that is told.
    None,
    /// DHCP for IPv4.
    Dhcp(Dhcp),
    /// The name that is asked for.
    Dns(dns::Query<'a>),
    /// An HTTP request.
    Http(Http<'a>),
    /// The server that a TLS hello asks for.
    Tls(&'a [u8]),
    /// The first message of a client of `OpenVPN`.
    OpenVpn,
    /// The first message of an IKE client.
    Ike(Ike),
}

impl<'a> Application<'a> {
    pub(super) fn of(facts: &Facts, frame: &'a [u8], no_http: bool) -> Self {
        let end = facts.length.min(frame.len());
        let Some(payload) = frame.get(facts.payload..end) else {
            return Self::None;
        };
        let payload = &payload[..payload.len().min(MOST_PAYLOAD)];
        match facts.transport {
            Transport::Tcp { flags, target, .. }
                if !no_http && flags & TURNING_POINTS == 0 && is_looked_into(target) =>
            {
                Self::of_tcp(payload, target)
            }
            Transport::Udp { source, target } => match facts.dhcp(&frame[..end]) {
                Some(dhcp) => Self::Dhcp(dhcp),
                None => Self::of_udp(payload, source, target),
            },
            _ => Self::None,
        }
    }

    fn of_tcp(payload: &'a [u8], port: u16) -> Self {
        if port == TLS_PORT {
            tls::server_name(payload).map_or(Self::None, Self::Tls)
        } else {
            Http::read(payload, port).map_or(Self::None, Self::Http)
        }
    }

    fn of_udp(payload: &'a [u8], source: u16, target: u16) -> Self {
        if target == DNS_PORT {
            return dns::Query::read(payload).map_or(Self::None, Self::Dns);
        }
        if IKE_PORTS.contains(&source) || IKE_PORTS.contains(&target) {
            return Ike::read(payload).map_or(Self::None, Self::Ike);
        }
        if is_openvpn(payload) {
            Self::OpenVpn
        } else {
            Self::None
        }
    }
}

/// Requests to this TCP port are.
pub(super) fn is_looked_into(port: u16) -> bool {
    port == TLS_PORT || HTTP_PORTS.contains(&port)
}

fn is_openvpn(payload: &[u8]) -> bool {
    payload.len() == OPENVPN_BYTES
        && payload[0] == OPENVPN_RESET
        && payload[1..9] != [0; 8]
        && payload[9..] == [0; 5]
}
