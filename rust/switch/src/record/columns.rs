//! What a line says of a frame, before it is written one way or another.

use super::application::Application;
use super::text::{push_hex, push_item, put};
use super::{Level, PacketLogRules, TURNING_POINTS, icmpv6};
use crate::facts::{Arp, Dhcp, Facts, Network, Transport, ethertype, tcp};
use std::borrow::Cow;
use std::net::IpAddr;

const FLAGS: [(u8, &str); 6] = [
    (tcp::FIN, "FIN"),
    (tcp::SYN, "SYN"),
    (tcp::RST, "RST"),
    (tcp::PSH, "PSH"),
    (tcp::ACK, "ACK"),
    (tcp::URG, "URG"),
];
/// ICMP of IPv4.
const ECHO_REPLY: u8 = 0;
const ECHO_REQUEST: u8 = 8;

/// An address, and a port where there is one.
pub type End = (IpAddr, Option<u16>);

/// The columns that depend on the frame. Empty texts stand for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns<'a> {
    /// Station it came from.
    pub source: [u8; 6],
    /// Station it goes to.
    pub target: [u8; 6],
    /// Type, or length, of the frame itself.
    pub ethertype: u16,
    /// Bytes without padding.
    pub size: usize,
    /// What it is.
    pub kind: Cow<'static, str>,
    /// What it does.
    pub detail: Cow<'static, str>,
    /// From and to, by IP.
    pub ends: Option<[End; 2]>,
    /// The ports are UDP's.
    pub is_udp: bool,
    /// TCP's sequence number and acknowledgement.
    pub sequence: Option<[u32; 2]>,
    /// What more there is to say.
    pub note: String,
    /// The whole frame, where it is told.
    pub frame: &'a [u8],
}

impl<'a> Columns<'a> {
    /// Of a frame; as many of its first bytes as [`needed`](super::needed) says are enough.
    pub fn of(rules: &PacketLogRules, facts: &Facts, frame: &'a [u8], level: Level) -> Self {
        let whole = &frame[..facts.length.min(frame.len())];
        let mut columns = Self {
            source: facts.header.src,
            target: facts.header.dst,
            ethertype: facts.outer_type,
            size: facts.length,
            kind: "".into(),
            detail: "".into(),
            ends: None,
            is_udp: false,
            sequence: None,
            note: String::new(),
            frame: if level == Level::All { whole } else { &[] },
        };
        match facts.network {
            Network::Bpdu { .. } => {}
            Network::Other if facts.header.ethertype == ethertype::ARP => {
                columns.kind = "ARPv4".into();
            }
            Network::Other if facts.is_tagged() => {}
            Network::Other => columns.kind = format!("Proto=0x{:04X}", facts.outer_type).into(),
            Network::Arp(arp) => columns.take_arp(&arp),
            Network::Ipv4(ip) => {
                columns.ends = Some([(ip.source.into(), None), (ip.target.into(), None)]);
                let later = ip.is_later_fragment;
                columns.take_ip(rules, facts, whole, 4, (ip.protocol, later));
            }
            Network::Ipv6(ip) => {
                columns.ends = Some([(ip.source.into(), None), (ip.target.into(), None)]);
                let later = ip.is_later_fragment;
                columns.take_ip(rules, facts, whole, 6, (ip.protocol, later));
            }
        }
        columns
    }

    fn take_arp(&mut self, arp: &Arp) {
        self.kind = "ARPv4".into();
        let mut station = String::new();
        push_hex(&mut station, &arp.sender_mac);
        let (sender, target) = (arp.sender, arp.target);
        match arp.operation {
            1 => {
                self.detail = "Request".into();
                self.note = format!("Who has {target}? Please Tell {station}({sender})");
            }
            2 => {
                self.detail = "Response".into();
                self.note = format!("{station} has {sender}");
            }
            _ => {}
        }
    }

