//! One connection in the data phase: blocks in, blocks out, inside TLS or raw.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;

use etherloom_switch::PortId;
use etherloom_wire::block::{
    BlockDecoder, Compressor, SUPER_FRAME_HEADER_BYTES, append_compressed_frame, append_frame_with,
    append_super_frame, begin_group, encode_keep_alive, patch_group,
};
use etherloom_wire::offload::{Packet, Segments};
use mio::net::TcpStream;

use crate::message::Transfer;
use crate::passing::Passing;
use crate::session::{NotQueued, SessionRules};
use crate::shared::LinkShared;
use crate::tls::Tls;

/// Bytes taken from a socket by one read.
pub const READ_BYTES: usize = 256 * 1024;
/// Room in front of them for what an earlier read left: less than one record, or one block.
pub const CARRY_BYTES: usize = 80 * 1024;
const IDLE_BUFFER_BYTES: usize = 16 * 1024;
const NUMBER_BYTES: usize = 4;
const CLOSE_WAIT_MS: u64 = 2_000;

/// Frames travel on a link both ways, or one way only in half-duplex sessions.
pub const SERVER_TO_CLIENT: u8 = 1;
/// The other way.
pub const CLIENT_TO_SERVER: u8 = 2;

/// How one connection carries frames.
#[derive(Clone, Copy, Debug)]
pub struct LinkSettings {
    /// 0 both, 1 server to client, 2 client to server.
    pub direction: u8,
    /// Without TLS after the farewell.
    pub raw: bool,
}

/// Buffers of a worker that all its links share.
pub struct Scratch {
    /// What a read brought.
    pub cipher: Vec<u8>,
    /// Opened blocks.
    pub plain: Vec<u8>,
    /// A segment of a super-frame, for one target.
    pub segments: Vec<u8>,
    /// A segment of a super-frame, for many targets.
    pub plain_frame: Vec<u8>,
    /// Targets of a flood.
    pub ports: Vec<PortId>,
    /// Sealed blocks.
    pub sealed: Vec<u8>,
    /// Empty buffers with room, for frames that wait.
    pub pool: Vec<Vec<u8>>,
    /// Keeps nothing between frames.
    pub compressor: Compressor,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            cipher: vec![0; CARRY_BYTES + READ_BYTES],
            plain: Vec::with_capacity(CARRY_BYTES + READ_BYTES),
            sealed: Vec::with_capacity(CARRY_BYTES + READ_BYTES),
            segments: Vec::new(),
            plain_frame: Vec::new(),
            ports: Vec::new(),
            pool: Vec::new(),
            compressor: Compressor::new(),
        }
    }
}

impl Scratch {
    /// Keep an emptied buffer for the next link that has something to send.
    fn give_back(&mut self, mut buffer: Vec<u8>) {
        if self.pool.len() < 64 && buffer.capacity() <= 4 * 1024 * 1024 {
            buffer.clear();
            self.pool.push(buffer);
        }
    }
}

/// What a read did.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// There is something in the plain scratch.
    Data,
    /// The socket is empty.
    Blocked,
    /// The peer closed cleanly.
    Finished,
    /// The connection broke.
    Broken(String),
}

/// What a write did.
#[derive(Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Everything is on its way.
    Idle,
    /// The socket is full.
    Blocked,
    /// The connection broke.
    Broken,
}

/// One link of a native session.
pub struct Link {
    /// Number of the connection.
    pub identifier: u64,
    /// The socket, registered with the worker.
    pub socket: TcpStream,
    /// Facts and counters.
    pub shared: Arc<LinkShared>,
    /// We may send frames on it.
    pub sends: bool,
    /// The peer may.
    pub receives: bool,
    /// The socket may have bytes.
    pub readable: bool,
    /// The peer has shut down: read on until its end is seen.
    pub hangup: bool,
    /// Engine milliseconds of the last complete item.
    pub last_received_ms: u64,
    /// When the next keep-alive is due.
    pub keep_alive_due_ms: u64,
    /// Closing: until when the peer may take.
    pub closing: Option<u64>,
    /// Decodes what the peer sends; absent only while it is at work.
    pub decoder: Option<BlockDecoder>,
    /// Opened bytes of an incomplete item.
    pub partial: Vec<u8>,
    tls: Option<Tls>,
    received: Vec<u8>,
    pending: Vec<u8>,
    group: Option<(usize, u32)>,
    unsent: Vec<u8>,
    sent: usize,
    blocked: bool,
    write_closed: bool,
}

