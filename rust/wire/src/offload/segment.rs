//! Cutting super-frames, completing checksums.

use super::checksum::InternetSum;
use super::layers::{
    CWR, FIN, IPV4, IPV6, LONGEST_LINK, Layers, PSH, Protocol, Version, is_fragment, network,
    payload, put, read_u16, read_u32,
};
use super::virtio::{GSO_ECN, GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, VirtioHeader};
use thiserror::Error;

/// Bytes of the longest frame: an IP packet can't be longer, two VLAN tags may be before it.
pub const MAXIMUM_FRAME_BYTES: usize = LONGEST_LINK + u16::MAX as usize;

/// Into more segments than that nothing is cut: a full super-frame at 48 bytes, the least that Linux agrees to for
/// TCP. Else a few bytes of a header would be 65,000 frames.
pub const MAXIMUM_SEGMENTS: usize = (u16::MAX as usize).div_ceil(48);

/// Extension headers of IPv6 that are looked behind.
const MOST_EXTENSIONS: usize = 8;

/// Why a frame can't be made complete. Its virtio header lies, or one of its own.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum OffloadError {
    /// Longer than [`MAXIMUM_FRAME_BYTES`].
    #[error("a frame of {0} bytes is too long")]
    TooLong(usize),
    /// No segmentation that this program has asked the device for.
    #[error("gso type {0:#x} is unknown")]
    UnknownType(u8),
    /// `segment_size` is 0.
    #[error("a super-frame has no segment size")]
    NoSegmentSize,
    /// More than [`MAXIMUM_SEGMENTS`].
    #[error("a super-frame would be {0} segments")]
    TooManySegments(usize),
    /// The checksum is outside of the frame, or elsewhere than its headers say.
    #[error("the checksum isn't where the virtio header has it")]
    ChecksumOutside,
    /// `header_length` is outside of the frame.
    #[error("the headers are longer than the frame")]
    HeadersOutside,
    /// The frame isn't what its gso type says, or its own headers are unsound.
    #[error("the frame doesn't have the headers of its gso type")]
    OtherHeaders,
}

/// Cuts what a device handed over into frames that any peer takes.
///
/// Every frame that comes out is complete; one that is so already is handed on without a copy. `scratch` is the
/// memory in which the others are made; keep it for the next call.
pub fn segment(
    header: &VirtioHeader,
    frame: &[u8],
    scratch: &mut Vec<u8>,
    sink: &mut impl FnMut(&[u8]),
) -> Result<(), OffloadError> {
    let segments = Segments::plan(header, frame)?;
    if let Some(frame) = segments.as_complete() {
        sink(frame);
        return Ok(());
    }
    for index in 0..segments.count() {
        scratch.clear();
        segments.append(index, scratch);
        sink(scratch);
    }
    Ok(())
}

/// The frames that a device's frame stands for: itself, itself with its checksum completed, or many.
///
/// Made once, it may be written out for as many targets as there are.
#[derive(Clone, Copy, Debug)]
pub struct Segments<'a>(Plan<'a>);

#[derive(Clone, Copy, Debug)]
enum Plan<'a> {
    Complete(&'a [u8]),
    Partial(Partial<'a>),
    Super(Cut<'a>),
}

impl<'a> Segments<'a> {
    /// Of a frame that is complete as it is.
    pub const fn complete(frame: &'a [u8]) -> Self {
        Self(Plan::Complete(frame))
    }

    /// Of a frame and what is said about it, which is checked here once and for all.
    pub fn plan(header: &VirtioHeader, frame: &'a [u8]) -> Result<Self, OffloadError> {
        if frame.len() > MAXIMUM_FRAME_BYTES {
            return Err(OffloadError::TooLong(frame.len()));
        }
        let plan = match (header.gso_type & !GSO_ECN, header.needs_checksum()) {
            (GSO_NONE, false) => Plan::Complete(frame),
            (GSO_NONE, true) => Plan::Partial(Partial::plan(header, frame)?),
            _ => Plan::Super(Cut::plan(header, frame)?),
        };
        Ok(Self(plan))
    }

    /// The frame, if nothing is to be done to it.
    pub const fn as_complete(&self) -> Option<&'a [u8]> {
        match self.0 {
            Plan::Complete(frame) => Some(frame),
            Plan::Partial(_) | Plan::Super(_) => None,
        }
    }

    /// How many they are: 1 to [`MAXIMUM_SEGMENTS`].
    pub fn count(&self) -> usize {
        match &self.0 {
            Plan::Complete(_) | Plan::Partial(_) => 1,
            Plan::Super(cut) => cut.count(),
        }
    }

    /// Bytes of the headers that each repeats and of the payload in each but the last; 0 and 0 for one frame.
    pub const fn shape(&self) -> (usize, usize) {
        match &self.0 {
            Plan::Complete(_) | Plan::Partial(_) => (0, 0),
            Plan::Super(cut) => (cut.layers.payload, cut.segment_size),
        }
    }

    /// Bytes of one of them.
    pub fn length(&self, index: usize) -> usize {
        match &self.0 {
            Plan::Complete(frame) => frame.len(),
            Plan::Partial(partial) => partial.frame.len(),
            Plan::Super(cut) => cut.headers.len() + cut.piece(index).len(),
        }
    }

    /// Append one of them, complete, to `out`.
    pub fn append(&self, index: usize, out: &mut Vec<u8>) {
        match &self.0 {
            Plan::Complete(frame) => out.extend_from_slice(frame),
            Plan::Partial(partial) => partial.append(out),
            Plan::Super(cut) => cut.append(index, out),
        }
    }
}

/// A frame of which the checksum is partial.
#[derive(Clone, Copy, Debug)]
struct Partial<'a> {
    frame: &'a [u8],
    start: usize,
    place: usize,
    never_zero: bool,
}

