//! A super-frame that grows.

use super::arrival::{FlowKey, Segment, pseudo};
use super::checksum::InternetSum;
use super::layers::{IPV4, Layers, PSH, Protocol, Version, put, read_u32};
use super::virtio::{
    GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CHECKSUM, Packet, VIRTIO_HEADER_BYTES, VirtioHeader,
};

/// Segments of a super-frame; the kernel's limit for UDP, and more than fit at usual sizes of TCP.
const MOST_SEGMENTS: u32 = 64;
/// Bytes of its IP packet.
const LONGEST_PACKET: usize = u16::MAX as usize;

/// Frames of one flow, joined so far.
pub(super) struct Flow {
    pub(super) key: FlowKey,
    layers: Layers,
    segment_size: usize,
    count: u32,
    next_sequence: u32,
    identification: u16,
    /// What the identification grows by from segment to segment: 1, or 0 where it means nothing.
    step: u16,
    /// Room for the virtio header, the first frame, the payload of the others.
    buffer: Vec<u8>,
}

impl Flow {
    /// With one frame so far. `buffer` is memory only; what is in it goes.
    pub(super) fn begin(
        key: FlowKey,
        segment: &Segment,
        packet: &Packet<'_>,
        mut buffer: Vec<u8>,
    ) -> Self {
        lay_alone(packet, &mut buffer);
        Self {
            key,
            layers: segment.layers,
            segment_size: segment.payload,
            count: 1,
            next_sequence: sequence(packet.bytes, segment).wrapping_add(segment.payload as u32),
            identification: segment.identification,
            step: 1,
            buffer,
        }
    }

    /// The frame continues the super-frame, and cutting it again would give the same frames.
    pub(super) fn fits(&self, segment: &Segment, frame: &[u8]) -> bool {
        segment.layers == self.layers
            && segment.payload <= self.segment_size
            && self.frame().len() - self.layers.network + segment.payload <= LONGEST_PACKET
            && self.identification_fits(segment)
            && self.network_fits(frame)
            && match self.layers.protocol {
                Protocol::Tcp => self.tcp_fits(segment, frame),
                Protocol::Udp => true,
            }
    }

    /// Appends a frame that fits. True: nothing more can follow.
    pub(super) fn join(&mut self, segment: &Segment, frame: &[u8]) -> bool {
        self.step = segment.identification.wrapping_sub(self.identification);
        self.identification = segment.identification;
        self.next_sequence = self.next_sequence.wrapping_add(segment.payload as u32);
        self.count += 1;
        self.buffer.extend_from_slice(&frame[self.layers.payload..]);
        if segment.is_pushed {
            self.frame_mut()[segment.layers.transport + 13] |= PSH;
        }
        segment.is_pushed || segment.payload < self.segment_size || self.count == MOST_SEGMENTS
    }

    /// Hands it over; gives back the memory.
    pub(super) fn finish(mut self, out: &mut impl FnMut(&[u8])) -> Vec<u8> {
        if self.count > 1 {
            self.patch();
        }
        out(&self.buffer);
        self.buffer
    }

    fn frame(&self) -> &[u8] {
        &self.buffer[VIRTIO_HEADER_BYTES..]
    }

    fn frame_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[VIRTIO_HEADER_BYTES..]
    }

    fn identification_fits(&self, segment: &Segment) -> bool {
        let step = segment.identification.wrapping_sub(self.identification);
        match self.count {
            1 => step == 1 || (step == 0 && segment.is_atomic),
            _ => step == self.step,
        }
    }

    /// Link header and IP header are the same, but for what differs from segment to segment.
    fn network_fits(&self, frame: &[u8]) -> bool {
        let (held, network) = (self.frame(), self.layers.network);
        let same = |from: usize, to: usize| held[from..to] == frame[from..to];
        match self.layers.version {
            Version::V4 => {
                same(0, network + 2)
                    && same(network + 6, network + 10)
                    && same(network + 12, network + IPV4)
            }
            Version::V6 => same(0, network + 4) && same(network + 6, self.layers.transport),
        }
    }

    /// In sequence, and of the header the same acknowledgement, window, urgent pointer and options. The flags of
    /// both are known to be the same, but for PSH.
    fn tcp_fits(&self, segment: &Segment, frame: &[u8]) -> bool {
        let (held, transport) = (self.frame(), self.layers.transport);
        let same = |from: usize, to: usize| held[from..to] == frame[from..to];
        sequence(frame, segment) == self.next_sequence
            && same(transport + 8, transport + 13)
            && same(transport + 14, transport + 16)
            && same(transport + 18, self.layers.payload)
    }

    /// Makes the headers those of a super-frame.
    fn patch(&mut self) {
        let (layers, segment_size) = (self.layers, self.segment_size as u16);
        let frame = self.frame_mut();
        let transport = layers.transport;
        patch_network(frame, &layers);
        if layers.protocol == Protocol::Udp {
            let length = (frame.len() - transport) as u16;
            put(frame, transport + 4, length.to_be_bytes());
        }
        let partial = pseudo(frame, &layers).partial();
        put(frame, layers.checksum(), partial);
        let header = VirtioHeader {
            flags: NEEDS_CHECKSUM,
            gso_type: match (layers.protocol, layers.version) {
                (Protocol::Tcp, Version::V4) => GSO_TCPV4,
                (Protocol::Tcp, Version::V6) => GSO_TCPV6,
                (Protocol::Udp, _) => GSO_UDP_L4,
            },
            header_length: layers.payload as u16,
            segment_size,
            checksum_start: transport as u16,
            checksum_offset: layers.protocol.checksum_offset() as u16,
        };
        put(&mut self.buffer, 0, header.write());
    }
}

fn patch_network(frame: &mut [u8], layers: &Layers) {
    let network = layers.network;
    match layers.version {
        Version::V4 => {
            let length = (frame.len() - network) as u16;
            put(frame, network + 2, length.to_be_bytes());
            put(frame, network + 10, [0, 0]);
            let header = &frame[network..layers.transport];
            let checksum = InternetSum::default().bytes(header).complete();
            put(frame, network + 10, checksum);
        }
        Version::V6 => {
            let length = (frame.len() - layers.transport) as u16;
            put(frame, network + 4, length.to_be_bytes());
        }
    }
}

/// Of TCP; UDP has none.
fn sequence(frame: &[u8], segment: &Segment) -> u32 {
    match segment.layers.protocol {
        Protocol::Tcp => read_u32(frame, segment.layers.transport + 4),
        Protocol::Udp => 0,
    }
}

/// A frame behind its header.
pub(super) fn lay_alone(packet: &Packet<'_>, buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.extend_from_slice(&packet.header.write());
    buffer.extend_from_slice(packet.bytes);
}
