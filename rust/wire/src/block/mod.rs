//! The block stream that carries Ethernet frames once a connection has logged in.
//!
//! ```text
//! stream     := { group | keep-alive | nothing }
//! group      := u32 n (1 … 0xFFFFFFFE), n × ( u32 size, size bytes )
//! nothing    := u32 0
//! keep-alive := u32 0xFFFFFFFF, u32 size, size bytes
//! ```
//!
//! All numbers are big-endian. Between ends that agreed on super-frames a size may have its highest bit set, see
//! [`append_super_frame`]. Where the session agreed on compression every body of a group (never a size, never
//! a keep-alive) is one complete zlib stream.

mod compress;
mod decode;
mod encode;
mod super_frame;

pub use compress::{CompressError, Compressor, InflateError, Inflater};
pub use decode::{BlockDecoder, BlockError, BlockLimits, DropReason, Item};
pub use encode::{
    GroupEncoder, append_compressed_frame, append_frame, append_frame_with, begin_group,
    encode_keep_alive, patch_group,
};
pub use super_frame::{SUPER_FRAME_HEADER_BYTES, append_super_frame, split_block};

/// In the place of a group's count: a keep-alive follows.
const KEEP_ALIVE: u32 = u32::MAX;

/// Bytes of a count or a size.
const NUMBER: usize = 4;
