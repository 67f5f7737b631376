//! Super-frames in the block stream of a session whose ends both take them.
//!
//! A block of which the highest bit of the size is set holds, in front of the frame:
//!
//! ```text
//! u8 flags             bit 0: the checksum is partial; the others are 0
//! u8 type              0 one frame, 1 TCP over IPv4, 4 TCP over IPv6, 5 UDP; bit 7: the first segment carries CWR
//! u16 segment size     bytes of payload in each segment but the last; 0 for type 0
//! u16 checksum start   from where the checksum is taken
//! u16 checksum offset  where it stands, counted from there
//! ```
//!
//! All numbers are big-endian, as in `docs/protocol/super-frames.md`. How long the headers are is not said: the
//! receiver looks for itself, since it has to check the rest anyway.

use super::NUMBER;
use crate::offload::{NEEDS_CHECKSUM, Packet, VirtioHeader};

/// In a size: the block starts with a header.
pub(super) const SUPER_FRAME: u32 = 1 << 31;
/// Bytes of that header.
pub const SUPER_FRAME_HEADER_BYTES: usize = 8;

/// Append a super-frame, or a frame with a partial checksum, to the group that is open at the end of `out`.
pub fn append_super_frame(out: &mut Vec<u8>, packet: &Packet<'_>) {
    out.reserve(NUMBER + SUPER_FRAME_HEADER_BYTES + packet.bytes.len());
    let size = (SUPER_FRAME_HEADER_BYTES + packet.bytes.len()) as u32 | SUPER_FRAME;
    out.extend_from_slice(&size.to_be_bytes());
    let header = &packet.header;
    out.extend_from_slice(&[header.flags & NEEDS_CHECKSUM, header.gso_type]);
    for number in [
        header.segment_size,
        header.checksum_start,
        header.checksum_offset,
    ] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out.extend_from_slice(packet.bytes);
}

/// The block that `blocks` starts with, its size included, and how many frames it stands for. None at the end, or
/// where the rest of a block is missing.
pub fn split_block(blocks: &[u8]) -> Option<(&[u8], u64)> {
    let (number, rest) = blocks.split_first_chunk::<NUMBER>()?;
    let number = u32::from_be_bytes(*number);
    let size = (number & !SUPER_FRAME) as usize;
    let body = rest.get(..size)?;
    let segment = match body.get(2..4) {
        Some(size) if number & SUPER_FRAME != 0 => u16::from_be_bytes([size[0], size[1]]),
        _ => 0,
    };
    let frames = match segment {
        0 => 1,
        // The headers are small beside the payload.
        _ => (size as u64).div_ceil(u64::from(segment)),
    };
    Some((&blocks[..NUMBER + size], frames))
}

/// What a block with a header holds; None if the header is cut short or says what nobody has defined.
pub(super) fn read_super_frame(body: &[u8]) -> Option<Packet<'_>> {
    let (header, bytes) = body.split_first_chunk::<SUPER_FRAME_HEADER_BYTES>()?;
    let number = |place: usize| u16::from_be_bytes([header[place], header[place + 1]]);
    let header = VirtioHeader {
        flags: header[0],
        gso_type: header[1],
        header_length: 0,
        segment_size: number(2),
        checksum_start: number(4),
        checksum_offset: number(6),
    };
    (header.flags & !NEEDS_CHECKSUM == 0 && !bytes.is_empty()).then_some(Packet { header, bytes })
}
