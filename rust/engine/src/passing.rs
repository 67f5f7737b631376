//! A frame under way through a worker: one thing for the switch, whole or in segments for its targets.

use etherloom_switch::{Frame, Offload};
use etherloom_wire::offload::{OffloadError, Packet, Segments, clamp_mss, exceeds_mss};

/// A frame that was checked, so that any target can be served.
#[derive(Clone, Copy)]
pub struct Passing<'a> {
    /// As it came; for targets that take super-frames.
    pub packet: Packet<'a>,
    /// For all others.
    pub segments: Segments<'a>,
}

impl<'a> Passing<'a> {
    /// A complete frame.
    pub fn plain(bytes: &'a [u8]) -> Self {
        Self {
            packet: Packet::plain(bytes),
            segments: Segments::complete(bytes),
        }
    }

    /// Refused where the header lies about the frame.
    pub fn of(packet: Packet<'a>) -> Result<Self, OffloadError> {
        Ok(Self {
            segments: Segments::plan(&packet.header, packet.bytes)?,
            packet,
        })
    }

    /// The frame in `memory`, if it announces larger segments than a session's way takes (0: it takes all).
    pub fn clamped<'m>(&self, limit: u16, memory: &'m mut Vec<u8>) -> Option<&'m [u8]> {
        if limit == 0 || self.segments.count() > 1 || !exceeds_mss(self.packet.bytes, limit) {
            return None;
        }
        memory.clear();
        // Complete: the checksum is changed along.
        self.segments.append(0, memory);
        clamp_mss(memory, limit);
        Some(memory)
    }

    /// The frame without what Ethernet added to make it long enough; None where it added nothing.
    pub fn without_padding(&self, length: usize) -> Option<&'a [u8]> {
        let bytes = self.packet.bytes;
        (self.is_complete() && length < bytes.len()).then(|| &bytes[..length])
    }

    /// For the switch and its counters.
    pub fn frame(&self) -> Frame<'a> {
        let (header_length, segment_size) = self.segments.shape();
        Frame {
            bytes: self.packet.bytes,
            offload: Offload {
                header_length: header_length as u16,
                segment_size: segment_size as u16,
            },
        }
    }

    /// Nothing is to be done to it for any target.
    pub fn is_complete(&self) -> bool {
        self.segments.as_complete().is_some()
    }

    /// Bytes of all segments.
    pub fn segment_bytes(&self) -> usize {
        self.frame().wire_bytes() as usize
    }
}