impl<'a> Partial<'a> {
    fn plan(header: &VirtioHeader, frame: &'a [u8]) -> Result<Self, OffloadError> {
        let start = usize::from(header.checksum_start);
        let place = start + usize::from(header.checksum_offset);
        if place + 2 > frame.len() {
            return Err(OffloadError::ChecksumOutside);
        }
        Ok(Self {
            frame,
            start,
            place,
            never_zero: usize::from(header.checksum_offset) == Protocol::Udp.checksum_offset(),
        })
    }

    fn append(&self, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(self.frame);
        let mut checksum = InternetSum::default()
            .bytes(&self.frame[self.start..])
            .complete();
        if self.never_zero {
            checksum = never_zero(checksum);
        }
        put(out, begin + self.place, checksum);
    }
}

/// A checksum of UDP: zero would say that there is none.
fn never_zero(checksum: [u8; 2]) -> [u8; 2] {
    match checksum {
        [0, 0] => [0xff, 0xff],
        other => other,
    }
}

/// A super-frame, and how it is to be cut.
#[derive(Clone, Copy, Debug)]
struct Cut<'a> {
    layers: Layers,
    headers: &'a [u8],
    payload: &'a [u8],
    segment_size: usize,
    /// Of the pseudo-header, without the length.
    pseudo: InternetSum,
}

impl<'a> Cut<'a> {
    fn plan(header: &VirtioHeader, frame: &'a [u8]) -> Result<Self, OffloadError> {
        let layers = layers(header, frame)?;
        check_offsets(header, frame, &layers)?;
        let (headers, payload) = frame.split_at(layers.payload);
        let segment_size = usize::from(header.segment_size);
        if segment_size == 0 {
            return Err(OffloadError::NoSegmentSize);
        }
        match payload.len().div_ceil(segment_size) {
            0..=MAXIMUM_SEGMENTS => Ok(Self {
                layers,
                headers,
                payload,
                segment_size,
                pseudo: pseudo(header, frame, &layers),
            }),
            count => Err(OffloadError::TooManySegments(count)),
        }
    }

    /// A super-frame without payload is one frame.
    fn count(&self) -> usize {
        self.payload.len().div_ceil(self.segment_size).max(1)
    }

    fn piece(&self, index: usize) -> &'a [u8] {
        let begin = self.payload.len().min(index * self.segment_size);
        let end = self.payload.len().min(begin + self.segment_size);
        &self.payload[begin..end]
    }

    fn append(&self, index: usize, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(self.headers);
        out.extend_from_slice(self.piece(index));
        let segment = &mut out[begin..];
        self.patch_network(segment, index as u16);
        match self.layers.protocol {
            Protocol::Tcp => self.patch_tcp(segment, index),
            Protocol::Udp => self.patch_udp(segment),
        }
    }

    fn patch_network(&self, segment: &mut [u8], index: u16) {
        let network = self.layers.network;
        let length = (segment.len() - network) as u16;
        match self.layers.version {
            Version::V4 => {
                let first = read_u16(self.headers, network + 4);
                put(segment, network + 2, length.to_be_bytes());
                put(
                    segment,
                    network + 4,
                    first.wrapping_add(index).to_be_bytes(),
                );
                put(segment, network + 10, [0, 0]);
                let header = &segment[network..network + header_bytes(segment, network)];
                let checksum = InternetSum::default().bytes(header).complete();
                put(segment, network + 10, checksum);
            }
            Version::V6 => put(segment, network + 4, (length - IPV6 as u16).to_be_bytes()),
        }
    }

    /// Numbers it; CWR only on the first, PSH and FIN only on the last.
    fn patch_tcp(&self, segment: &mut [u8], index: usize) {
        let transport = self.layers.transport;
        let first = read_u32(self.headers, transport + 4);
        let sequence = first
            .wrapping_add((index * self.segment_size) as u32)
            .to_be_bytes();
        put(segment, transport + 4, sequence);
        let mut flags = self.headers[transport + 13];
        if index > 0 {
            flags &= !CWR;
        }
        if index + 1 < self.count() {
            flags &= !(PSH | FIN);
        }
        segment[transport + 13] = flags;
        let checksum = self.checksum_of(segment);
        put(segment, self.layers.checksum(), checksum);
    }

    fn patch_udp(&self, segment: &mut [u8]) {
        let transport = self.layers.transport;
        let length = (segment.len() - transport) as u16;
        put(segment, transport + 4, length.to_be_bytes());
        let checksum = never_zero(self.checksum_of(segment));
        put(segment, self.layers.checksum(), checksum);
    }

    fn checksum_of(&self, segment: &mut [u8]) -> [u8; 2] {
        put(segment, self.layers.checksum(), [0, 0]);
        let bytes = &segment[self.layers.transport..];
        self.pseudo
            .number(bytes.len() as u16)
            .bytes(bytes)
            .complete()
    }
}

