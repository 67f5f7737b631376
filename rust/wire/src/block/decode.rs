//! Block stream to frames, without a copy on the plain path.
//!
//! The caller keeps the bytes. The decoder itself remembers only how many frames of the current group are still to
//! come, so an announced count, however large, costs nothing.

use super::compress::{InflateError, Inflater};
use super::super_frame::{SUPER_FRAME, read_super_frame};
use super::{KEEP_ALIVE, NUMBER};
use crate::offload::Packet;
use thiserror::Error;

/// What a peer may send. A super-frame session has larger ones; nothing else knows the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockLimits {
    /// Bytes of a decoded frame; a longer one is dropped.
    pub frame: usize,
    /// Bytes of a body on the wire; a longer one ends the stream.
    pub block: usize,
    /// Bytes of a keep-alive; a longer one ends the stream.
    pub keep_alive: usize,
    /// Blocks may hold super-frames.
    pub super_frames: bool,
}

impl BlockLimits {
    /// What every stock peer keeps to and enforces.
    pub const STOCK: Self = Self {
        frame: 1600,
        block: 3200,
        keep_alive: 512,
        super_frames: false,
    };

    /// Bytes of the longest item with its numbers: a receive buffer of this size always makes progress.
    pub const fn longest_item(&self) -> usize {
        let block = NUMBER + self.block;
        let keep_alive = 2 * NUMBER + self.keep_alive;
        if block > keep_alive {
            block
        } else {
            keep_alive
        }
    }
}

impl Default for BlockLimits {
    fn default() -> Self {
        Self::STOCK
    }
}

/// One thing the stream held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// An Ethernet frame, of any length from 1 to the limit.
    Frame(&'a [u8]),
    /// A super-frame, or a frame with a partial checksum; what it says of itself is not checked.
    SuperFrame(Packet<'a>),
    /// The peer is alive; the bytes mean nothing by themselves.
    KeepAlive(&'a [u8]),
    /// A block that is no frame. The stream goes on.
    Dropped(DropReason),
}

/// Why a block did not become a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// No bytes in it.
    Empty,
    /// Longer than a frame may be.
    TooLong,
    /// Not a complete zlib stream, in a compressed session.
    BadCompression,
    /// A zlib stream of more bytes than a frame may have.
    InflatesTooLong,
    /// A super-frame without a sound header.
    BadSuperFrame,
}

impl DropReason {
    /// The name in counters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::BadCompression => "bad_compression",
            Self::InflatesTooLong => "inflates_too_long",
            Self::BadSuperFrame => "bad_super_frame",
        }
    }
}

/// The peer broke the grammar: nothing behind this can be trusted, the connection must go.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BlockError {
    /// A body longer than any block may be.
    #[error("the peer announced a block of {size} bytes, {limit} are allowed")]
    BlockTooLong {
        /// As announced.
        size: usize,
        /// As allowed.
        limit: usize,
    },
    /// A keep-alive longer than any may be.
    #[error("the peer announced a keep-alive of {size} bytes, {limit} are allowed")]
    KeepAliveTooLong {
        /// As announced.
        size: usize,
        /// As allowed.
        limit: usize,
    },
}

/// The receiving end of one connection's block stream.
#[derive(Debug)]
pub struct BlockDecoder {
    limits: BlockLimits,
    compressed: bool,
    inflater: Option<Box<Inflater>>,
    /// Frames of the current group that have not come yet.
    remaining: u32,
}

impl BlockDecoder {
    /// At the start of a stream. Tables for inflating are taken with the first compressed block.
    pub fn new(limits: BlockLimits, compressed: bool) -> Self {
        Self {
            limits,
            compressed,
            inflater: None,
            remaining: 0,
        }
    }

    /// The limits it was made with.
    pub const fn limits(&self) -> BlockLimits {
        self.limits
    }

    /// Hand every complete item of `input` to `sink`, in order, and say how many bytes that took.
    ///
    /// What is left is the beginning of an item: present it again, at the start of the next input. After an error
    /// the decoder is of no further use.
    pub fn decode(
        &mut self,
        input: &[u8],
        sink: &mut impl FnMut(Item<'_>),
    ) -> Result<usize, BlockError> {
        let mut consumed = 0;
        while let Some((number, rest)) = split_number(&input[consumed..]) {
            let taken = if self.remaining > 0 {
                self.block(number, rest, sink)?
            } else if number == KEEP_ALIVE {
                self.keep_alive(rest, sink)?
            } else {
                self.remaining = number;
                Some(0)
            };
            let Some(taken) = taken else { break };
            consumed += NUMBER + taken;
        }
        Ok(consumed)
    }

    /// A block of the current group: how much of `rest` it took, or None if it is not complete.
    fn block(
        &mut self,
        number: u32,
        rest: &[u8],
        sink: &mut impl FnMut(Item<'_>),
    ) -> Result<Option<usize>, BlockError> {
        let is_super = self.limits.super_frames && number & SUPER_FRAME != 0;
        let size = if is_super {
            number & !SUPER_FRAME
        } else {
            number
        } as usize;
        if size > self.limits.block {
            return Err(BlockError::BlockTooLong {
                size,
                limit: self.limits.block,
            });
        }
        let Some(body) = rest.get(..size) else {
            return Ok(None);
        };
        self.remaining -= 1;
        sink(if is_super {
            self.open_super(body)
        } else {
            self.open(body)
        });
        Ok(Some(size))
    }

    fn keep_alive(
        &self,
        rest: &[u8],
        sink: &mut impl FnMut(Item<'_>),
    ) -> Result<Option<usize>, BlockError> {
        let Some((size, rest)) = split_number(rest) else {
            return Ok(None);
        };
        let size = size as usize;
        if size > self.limits.keep_alive {
            return Err(BlockError::KeepAliveTooLong {
                size,
                limit: self.limits.keep_alive,
            });
        }
        let Some(body) = rest.get(..size) else {
            return Ok(None);
        };
        sink(Item::KeepAlive(body));
        Ok(Some(NUMBER + size))
    }

    /// What a body is.
    fn open<'a>(&'a mut self, body: &'a [u8]) -> Item<'a> {
        if body.is_empty() {
            return Item::Dropped(DropReason::Empty);
        }
        if self.compressed {
            return self.inflate(body);
        }
        if body.len() > self.limits.frame {
            return Item::Dropped(DropReason::TooLong);
        }
        Item::Frame(body)
    }

    fn open_super<'a>(&self, body: &'a [u8]) -> Item<'a> {
        match read_super_frame(body) {
            Some(packet) if packet.bytes.len() > self.limits.frame => {
                Item::Dropped(DropReason::TooLong)
            }
            Some(packet) => Item::SuperFrame(packet),
            None => Item::Dropped(DropReason::BadSuperFrame),
        }
    }

    fn inflate<'a>(&'a mut self, body: &[u8]) -> Item<'a> {
        let limit = self.limits.frame;
        let inflater = self
            .inflater
            .get_or_insert_with(|| Box::new(Inflater::new(limit)));
        match inflater.inflate(body) {
            Ok([]) => Item::Dropped(DropReason::Empty),
            Ok(frame) => Item::Frame(frame),
            Err(InflateError::Broken) => Item::Dropped(DropReason::BadCompression),
            Err(InflateError::TooLong) => Item::Dropped(DropReason::InflatesTooLong),
        }
    }
}

fn split_number(input: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = input.split_first_chunk::<NUMBER>()?;
    Some((u32::from_be_bytes(*number), rest))
}