impl Link {
    /// A link out of a connection whose socket is registered here.
    pub fn new(transfer: Transfer, rules: &SessionRules, now_ms: u64) -> Self {
        let direction = transfer.shared.direction;
        let (outbound, inbound) = if rules.server {
            (SERVER_TO_CLIENT, CLIENT_TO_SERVER)
        } else {
            (CLIENT_TO_SERVER, SERVER_TO_CLIENT)
        };
        let limits = rules.block_limits();
        Self {
            identifier: transfer.connection,
            socket: transfer.socket,
            shared: transfer.shared,
            sends: direction != inbound,
            receives: direction != outbound,
            readable: true,
            hangup: false,
            last_received_ms: now_ms,
            keep_alive_due_ms: now_ms,
            closing: None,
            decoder: Some(BlockDecoder::new(limits, rules.compress)),
            partial: transfer.plain,
            tls: transfer.tls,
            received: transfer.received,
            pending: Vec::new(),
            group: None,
            unsent: transfer.unsent,
            sent: 0,
            blocked: false,
            write_closed: false,
        }
    }

    /// Bytes that wait for the socket.
    pub fn backlog(&self) -> usize {
        self.pending.len() + self.unsent.len() - self.sent
    }

    /// Queue a frame as it came, for a peer that takes super-frames.
    pub fn enqueue_whole(
        &mut self,
        packet: &Packet<'_>,
        limit: usize,
        scratch: &mut Scratch,
    ) -> Result<(), NotQueued> {
        let bytes = packet.bytes.len() + SUPER_FRAME_HEADER_BYTES;
        self.begin_frames(bytes, 1, limit, scratch)?;
        append_super_frame(&mut self.pending, packet);
        self.count_frames(1);
        Ok(())
    }

    /// Queue a frame as any peer takes it: cut where it must be, straight into the block.
    pub fn enqueue_segments(
        &mut self,
        passing: &Passing<'_>,
        compress: bool,
        limit: usize,
        scratch: &mut Scratch,
    ) -> Result<(), NotQueued> {
        let segments = &passing.segments;
        let count = segments.count();
        self.begin_frames(passing.segment_bytes(), count, limit, scratch)?;
        for index in 0..count {
            if compress {
                self.append_compressed(segments, index, scratch)?;
            } else {
                let length = segments.length(index);
                append_frame_with(&mut self.pending, length, |out| segments.append(index, out));
            }
            self.count_frames(1);
        }
        Ok(())
    }

    fn append_compressed(
        &mut self,
        segments: &Segments<'_>,
        index: usize,
        scratch: &mut Scratch,
    ) -> Result<(), NotQueued> {
        let Scratch {
            segments: memory,
            compressor,
            ..
        } = scratch;
        memory.clear();
        segments.append(index, memory);
        append_compressed_frame(&mut self.pending, memory, compressor)
            .map_err(|_| NotQueued::NotCompressed)
    }

    fn begin_frames(
        &mut self,
        bytes: usize,
        count: usize,
        limit: usize,
        scratch: &mut Scratch,
    ) -> Result<(), NotQueued> {
        if self.backlog() + bytes + (count + 1) * NUMBER_BYTES > limit {
            return Err(NotQueued::Full);
        }
        self.make_room(scratch);
        if self.group.is_none() {
            self.group = Some((begin_group(&mut self.pending), 0));
        }
        Ok(())
    }

    fn count_frames(&mut self, frames: u32) {
        if let Some((_, count)) = &mut self.group {
            *count += frames;
        }
    }

    /// Queue a keep-alive.
    pub fn enqueue_keep_alive(&mut self, body: &[u8], scratch: &mut Scratch) {
        self.make_room(scratch);
        self.finish_group();
        encode_keep_alive(&mut self.pending, body);
    }

    fn make_room(&mut self, scratch: &mut Scratch) {
        if self.pending.capacity() == 0 {
            self.pending = scratch.pool.pop().unwrap_or_default();
        }
    }

    fn finish_group(&mut self) {
        if let Some((place, count)) = self.group.take() {
            patch_group(&mut self.pending, place, count);
        }
    }

    /// Read once and open; the partial item of the last time comes first in `scratch.plain`.
    pub fn receive(&mut self, scratch: &mut Scratch) -> Received {
        let carried = self.received.len();
        if carried > CARRY_BYTES {
            return Received::Broken("a record is longer than any may be".into());
        }
        scratch.cipher[..carried].copy_from_slice(&self.received);
        let taken = match self
            .socket
            .read(&mut scratch.cipher[carried..carried + READ_BYTES])
        {
            Ok(0) => return Received::Finished,
            Ok(taken) => taken,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Received::Broken(error.to_string()),
        };
        self.shared.wire.add_received(taken);
        // A short read empties the socket, save that the end of the stream may stand behind it.
        self.readable = taken == READ_BYTES || (self.hangup && taken > 0);
        // Bytes that were handed over with the connection are looked at even if the socket is empty.
        if taken == 0 && carried == 0 && self.partial.is_empty() {
            return Received::Blocked;
        }
        self.received.clear();
        self.open(carried + taken, scratch)
    }

