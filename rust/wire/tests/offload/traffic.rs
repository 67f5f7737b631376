//! Frames of flows, made and checked with plain arithmetic of their own.

use etherloom_wire::offload::{
    GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CHECKSUM, VIRTIO_HEADER_BYTES, VirtioHeader,
    segment,
};
use proptest::prelude::*;

pub const FIN: u8 = 0x01;
pub const PSH: u8 = 0x08;
pub const ACK: u8 = 0x10;
pub const CWR: u8 = 0x80;

/// What a super-frame is made of.
#[derive(Clone, Debug)]
pub struct Shape {
    pub tags: usize,
    pub v6: bool,
    pub udp: bool,
    /// Bytes of TCP options.
    pub options: usize,
    pub flags: u8,
    pub port: u16,
    pub identification: u16,
    /// IPv4 may not fragment it.
    pub whole: bool,
    pub sequence: u32,
    pub segment_size: usize,
    pub payload: Vec<u8>,
}

impl Shape {
    pub fn network(&self) -> usize {
        14 + 4 * self.tags
    }

    pub fn transport(&self) -> usize {
        self.network() + if self.v6 { 40 } else { 20 }
    }

    pub fn headers(&self) -> usize {
        self.transport() + if self.udp { 8 } else { 20 + self.options }
    }

    pub fn checksum_offset(&self) -> usize {
        if self.udp { 6 } else { 16 }
    }

    pub fn segments(&self) -> usize {
        self.payload.len().div_ceil(self.segment_size).max(1)
    }

    pub fn header(&self) -> VirtioHeader {
        VirtioHeader {
            flags: NEEDS_CHECKSUM,
            gso_type: match (self.udp, self.v6) {
                (true, _) => GSO_UDP_L4,
                (false, false) => GSO_TCPV4,
                (false, true) => GSO_TCPV6,
            },
            header_length: self.headers() as u16,
            segment_size: self.segment_size as u16,
            checksum_start: self.transport() as u16,
            checksum_offset: self.checksum_offset() as u16,
        }
    }

    /// With a partial checksum.
    pub fn frame(&self) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
        for tag in 0..self.tags {
            frame.extend([0x81, 0, 0, tag as u8 + 1]);
        }
        let length = self.headers() - self.transport() + self.payload.len();
        if self.v6 {
            self.append_v6(&mut frame, length);
        } else {
            self.append_v4(&mut frame, length);
        }
        let partial = fold(self.pseudo(&frame, length)).to_be_bytes();
        frame.extend(self.port.to_be_bytes());
        frame.extend([0x01, 0xbb]);
        if self.udp {
            frame.extend((length as u16).to_be_bytes());
            frame.extend(partial);
        } else {
            frame.extend(self.sequence.to_be_bytes());
            frame.extend([0, 0, 0, 7, (20 + self.options as u8) << 2, self.flags, 1, 2]);
            frame.extend(partial);
            frame.extend([0, 0]);
            frame.extend((0..self.options).map(|place| place as u8));
        }
        frame.extend(&self.payload);
        frame
    }

    fn append_v4(&self, frame: &mut Vec<u8>, length: usize) {
        frame.extend([8, 0, 0x45, 2]);
        frame.extend((20 + length as u16).to_be_bytes());
        frame.extend(self.identification.to_be_bytes());
        frame.extend([u8::from(self.whole) << 6, 0, 64, self.protocol(), 0, 0]);
        frame.extend([10, 0, 0, 1, 10, 0, 0, 2]);
        let network = self.network();
        let checksum = !fold(sum(&frame[network..]));
        frame[network + 10..network + 12].copy_from_slice(&checksum.to_be_bytes());
    }

    fn append_v6(&self, frame: &mut Vec<u8>, length: usize) {
        frame.extend([0x86, 0xdd, 0x60, 0x31, 0x23, 0x45]);
        frame.extend((length as u16).to_be_bytes());
        frame.extend([self.protocol(), 64]);
        frame.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        frame.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    }

    fn protocol(&self) -> u8 {
        if self.udp { 17 } else { 6 }
    }

    fn pseudo(&self, frame: &[u8], length: usize) -> u32 {
        let addresses = if self.v6 { 32 } else { 8 };
        let begin = self.transport() - addresses;
        sum(&frame[begin..self.transport()]) + u32::from(self.protocol()) + length as u32
    }

    /// The IP header's and the transport's checksum of a complete frame of this shape are right.
    pub fn is_intact(&self, frame: &[u8]) -> bool {
        let length = frame.len() - self.transport();
        let whole = sum(&frame[self.transport()..]) + self.pseudo(frame, length);
        let header = sum(&frame[self.network()..self.transport()]);
        fold(whole) == 0xffff && (self.v6 || fold(header) == 0xffff)
    }

    /// A complete frame of this shape as a device that leaves checksums to others has it.
    pub fn partial(&self, frame: &[u8]) -> (VirtioHeader, Vec<u8>) {
        let header = VirtioHeader {
            gso_type: GSO_NONE,
            segment_size: 0,
            ..self.header()
        };
        let mut frame = frame.to_vec();
        let place = self.transport() + self.checksum_offset();
        let sum = fold(self.pseudo(&frame, frame.len() - self.transport()));
        frame[place..place + 2].copy_from_slice(&sum.to_be_bytes());
        (header, frame)
    }

    pub fn cut(&self) -> Vec<Vec<u8>> {
        cut(&self.header(), &self.frame())
    }
}

pub fn shape() -> impl Strategy<Value = Shape> {
    let kind = (0_usize..3, any::<bool>(), any::<bool>(), 0_usize..4);
    let numbers = (any::<u16>(), any::<u16>(), any::<bool>(), any::<u32>());
    let flags = prop_oneof![Just(0), Just(PSH), any::<u8>()];
    let sizes = (1_usize..1500, 1_usize..64);
    let payload = (any::<u8>(), sizes, 0_usize..1500);
    (kind, numbers, flags, payload).prop_map(
        |((tags, v6, udp, options), numbers, flags, (seed, (segment_size, segments), less))| {
            let most = segments * segment_size;
            let length = most.saturating_sub(less % segment_size).clamp(1, 65_000);
            Shape {
                tags,
                v6,
                udp,
                options: options * 4,
                flags: flags | ACK,
                port: numbers.0,
                identification: numbers.1,
                whole: numbers.2,
                sequence: numbers.3,
                segment_size,
                payload: (0..length)
                    .map(|place| (place * 31 / 7) as u8 ^ seed)
                    .collect(),
            }
        },
    )
}

pub fn cut(header: &VirtioHeader, frame: &[u8]) -> Vec<Vec<u8>> {
    let mut segments = Vec::new();
    let mut sink = |segment: &[u8]| segments.push(segment.to_vec());
    segment(header, frame, &mut Vec::new(), &mut sink).expect("a sound super-frame");
    segments
}

/// What came out of a coalescer.
pub fn split(bytes: &[u8]) -> (VirtioHeader, &[u8]) {
    let (header, frame) = bytes
        .split_first_chunk::<VIRTIO_HEADER_BYTES>()
        .expect("a header");
    (VirtioHeader::read(header), frame)
}

pub fn sum(bytes: &[u8]) -> u32 {
    let words = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    words.sum()
}

pub fn fold(sum: u32) -> u16 {
    match (sum % 0xffff, sum) {
        (0, 0) => 0,
        (0, _) => 0xffff,
        (rest, _) => rest as u16,
    }
}
