//! Frames to block stream, appended to a buffer of the caller's.
//!
//! A buffer may end in a group that is still open, with its count written last; between two groups, and never
//! inside one, a keep-alive may stand. Nothing here checks sizes: what a target takes is the switch's matter.

use super::compress::{CompressError, Compressor};
use super::{KEEP_ALIVE, NUMBER};

/// Open a group at the end of `out`; returns its place, for [`patch_group`].
///
/// Its count is 0 until patched, which every receiver passes over.
pub fn begin_group(out: &mut Vec<u8>) -> usize {
    let place = out.len();
    out.extend_from_slice(&[0; NUMBER]);
    place
}

/// Append one frame to the group that is open at the end of `out`.
pub fn append_frame(out: &mut Vec<u8>, frame: &[u8]) {
    append_frame_with(out, frame.len(), |out| out.extend_from_slice(frame));
}

/// Append one frame of `length` bytes that `write` appends by itself.
pub fn append_frame_with(out: &mut Vec<u8>, length: usize, write: impl FnOnce(&mut Vec<u8>)) {
    out.reserve(NUMBER + length);
    out.extend_from_slice(&(length as u32).to_be_bytes());
    write(out);
}

/// Append one frame, compressed; after an error `out` is as before.
pub fn append_compressed_frame(
    out: &mut Vec<u8>,
    frame: &[u8],
    compressor: &mut Compressor,
) -> Result<(), CompressError> {
    let place = begin_group(out);
    if let Err(error) = compressor.compress(frame, out) {
        out.truncate(place);
        return Err(error);
    }
    let size = out.len() - place - NUMBER;
    patch_group(out, place, size as u32);
    Ok(())
}

/// Write the count of the group that was opened at `place`.
pub fn patch_group(out: &mut [u8], place: usize, count: u32) {
    out[place..place + NUMBER].copy_from_slice(&count.to_be_bytes());
}

/// Append a keep-alive; `body` has at most 512 bytes for a stock peer.
pub fn encode_keep_alive(out: &mut Vec<u8>, body: &[u8]) {
    out.reserve(2 * NUMBER + body.len());
    out.extend_from_slice(&KEEP_ALIVE.to_be_bytes());
    append_frame(out, body);
}

/// One group, written while it lives. Dropped unfinished it leaves what [`finish`](Self::finish) would have.
#[derive(Debug)]
pub struct GroupEncoder<'a> {
    out: &'a mut Vec<u8>,
    place: usize,
    count: u32,
}

impl<'a> GroupEncoder<'a> {
    /// Open a group at the end of `out`.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        let place = begin_group(out);
        Self {
            out,
            place,
            count: 0,
        }
    }

    /// Append a frame; one that can't be compressed is not in the group.
    pub fn push(
        &mut self,
        frame: &[u8],
        compressor: Option<&mut Compressor>,
    ) -> Result<(), CompressError> {
        match compressor {
            Some(compressor) => append_compressed_frame(self.out, frame, compressor)?,
            None => append_frame(self.out, frame),
        }
        self.count += 1;
        Ok(())
    }

    /// Write the count, or take the group away if nothing is in it; returns the count.
    pub fn finish(self) -> u32 {
        self.count
    }
}

impl Drop for GroupEncoder<'_> {
    fn drop(&mut self) {
        if self.count == 0 {
            self.out.truncate(self.place);
        } else {
            patch_group(self.out, self.place, self.count);
        }
    }
}
