//! One frame, one zlib stream: both directions, with the tables of zlib kept between frames.
//!
//! What a peer sends may inflate to anything; the output is bounded before memory is taken for it.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use thiserror::Error;

/// Why a compressed body did not become a frame.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum InflateError {
    /// Not one complete zlib stream.
    #[error("the body is not a complete zlib stream")]
    Broken,
    /// More bytes come out than a frame may have.
    #[error("the body inflates to more than a frame may have")]
    TooLong,
}

/// zlib refused to compress a frame.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the frame could not be compressed")]
pub struct CompressError;

/// Inflates bodies one after the other into the same buffer.
#[derive(Debug)]
pub struct Inflater {
    zlib: Decompress,
    frame: Box<[u8]>,
}

impl Inflater {
    /// For frames of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        // One byte more than the limit tells "exactly full" from "too long".
        Self {
            zlib: Decompress::new(true),
            frame: vec![0; limit + 1].into_boxed_slice(),
        }
    }

    /// The frame in `body`, which must be one complete zlib stream and nothing else.
    pub fn inflate(&mut self, body: &[u8]) -> Result<&[u8], InflateError> {
        self.zlib.reset(true);
        let status = self
            .zlib
            .decompress(body, &mut self.frame, FlushDecompress::Finish)
            .map_err(|_| InflateError::Broken)?;
        let length = self.zlib.total_out() as usize;
        if length == self.frame.len() {
            return Err(InflateError::TooLong);
        }
        if status != Status::StreamEnd || self.zlib.total_in() != body.len() as u64 {
            return Err(InflateError::Broken);
        }
        Ok(&self.frame[..length])
    }
}

/// Compresses frames one after the other with the same tables (RFC 1950, level 6).
#[derive(Debug)]
pub struct Compressor {
    zlib: Compress,
}

impl Compressor {
    /// Takes some 300 KB for tables: have one a thread. It keeps nothing between frames.
    pub fn new() -> Self {
        Self {
            zlib: Compress::new(Compression::new(6), true),
        }
    }

    /// Append the compressed `frame` to `out`; after an error `out` is as before.
    pub fn compress(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        let start = out.len();
        out.reserve(worst_case(frame.len()));
        self.zlib.reset();
        let status = self.zlib.compress_vec(frame, out, FlushCompress::Finish);
        if !matches!(status, Ok(Status::StreamEnd)) {
            out.truncate(start);
            return Err(CompressError);
        }
        Ok(())
    }
}

impl Default for Compressor {
    fn default() -> Self {
        Self::new()
    }
}

/// More than zlib ever needs for `size` bytes: it stores what does not shrink, with five bytes a stored block.
const fn worst_case(size: usize) -> usize {
    size + size / 64 + 64
}
