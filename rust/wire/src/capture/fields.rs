//! The fields of a frame that filters and summaries know. Takes any bytes: what is cut off or odd is not there.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const TAGS: [u16; 2] = [0x8100, 0x88a8];
const MOST_TAGS: usize = 2;
pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
pub(super) const ARP: u16 = 0x0806;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
const SCTP: u8 = 132;
const FRAGMENT: u8 = 44;
/// Hop-by-hop options, routing, destination options.
const EXTENSIONS: [u8; 3] = [0, 43, 60];
const MOST_EXTENSIONS: usize = 8;

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// Bytes of the frame.
    pub length: usize,
    /// Destination and source; None in less than a header.
    pub macs: Option<([u8; 6], [u8; 6])>,
    /// Of the outer tag.
    pub vlan: Option<u16>,
    /// Behind the tags.
    pub ethertype: Option<u16>,
    /// Source and destination of IP; of ARP, the sender's and the target's.
    pub addresses: Option<(IpAddr, IpAddr)>,
    /// What IP carries, behind extension headers.
    pub protocol: Option<u8>,
    /// Source and destination of TCP, UDP and SCTP; not in later fragments.
    pub ports: Option<(u16, u16)>,
}

impl Fields {
    /// Look at a frame.
    pub fn of(frame: &[u8]) -> Self {
        let mut fields = Self {
            length: frame.len(),
            ..Self::default()
        };
        let Some((macs, rest)) = frame.split_first_chunk::<12>() else {
            return fields;
        };
        let (mut target, mut source) = ([0; 6], [0; 6]);
        target.copy_from_slice(&macs[..6]);
        source.copy_from_slice(&macs[6..]);
        fields.macs = Some((target, source));
        if let Some(packet) = fields.read_ethertype(rest) {
            match fields.ethertype {
                Some(IPV4) => fields.read_ipv4(packet),
                Some(IPV6) => fields.read_ipv6(packet),
                Some(ARP) => fields.read_arp(packet),
                _ => None,
            };
        }
        fields
    }

    fn read_ethertype<'a>(&mut self, mut rest: &'a [u8]) -> Option<&'a [u8]> {
        for _ in 0..=MOST_TAGS {
            let ethertype = number(rest, 0)?;
            if !TAGS.contains(&ethertype) {
                self.ethertype = Some(ethertype);
                return Some(&rest[2..]);
            }
            let tag = number(rest, 2)?;
            self.vlan = self.vlan.or(Some(tag & 0x0fff));
            rest = &rest[4..];
        }
        None
    }

    fn read_ipv4(&mut self, packet: &[u8]) -> Option<()> {
        let header = packet.first_chunk::<20>()?;
        let length = usize::from(header[0] & 0x0f) * 4;
        let address = |place: usize| -> IpAddr {
            Ipv4Addr::new(
                header[place],
                header[place + 1],
                header[place + 2],
                header[place + 3],
            )
            .into()
        };
        self.addresses = Some((address(12), address(16)));
        self.protocol = Some(header[9]);
        let is_first = matches!(number(packet, 6)? & 0x1fff, 0);
        self.read_ports(packet.get(length.max(20)..)?, is_first)
    }

    fn read_ipv6(&mut self, packet: &[u8]) -> Option<()> {
        let (header, mut rest) = packet.split_first_chunk::<40>()?;
        let address = |place: usize| -> IpAddr {
            let mut octets = [0; 16];
            octets.copy_from_slice(&header[place..place + 16]);
            Ipv6Addr::from(octets).into()
        };
        self.addresses = Some((address(8), address(24)));
        let (mut next, mut is_first) = (header[6], true);
        for _ in 0..MOST_EXTENSIONS {
            let length = match next {
                FRAGMENT => {
                    is_first &= number(rest, 2)? & 0xfff8 == 0;
                    8
                }
                _ if EXTENSIONS.contains(&next) => (usize::from(*rest.get(1)?) + 1) * 8,
                _ => break,
            };
            next = *rest.first()?;
            rest = rest.get(length..)?;
            if !is_first {
                // What follows is the middle of something.
                break;
            }
        }
        self.protocol = Some(next);
        self.read_ports(rest, is_first)
    }

    fn read_ports(&mut self, segment: &[u8], is_first: bool) -> Option<()> {
        if is_first && matches!(self.protocol, Some(TCP | UDP | SCTP)) {
            self.ports = Some((number(segment, 0)?, number(segment, 2)?));
        }
        Some(())
    }

    /// Only of IPv4 addresses.
    fn read_arp(&mut self, packet: &[u8]) -> Option<()> {
        let body = packet.first_chunk::<28>()?;
        if body[2..6] != [0x08, 0x00, 6, 4] {
            return None;
        }
        let address = |place: usize| -> IpAddr {
            Ipv4Addr::new(
                body[place],
                body[place + 1],
                body[place + 2],
                body[place + 3],
            )
            .into()
        };
        self.addresses = Some((address(14), address(24)));
        Some(())
    }
}

fn number(bytes: &[u8], place: usize) -> Option<u16> {
    let pair = bytes.get(place..place + 2)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}

/// One line for people.
impl fmt::Display for Fields {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((target, source)) = self.macs else {
            return write!(out, "{} bytes, no Ethernet header", self.length);
        };
        write!(out, "{} > {}", Mac(source), Mac(target))?;
        if let Some(vlan) = self.vlan {
            write!(out, " vlan {vlan}")?;
        }
        match self.ethertype {
            Some(IPV4) => write!(out, " IPv4")?,
            Some(IPV6) => write!(out, " IPv6")?,
            Some(ARP) => write!(out, " ARP")?,
            Some(other) => write!(out, " ethertype {other:#06x}")?,
            None => write!(out, " cut")?,
        }
        self.write_addresses(out)?;
        write!(out, ", {} bytes", self.length)
    }
}

impl Fields {
    fn write_addresses(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((from, to)) = self.addresses {
            match self.ports {
                Some((source, target)) => {
                    write!(out, " {from} port {source} > {to} port {target}")?;
                }
                None => write!(out, " {from} > {to}")?,
            }
        }
        match self.protocol {
            Some(TCP) => write!(out, " TCP"),
            Some(UDP) => write!(out, " UDP"),
            Some(1 | 58) => write!(out, " ICMP"),
            Some(other) => write!(out, " protocol {other}"),
            None => Ok(()),
        }
    }
}

struct Mac([u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, octet) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(out, "{colon}{octet:02x}")?;
        }
        Ok(())
    }
}
