//! What stands inside a datagram once it is open.

/// In front of the frame.
pub const BODY_HEADER_BYTES: usize = 23;
/// The longest frame, or compressed frame, that a datagram may carry.
pub const MAXIMUM_PAYLOAD_BYTES: usize = 1_600;

/// Everything in front of a frame but its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The receiver's cookie.
    pub cookie: u32,
    /// The sender's clock in milliseconds, never 0.
    pub tick: u64,
    /// The latest clock that the sender has seen of the receiver; 0 for none.
    pub echo: u64,
    /// The payload is one zlib stream.
    pub compressed: bool,
}

impl Header {
    /// The 23 bytes in front of a payload of this length.
    pub fn write(&self, length: u16) -> [u8; BODY_HEADER_BYTES] {
        let mut bytes = [0; BODY_HEADER_BYTES];
        bytes[..4].copy_from_slice(&self.cookie.to_be_bytes());
        bytes[4..12].copy_from_slice(&self.tick.to_be_bytes());
        bytes[12..20].copy_from_slice(&self.echo.to_be_bytes());
        bytes[20..22].copy_from_slice(&length.to_be_bytes());
        bytes[22] = u8::from(self.compressed);
        bytes
    }

    /// Header and payload of a body; `None` where it is shorter than it says, or its payload longer than any may be.
    /// What stands behind the payload is padding.
    pub fn read(body: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = body.split_first_chunk::<BODY_HEADER_BYTES>()?;
        let (cookie, head) = head.split_first_chunk::<4>()?;
        let (tick, head) = head.split_first_chunk::<8>()?;
        let (echo, head) = head.split_first_chunk::<8>()?;
        let (length, flag) = head.split_first_chunk::<2>()?;
        let payload = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        if payload.len() > MAXIMUM_PAYLOAD_BYTES {
            return None;
        }
        let header = Self {
            cookie: u32::from_be_bytes(*cookie),
            tick: u64::from_be_bytes(*tick),
            echo: u64::from_be_bytes(*echo),
            compressed: flag[0] != 0,
        };
        Some((header, payload))
    }
}