    fn open(&mut self, length: usize, scratch: &mut Scratch) -> Received {
        scratch.plain.clear();
        scratch.plain.append(&mut self.partial);
        let input = &mut scratch.cipher[..length];
        let Some(tls) = &mut self.tls else {
            scratch.plain.extend_from_slice(input);
            return Received::Data;
        };
        match tls.open(input, &mut scratch.plain, usize::MAX, &mut self.unsent) {
            Ok(opened) => {
                self.received.extend_from_slice(&input[opened.consumed..]);
                if opened.closed {
                    Received::Finished
                } else {
                    Received::Data
                }
            }
            Err(error) => Received::Broken(error.to_string()),
        }
    }

    /// Keep what the decoder did not take.
    pub fn keep_partial(&mut self, rest: &[u8]) {
        self.partial.clear();
        self.partial.extend_from_slice(rest);
        if self.partial.is_empty() && self.partial.capacity() > IDLE_BUFFER_BYTES {
            self.partial = Vec::new();
        }
    }

    /// Seal and send what waits, as far as the socket takes it.
    pub fn flush(&mut self, scratch: &mut Scratch) -> Flushed {
        loop {
            if self.sent < self.unsent.len() {
                match self.write_unsent() {
                    Flushed::Idle => {}
                    other => return other,
                }
            }
            if self.pending.is_empty() {
                return self.settle();
            }
            match self.send_pending(scratch) {
                Flushed::Idle => {}
                other => return other,
            }
        }
    }

    /// The connection is broken: what TLS has to say about that goes out if it still can.
    pub fn send_alert(&mut self) {
        let _ = self.write_unsent();
    }

    fn write_unsent(&mut self) -> Flushed {
        while self.sent < self.unsent.len() {
            match self.socket.write(&self.unsent[self.sent..]) {
                Ok(written) => {
                    self.sent += written;
                    self.shared.wire.add_sent(written);
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

    fn send_pending(&mut self, scratch: &mut Scratch) -> Flushed {
        self.finish_group();
        let pending = std::mem::take(&mut self.pending);
        scratch.sealed.clear();
        let data = match &mut self.tls {
            None => &pending,
            Some(tls) => {
                if tls.seal(&pending, &mut scratch.sealed).is_err() {
                    return Flushed::Broken;
                }
                &scratch.sealed
            }
        };
        let written = match self.socket.write(data) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(_) => return Flushed::Broken,
        };
        self.shared.wire.add_sent(written);
        self.unsent.extend_from_slice(&data[written..]);
        scratch.give_back(pending);
        Flushed::Idle
    }

    /// Nothing waits: go on with closing if that was asked for.
    fn settle(&mut self) -> Flushed {
        self.blocked = false;
        if self.closing.is_some() && !self.write_closed {
            self.write_closed = true;
            if self.socket.shutdown(Shutdown::Write).is_err() {
                return Flushed::Broken;
            }
        }
        Flushed::Idle
    }

    /// Its keys have sealed so much that it should be replaced (TLS 1.2).
    pub fn is_worn_out(&self) -> bool {
        self.tls.as_ref().is_some_and(Tls::is_worn_out)
    }

    /// True between a full socket and the next success.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Send what waits, say goodbye (in TLS only), shut down writing; then the peer has a moment to follow.
    pub fn start_closing(&mut self, now_ms: u64, scratch: &mut Scratch) -> Flushed {
        if self.closing.is_some() {
            return Flushed::Idle;
        }
        self.sends = false;
        if self.flush(scratch) == Flushed::Broken {
            return Flushed::Broken;
        }
        self.seal_rest();
        if let Some(tls) = &mut self.tls {
            tls.close_notify(&mut self.unsent);
        }
        self.closing = Some(now_ms + CLOSE_WAIT_MS);
        self.flush(scratch)
    }

    /// Frames that did not fit into the socket go in front of the goodbye.
    fn seal_rest(&mut self) {
        self.finish_group();
        let pending = std::mem::take(&mut self.pending);
        match &mut self.tls {
            None => self.unsent.extend_from_slice(&pending),
            // A link that can't seal has nothing to say any more.
            Some(tls) => drop(tls.seal(&pending, &mut self.unsent)),
        }
    }
}
