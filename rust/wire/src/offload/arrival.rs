//! What a frame that has come from a peer is to the coalescer.

use super::checksum::InternetSum;
use super::layers::{
    ACK, IPV4, IPV6, Layers, PSH, Protocol, RESERVED, Version, addresses, is_fragment, network,
    payload, read_u16,
};
use super::virtio::{Packet, VirtioHeader};

/// Both addresses of a packet; those of IPv4 are filled up with zeros.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair([u8; 32]);

/// What frames that mustn't overtake each other have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FlowKey {
    ports: [u8; 4],
    protocol: Protocol,
    pub(super) pair: Pair,
}

/// A frame, and what it must not overtake.
pub(super) enum Arrival {
    /// Not IP: nothing.
    Foreign,
    /// IP of which the ports aren't known: no flow between the same addresses.
    Portless(Pair),
    /// Whole TCP or UDP behind plain headers: its own flow.
    Ported(FlowKey, Layers),
}

impl Arrival {
    pub(super) fn of(frame: &[u8]) -> Self {
        let Some((network, version)) = network(frame) else {
            return Self::Foreign;
        };
        let mut pair = [0; 32];
        let both = addresses(frame, network, version);
        pair[..both.len()].copy_from_slice(both);
        let pair = Pair(pair);
        let Some(layers) = plain_layers(frame, network, version) else {
            return Self::Portless(pair);
        };
        let at = &frame[layers.transport..];
        let key = FlowKey {
            ports: [at[0], at[1], at[2], at[3]],
            protocol: layers.protocol,
            pair,
        };
        Self::Ported(key, layers)
    }
}

/// No options or extension headers of IP, no fragment.
fn plain_layers(frame: &[u8], network: usize, version: Version) -> Option<Layers> {
    let (transport, protocol) = match version {
        Version::V4 => {
            let is_plain = frame[network] == 0x45 && !is_fragment(frame, network);
            is_plain.then_some((network + IPV4, frame[network + 9]))?
        }
        Version::V6 => (network + IPV6, frame[network + 6]),
    };
    let protocol = Protocol::of(protocol)?;
    Some(Layers {
        network,
        transport,
        payload: payload(frame, transport, protocol)?,
        version,
        protocol,
    })
}

/// A frame that may be joined with others, as far as its headers say; see [`Segment::is_intact`] for the rest.
pub(super) struct Segment {
    pub(super) layers: Layers,
    pub(super) payload: usize,
    /// The sender wants it delivered: nothing is joined behind it.
    pub(super) is_pushed: bool,
    /// Of IPv4, else 0.
    pub(super) identification: u16,
    /// Its checksum is partial, so that nothing can be verified and cutting completes it.
    is_partial: bool,
    /// The identification has no meaning, since the packet is never fragmented (RFC 6864).
    pub(super) is_atomic: bool,
}

impl Segment {
    pub(super) fn of(packet: &Packet<'_>, layers: Layers) -> Option<Self> {
        let (frame, is_partial) = (packet.bytes, packet.header.needs_checksum());
        if is_partial && !is_where_it_belongs(&packet.header, &layers) {
            return None;
        }
        let network = layers.network;
        let length = match layers.version {
            Version::V4 => usize::from(read_u16(frame, network + 2)),
            Version::V6 => IPV6 + usize::from(read_u16(frame, network + 4)),
        };
        let may_join = match layers.protocol {
            Protocol::Tcp => is_plain_tcp(frame, &layers, is_partial),
            Protocol::Udp => is_sound_udp(frame, &layers, is_partial),
        };
        if length != frame.len() - network || frame.len() == layers.payload || !may_join {
            return None;
        }
        let (identification, is_atomic) = match layers.version {
            Version::V4 => (read_u16(frame, network + 4), frame[network + 6] & 0x40 != 0),
            Version::V6 => (0, true),
        };
        Some(Self {
            layers,
            payload: frame.len() - layers.payload,
            is_pushed: layers.protocol == Protocol::Tcp && frame[layers.transport + 13] & PSH != 0,
            identification,
            is_partial,
            is_atomic,
        })
    }

    /// All its checksums that are there are right, and the very ones that cutting would give it again.
    pub(super) fn is_intact(&self, frame: &[u8]) -> bool {
        let Layers {
            network, transport, ..
        } = self.layers;
        let header = &frame[network..transport];
        let is_right = self.layers.version == Version::V6
            || (InternetSum::default().bytes(header).is_right()
                && read_u16(header, 10) != u16::MAX);
        is_right
            && (self.is_partial
                || pseudo(frame, &self.layers)
                    .bytes(&frame[transport..])
                    .is_right())
    }
}

/// The sum of the pseudo-header of a frame that ends where its packet does.
pub(super) fn pseudo(frame: &[u8], layers: &Layers) -> InternetSum {
    InternetSum::default()
        .bytes(layers.addresses(frame))
        .number(u16::from(layers.protocol.number()))
        .number((frame.len() - layers.transport) as u16)
}

/// Nothing but data and an acknowledgement. A checksum of all ones, though right, would come back as zero.
fn is_plain_tcp(frame: &[u8], layers: &Layers, is_partial: bool) -> bool {
    let transport = layers.transport;
    frame[transport + 12] & RESERVED == 0
        && frame[transport + 13] & !PSH == ACK
        && (is_partial || read_u16(frame, layers.checksum()) != u16::MAX)
}

/// Has a checksum, and the length that it has to have.
fn is_sound_udp(frame: &[u8], layers: &Layers, is_partial: bool) -> bool {
    usize::from(read_u16(frame, layers.transport + 4)) == frame.len() - layers.transport
        && (is_partial || read_u16(frame, layers.checksum()) != 0)
}

fn is_where_it_belongs(header: &VirtioHeader, layers: &Layers) -> bool {
    usize::from(header.checksum_start) == layers.transport
        && usize::from(header.checksum_offset) == layers.protocol.checksum_offset()
}