/// Of the pseudo-header without the length. A partial checksum has it ready, and knows better than the addresses do
/// where a routing header will lead the packet.
fn pseudo(header: &VirtioHeader, frame: &[u8], layers: &Layers) -> InternetSum {
    if header.needs_checksum() {
        let length = (frame.len() - layers.transport) as u16;
        let place = layers.checksum();
        return InternetSum::default()
            .bytes(&frame[place..place + 2])
            .without(length);
    }
    InternetSum::default()
        .bytes(layers.addresses(frame))
        .number(u16::from(layers.protocol.number()))
}

fn check_offsets(header: &VirtioHeader, frame: &[u8], layers: &Layers) -> Result<(), OffloadError> {
    if usize::from(header.header_length) > frame.len() {
        return Err(OffloadError::HeadersOutside);
    }
    let is_right = usize::from(header.checksum_start) == layers.transport
        && usize::from(header.checksum_offset) == layers.protocol.checksum_offset();
    if header.needs_checksum() && !is_right {
        return Err(OffloadError::ChecksumOutside);
    }
    Ok(())
}

/// The headers of a super-frame, which are what its type says.
fn layers(header: &VirtioHeader, frame: &[u8]) -> Result<Layers, OffloadError> {
    let (protocol, only) = match header.gso_type & !GSO_ECN {
        GSO_TCPV4 => (Protocol::Tcp, Some(Version::V4)),
        GSO_TCPV6 => (Protocol::Tcp, Some(Version::V6)),
        GSO_UDP_L4 => (Protocol::Udp, None),
        _ => return Err(OffloadError::UnknownType(header.gso_type)),
    };
    let found = network(frame).and_then(|(network, version)| {
        let transport = match version {
            Version::V4 => behind_v4(frame, network, protocol),
            Version::V6 => behind_v6(frame, network, protocol),
        }?;
        Some(Layers {
            network,
            transport,
            payload: payload(frame, transport, protocol)?,
            version,
            protocol,
        })
    });
    found
        .filter(|layers| only.is_none_or(|version| version == layers.version))
        .ok_or(OffloadError::OtherHeaders)
}

/// Where TCP or UDP begins, if the packet is whole and its length is right.
pub(super) fn behind_v4(frame: &[u8], network: usize, protocol: Protocol) -> Option<usize> {
    let header = header_bytes(frame, network);
    let is_sound = header >= IPV4
        && usize::from(read_u16(frame, network + 2)) == frame.len() - network
        && !is_fragment(frame, network)
        && frame[network + 9] == protocol.number();
    is_sound.then_some(network + header)
}

fn header_bytes(frame: &[u8], network: usize) -> usize {
    usize::from(frame[network] & 0x0f) * 4
}

/// Likewise, behind the extension headers that may stand before it (hop-by-hop, routing, destination, mobility).
pub(super) fn behind_v6(frame: &[u8], network: usize, protocol: Protocol) -> Option<usize> {
    let mut place = network + IPV6;
    if usize::from(read_u16(frame, network + 4)) != frame.len() - place {
        return None;
    }
    let mut next = frame[network + 6];
    for _ in 0..=MOST_EXTENSIONS {
        match next {
            0 | 43 | 60 | 135 => {
                next = *frame.get(place)?;
                place += (usize::from(*frame.get(place + 1)?) + 1) * 8;
            }
            _ => return (next == protocol.number()).then_some(place),
        }
    }
    None
}