    fn take_ip(
        &mut self,
        rules: &PacketLogRules,
        facts: &Facts,
        frame: &[u8],
        version: u8,
        (protocol, is_later): (u8, bool),
    ) {
        match facts.transport {
            Transport::Tcp {
                source,
                target,
                flags,
                begin,
            } => {
                self.take_ports(source, target);
                self.take_tcp(flags, frame.get(begin..).unwrap_or(&[]), version);
                self.take_request(&rules.application(facts, frame));
            }
            Transport::Udp { source, target } => {
                self.take_ports(source, target);
                self.take_udp(&rules.application(facts, frame), version);
            }
            Transport::Icmpv4 { kind } => {
                self.kind = "ICMPv4".into();
                self.detail = match kind {
                    ECHO_REQUEST => "Echo Request".into(),
                    ECHO_REPLY => "Echo Reply".into(),
                    _ => "".into(),
                };
            }
            Transport::Icmpv6 { kind } => {
                self.kind = "ICMPv6".into();
                self.detail = match icmpv6::name(kind) {
                    Some(name) => name.into(),
                    None => format!("Type={kind}").into(),
                };
                let message = frame.get(facts.payload..).unwrap_or(&[]);
                let length = facts.length.saturating_sub(facts.payload);
                icmpv6::describe(kind, message, length, &mut self.note);
            }
            Transport::None => {
                let fragment = if is_later { "_Fragment" } else { "" };
                self.kind = format!("IPv{version}{fragment}(0x{protocol:02X})").into();
            }
        }
    }

    fn take_ports(&mut self, source: u16, target: u16) {
        if let Some([(_, from), (_, to)]) = &mut self.ends {
            (*from, *to) = (Some(source), Some(target));
        }
    }

    fn take_tcp(&mut self, flags: u8, header: &[u8], version: u8) {
        self.kind = match (flags & TURNING_POINTS != 0, version) {
            (true, 4) => "TCP_CONNECTv4",
            (true, _) => "TCP_CONNECTv6",
            (false, 4) => "TCP_DATAv4",
            (false, _) => "TCP_DATAv6",
        }
        .into();
        let set = FLAGS.iter().filter(|(flag, _)| flags & flag != 0);
        let names: Vec<_> = set.map(|(_, name)| *name).collect();
        self.detail = names.join("+").into();
        if let Some(fixed) = header.first_chunk::<16>() {
            let number = |place: usize| {
                u32::from_be_bytes(std::array::from_fn(|index| fixed[place + index]))
            };
            self.sequence = Some([number(4), number(8)]);
            let window = u16::from_be_bytes([fixed[14], fixed[15]]);
            put(&mut self.note, format_args!("WindowSize={window}"));
        }
    }

    fn take_request(&mut self, application: &Application<'_>) {
        match application {
            Application::Http(request) => {
                self.note.push(' ');
                request.describe(&mut self.note);
            }
            Application::Tls(name) => {
                self.note.push(' ');
                push_item(&mut self.note, "HttpMethod", &[b"SSL_Connect"]);
                push_item(&mut self.note, "HttpUrl", &[b"https://", name, b"/"]);
            }
            _ => {}
        }
    }

    fn take_udp(&mut self, application: &Application<'_>, version: u8) {
        self.is_udp = true;
        let name = match application {
            Application::Dhcp(dhcp) => return self.take_dhcp(dhcp),
            Application::Dns(query) => {
                self.detail = "DNS_Query".into();
                query.describe(&mut self.note);
                "DNS"
            }
            Application::OpenVpn => "OPENVPN_CONNECT",
            Application::Ike(ike) => {
                self.detail = ike.mode().into();
                ike.describe(&mut self.note);
                "IKE_CONNECT"
            }
            _ => "UDP",
        };
        self.kind = format!("{name}v{version}").into();
    }

    fn take_dhcp(&mut self, dhcp: &Dhcp) {
        self.kind = "DHCPv4".into();
        self.detail = if dhcp.operation == 1 {
            "Request".into()
        } else {
            "Response".into()
        };
        let [client, yours, server, relay] = dhcp.addresses;
        let transaction = dhcp.transaction;
        self.note = format!(
            "TransactionId={transaction} ClientIP={client} YourIP={yours} ServerIP={server} RelayIP={relay}"
        );
    }
}
