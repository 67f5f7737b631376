//! What waits for one connection: frames that are next, sealed bytes that the socket did not take, and behind them
//! a fair queue.
//!
//! While the socket takes everything a frame is written straight into the next block. Only behind a full socket, or
//! more than the connection drains in a moment, frames queue up by flow.

use std::io;

use etherloom_wire::block::{
    Compressor, append_compressed_frame, append_frame_with, append_super_frame, begin_group,
    encode_keep_alive, patch_group,
};
use mio::net::TcpStream;

use crate::congestion::PathWatch;
use crate::drain::Drain;
use crate::link::{Flushed, Scratch};
use crate::os;
use crate::passing::Passing;
use crate::queue::FairQueue;
use crate::session::NotQueued;
use crate::shared::WireCounters;
use crate::tls::Tls;

const IDLE_BUFFER_BYTES: usize = 16 * 1024;
/// A connection that drains this much at once gets super-frames whole.
const WHOLE_BURST: usize = 64 * 1024;

/// How a frame is to be queued.
pub struct Order<'a> {
    /// The frame.
    pub passing: &'a Passing<'a>,
    /// Of its flow.
    pub hash: u64,
    /// Before the others.
    pub priority: bool,
    /// The peer takes super-frames and partial checksums.
    pub super_frames: bool,
    /// Each block is a zlib stream.
    pub compress: bool,
    /// Bytes that may wait.
    pub limit: usize,
}

/// The sending half of a link.
#[derive(Default)]
pub struct Outbound {
    pending: Vec<u8>,
    group: Option<(usize, u32)>,
    queue: FairQueue,
    drain: Drain,
    path: PathWatch,
    /// What was told to the system as "little enough to say that there is room".
    announced_unsent: usize,
    /// Sealed bytes that wait for the socket, from `sent` on.
    pub unsent: Vec<u8>,
    sent: usize,
    blocked: bool,
}

impl Outbound {
    /// Sealed bytes go first.
    pub fn new(unsent: Vec<u8>, path: PathWatch) -> Self {
        Self {
            path,
            unsent,
            ..Self::default()
        }
    }

    /// Bytes that wait.
    pub fn backlog(&self) -> usize {
        self.pending.len() + self.unsent.len() - self.sent + self.queue.bytes()
    }

    /// True between a full socket and the next success.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Super-frames would not hold up others for long.
    pub fn is_fast(&self) -> bool {
        self.drain.burst() >= WHOLE_BURST
    }

    /// Queue a frame: whole, or all its segments. Returns how many frames of others had to go for it.
    pub fn enqueue(&mut self, order: &Order<'_>, scratch: &mut Scratch) -> Result<u64, NotQueued> {
        if self.must_wait() {
            return self.enqueue_behind(order, scratch);
        }
        if self.pending.capacity() == 0 {
            self.pending = scratch.take_buffer();
        }
        let (place, count) = match self.group {
            Some(group) => group,
            None => (begin_group(&mut self.pending), 0),
        };
        self.group = Some((place, count));
        let frames = write_blocks(order, self.is_fast(), scratch, &mut self.pending)?;
        self.group = Some((place, count + frames));
        Ok(0)
    }

    fn must_wait(&self) -> bool {
        self.sent < self.unsent.len()
            || !self.queue.is_empty()
            || self.pending.len() >= self.drain.burst()
    }

    fn enqueue_behind(
        &mut self,
        order: &Order<'_>,
        scratch: &mut Scratch,
    ) -> Result<u64, NotQueued> {
        let limit = self.drain.queue(order.limit);
        let bytes = order.passing.segment_bytes();
        if self.queue.refuses(order.hash, bytes, limit) {
            return Err(NotQueued::Full);
        }
        let is_fast = self.is_fast();
        let mut written = Ok(0);
        self.queue.push(order.hash, order.priority, |blocks| {
            written = write_blocks(order, is_fast, scratch, blocks);
        });
        written?;
        Ok(self.queue.trim(limit))
    }

    /// Queue a keep-alive, before what waits.
    pub fn enqueue_keep_alive(&mut self, body: &[u8], scratch: &mut Scratch) {
        if self.pending.capacity() == 0 {
            self.pending = scratch.take_buffer();
        }
        self.finish_group();
        encode_keep_alive(&mut self.pending, body);
    }

    fn finish_group(&mut self) {
        if let Some((place, count)) = self.group.take() {
            patch_group(&mut self.pending, place, count);
        }
    }

    /// Seal and send what waits, as far as the socket takes it.
    pub fn flush(
        &mut self,
        socket: &TcpStream,
        tls: &mut Option<Tls>,
        wire: &WireCounters,
        scratch: &mut Scratch,
    ) -> Flushed {
        loop {
            match self.write_unsent(socket, wire, scratch.now_us) {
                Flushed::Idle => {}
                other => return other,
            }
            if self.pending.is_empty() && !self.refill(scratch) {
                self.drain.rest();
                self.blocked = false;
                return Flushed::Idle;
            }
            match self.send_pending(socket, tls, wire, scratch) {
                Flushed::Idle => {}
                other => return other,
            }
        }
    }

