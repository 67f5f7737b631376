//! A frame on its way through the hub, with what its origin said about it.

/// Bytes of an Ethernet header.
pub(crate) const HEADER: usize = 14;

/// What a super-frame is made of. [`Offload::NONE`] for a plain frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offload {
    /// Bytes of all headers, which every segment repeats.
    pub header_length: u16,
    /// Bytes of payload in each segment but the last; 0: one plain frame.
    pub segment_size: u16,
}

impl Offload {
    /// One plain frame, complete as it is.
    pub const NONE: Self = Self {
        header_length: 0,
        segment_size: 0,
    };
}

/// An Ethernet frame without check sequence.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// From the destination address on.
    pub bytes: &'a [u8],
    /// How it would be cut for a target that takes no super-frames.
    pub offload: Offload,
}

impl<'a> Frame<'a> {
    /// A plain frame.
    pub const fn plain(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            offload: Offload::NONE,
        }
    }

    /// Sent to a group (all multicast counts as broadcast here).
    pub fn is_broadcast(&self) -> bool {
        self.bytes.first().is_some_and(|byte| byte & 1 != 0)
    }

    /// How many frames it is on a plain wire.
    pub fn segments(&self) -> u64 {
        let payload = self
            .bytes
            .len()
            .saturating_sub(self.offload.header_length as usize);
        match self.offload.segment_size {
            0 => 1,
            size => payload.div_ceil(size as usize).max(1) as u64,
        }
    }

    /// How many bytes it is on a plain wire, where each segment carries the headers again.
    pub fn wire_bytes(&self) -> u64 {
        let repeated = (self.segments() - 1) * u64::from(self.offload.header_length);
        self.bytes.len() as u64 + repeated
    }
}

impl<'a> From<&'a [u8]> for Frame<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::plain(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Offload};

    #[test]
    fn plain_frame_is_itself() {
        let frame = Frame::plain(&[0; 60]);
        assert_eq!((frame.segments(), frame.wire_bytes()), (1, 60));
    }

    #[test]
    fn super_frame_counts_as_its_segments() {
        let offload = Offload {
            header_length: 54,
            segment_size: 1000,
        };
        for (payload, segments) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (60_000, 60)] {
            let bytes = vec![0; 54 + payload];
            let frame = Frame {
                bytes: &bytes,
                offload,
            };
            assert_eq!(frame.segments(), segments);
            assert_eq!(frame.wire_bytes(), segments * 54 + payload as u64);
        }
    }

    #[test]
    fn group_bit_makes_it_a_broadcast() {
        assert!(Frame::plain(&[0x33, 0x33]).is_broadcast());
        assert!(!Frame::plain(&[0x02, 0x33]).is_broadcast());
        assert!(!Frame::plain(&[]).is_broadcast());
    }
}