    /// Take what is next out of the queue; false when nothing waits.
    fn refill(&mut self, scratch: &mut Scratch) -> bool {
        if self.queue.is_empty() {
            return false;
        }
        if self.pending.capacity() == 0 {
            self.pending = scratch.take_buffer();
        }
        let place = begin_group(&mut self.pending);
        let mut count = 0;
        while self.pending.len() < self.drain.burst() && self.queue.pop(&mut self.pending) {
            count += 1;
        }
        patch_group(&mut self.pending, place, count);
        true
    }

    /// What the socket did not take the last time.
    pub fn write_unsent(
        &mut self,
        socket: &TcpStream,
        wire: &WireCounters,
        now_us: u64,
    ) -> Flushed {
        while self.sent < self.unsent.len() {
            match os::send(
                socket,
                &self.unsent[self.sent..],
                self.drain.unsent() < WHOLE_BURST,
            ) {
                Ok(written) => {
                    self.sent += written;
                    wire.add_sent(written);
                    let waiting = self.sent < self.unsent.len();
                    self.learn(socket, written, waiting, now_us);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return Flushed::Blocked;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Flushed::Broken,
            }
        }
        self.unsent.clear();
        self.sent = 0;
        if self.unsent.capacity() > IDLE_BUFFER_BYTES {
            self.unsent = Vec::new();
        }
        Flushed::Idle
    }

    fn send_pending(
        &mut self,
        socket: &TcpStream,
        tls: &mut Option<Tls>,
        wire: &WireCounters,
        scratch: &mut Scratch,
    ) -> Flushed {
        self.finish_group();
        let pending = std::mem::take(&mut self.pending);
        scratch.sealed.clear();
        let data = match tls {
            None => &pending,
            Some(tls) => {
                if tls.seal(&pending, &mut scratch.sealed).is_err() {
                    return Flushed::Broken;
                }
                &scratch.sealed
            }
        };
        let written = match os::send(socket, data, self.drain.unsent() < WHOLE_BURST) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(_) => return Flushed::Broken,
        };
        wire.add_sent(written);
        self.learn(socket, written, written < data.len(), scratch.now_us);
        self.unsent.extend_from_slice(&data[written..]);
        scratch.give_back(pending);
        Flushed::Idle
    }

    /// Learn how fast the connection drains, and let the system hold no more than is due to it.
    fn learn(&mut self, socket: &TcpStream, written: usize, waiting: bool, now_us: u64) {
        self.drain.sent(written, waiting, now_us);
        self.path.look(socket, self.drain.rate(), now_us);
        let unsent = self.drain.unsent();
        if unsent > self.announced_unsent * 2 || unsent * 2 < self.announced_unsent {
            self.announced_unsent = unsent;
            // A system without it keeps more: longer pings, nothing worse.
            let _ = os::set_unsent_low_water(socket, unsent as u32);
        }
    }

    /// All that waits goes in front of the goodbye, however long that takes.
    pub fn seal_rest(&mut self, tls: &mut Option<Tls>, scratch: &mut Scratch) {
        loop {
            self.finish_group();
            let pending = std::mem::take(&mut self.pending);
            match tls {
                None => self.unsent.extend_from_slice(&pending),
                // A link that can't seal has nothing to say any more.
                Some(tls) => drop(tls.seal(&pending, &mut self.unsent)),
            }
            scratch.give_back(pending);
            if !self.refill(scratch) {
                return;
            }
        }
    }

    /// Give back memory that a quiet link does not need.
    pub fn rest(&mut self) {
        self.queue.rest();
    }
}

/// Write a frame as the peer takes it: whole, or cut straight into the block. Returns how many blocks that were.
fn write_blocks(
    order: &Order<'_>,
    is_fast: bool,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<u32, NotQueued> {
    let Passing { packet, segments } = order.passing;
    let whole = is_fast || !packet.header.is_super();
    if order.super_frames && !order.passing.is_complete() && whole {
        append_super_frame(out, packet);
        return Ok(1);
    }
    for index in 0..segments.count() {
        if order.compress {
            let memory = &mut scratch.segments;
            memory.clear();
            segments.append(index, memory);
            compress(out, memory, &mut scratch.compressor)?;
        } else {
            let length = segments.length(index);
            append_frame_with(out, length, |out| segments.append(index, out));
        }
    }
    Ok(segments.count() as u32)
}

fn compress(out: &mut Vec<u8>, frame: &[u8], compressor: &mut Compressor) -> Result<(), NotQueued> {
    append_compressed_frame(out, frame, compressor).map_err(|_| NotQueued::NotCompressed)
}
