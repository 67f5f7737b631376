//! One connection in the data phase: blocks in, blocks out, inside TLS or raw.

use std::io::{self, Read};
use std::net::Shutdown;
use std::sync::Arc;

use etherloom_switch::PortId;
use etherloom_wire::block::{BlockDecoder, Compressor};
use mio::net::TcpStream;

use crate::congestion::PathWatch;
use crate::message::Transfer;
use crate::os::{self, Arrivals};
use crate::outbound::{Order, Outbound};
use crate::session::{NotQueued, SessionRules};
use crate::shared::LinkShared;
use crate::sight::Watch;
use crate::tls::Tls;

/// Bytes taken from a socket by one read.
pub const READ_BYTES: usize = 256 * 1024;
/// Room in front of them for what an earlier read left: less than one record, or one block.
pub const CARRY_BYTES: usize = 80 * 1024;
const IDLE_BUFFER_BYTES: usize = 16 * 1024;
/// What a worker keeps of emptied buffers.
const POOL_BUFFERS: usize = 64;
const POOL_BUFFER_BYTES: usize = 256 * 1024;
/// A closing link may take so long without anything leaving it.
const CLOSE_WAIT_MS: u64 = 2_000;
/// And so long in all.
const CLOSE_LIMIT_MS: u64 = 15_000;

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
    /// What a read from a device brought.
    pub device: Vec<u8>,
    /// Opened blocks.
    pub plain: Vec<u8>,
    /// A segment of a super-frame, for one target.
    pub segments: Vec<u8>,
    /// A segment of a super-frame, for many targets.
    pub plain_frame: Vec<u8>,
    /// A SYN with a smaller segment size.
    pub clamped: Vec<u8>,
    /// Targets of a flood.
    pub ports: Vec<PortId>,
    /// Sealed blocks.
    pub sealed: Vec<u8>,
    /// Datagrams; there when they are first needed.
    pub arrivals: Option<Arrivals>,
    /// Empty buffers with room, for frames that wait.
    pool: Vec<Vec<u8>>,
    /// Keeps nothing between frames.
    pub compressor: Compressor,
    /// Engine microseconds at the start of the turn.
    pub now_us: u64,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            cipher: vec![0; CARRY_BYTES + READ_BYTES],
            plain: Vec::with_capacity(CARRY_BYTES + READ_BYTES),
            sealed: Vec::with_capacity(CARRY_BYTES + READ_BYTES),
            device: Vec::new(),
            segments: Vec::new(),
            plain_frame: Vec::new(),
            clamped: Vec::new(),
            ports: Vec::new(),
            arrivals: None,
            pool: Vec::new(),
            compressor: Compressor::new(),
            now_us: 0,
        }
    }
}

impl Scratch {
    /// An empty buffer.
    pub fn take_buffer(&mut self) -> Vec<u8> {
        self.pool.pop().unwrap_or_default()
    }

    /// Keep an emptied buffer for the next link that has something to send.
    pub fn give_back(&mut self, mut buffer: Vec<u8>) {
        if self.pool.len() < POOL_BUFFERS && buffer.capacity() <= POOL_BUFFER_BYTES {
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
    /// The peer sends nothing any more.
    pub ended: bool,
    /// Decodes what the peer sends; absent only while it is at work.
    pub decoder: Option<BlockDecoder>,
    /// Opened bytes of an incomplete item.
    pub partial: Vec<u8>,
    tls: Option<Tls>,
    received: Vec<u8>,
    outbound: Outbound,
    write_closed: bool,
    close_limit_ms: u64,
    owed_bytes: usize,
    watch: Watch,
}

impl Link {
    /// A link out of a connection whose socket is registered here.
    pub fn new(transfer: Transfer, rules: &SessionRules, path: PathWatch, now_ms: u64) -> Self {
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
            ended: false,
            decoder: Some(BlockDecoder::new(limits, rules.compress)),
            partial: transfer.plain,
            tls: transfer.tls,
            received: transfer.received,
            outbound: Outbound::new(transfer.unsent, path),
            write_closed: false,
            close_limit_ms: 0,
            owed_bytes: 0,
            watch: Watch::default(),
        }
    }

    /// Bytes that wait for the socket.
    pub fn backlog(&self) -> usize {
        self.outbound.backlog()
    }

    /// True between a full socket and the next success.
    pub fn is_blocked(&self) -> bool {
        self.outbound.is_blocked()
    }

    /// Super-frames would not hold up others for long.
    pub fn is_fast(&self) -> bool {
        self.outbound.is_fast()
    }

    /// Queue a frame. Returns how many others had to go for it.
    pub fn enqueue(&mut self, order: &Order<'_>, scratch: &mut Scratch) -> Result<u64, NotQueued> {
        let others = self.outbound.enqueue(order, scratch)?;
        self.watch.queued();
        Ok(others)
    }

    /// Queue a keep-alive.
    pub fn enqueue_keep_alive(&mut self, body: &[u8], scratch: &mut Scratch) {
        self.outbound.enqueue_keep_alive(body, scratch);
        self.outbound.rest();
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
        match tls.open(
            input,
            &mut scratch.plain,
            usize::MAX,
            &mut self.outbound.unsent,
        ) {
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
        let before = self.backlog();
        let wire = &self.shared.wire;
        let flushed = self
            .outbound
            .flush(&self.socket, &mut self.tls, wire, scratch);
        self.watch
            .flushed(before, self.backlog(), &self.shared.sight);
        match flushed {
            Flushed::Idle => self.settle(),
            other => other,
        }
    }

    /// The connection is broken: what TLS has to say about that goes out if it still can.
    pub fn send_alert(&mut self) {
        let wire = &self.shared.wire;
        let _ = self.outbound.write_unsent(&self.socket, wire, 0);
    }

    /// Nothing waits: go on with closing if that was asked for.
    fn settle(&mut self) -> Flushed {
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

    /// Send what waits, say goodbye (in TLS only), shut down writing; then the peer has a moment to follow.
    pub fn start_closing(&mut self, now_ms: u64, scratch: &mut Scratch) -> Flushed {
        if self.closing.is_some() {
            return Flushed::Idle;
        }
        self.sends = false;
        if self.flush(scratch) == Flushed::Broken {
            return Flushed::Broken;
        }
        self.outbound.seal_rest(&mut self.tls, scratch);
        if let Some(tls) = &mut self.tls {
            tls.close_notify(&mut self.outbound.unsent);
        }
        self.closing = Some(now_ms + CLOSE_WAIT_MS);
        self.close_limit_ms = now_ms + CLOSE_LIMIT_MS;
        self.owed_bytes = usize::MAX;
        self.flush(scratch)
    }

    /// Nothing waits here, and the peer's system has acknowledged everything.
    pub fn is_drained(&self) -> bool {
        self.owed() == 0
    }

    /// Both directions have come to their end, and the peer's system has all that was sent.
    pub fn is_gone(&self) -> bool {
        self.ended && self.write_closed && os::is_over(&self.socket)
    }

    fn owed(&self) -> usize {
        self.backlog() + os::unacknowledged_bytes(&self.socket).unwrap_or(0)
    }

    /// Silent for the time-out; or closing for too long, where each look finds less on its way than the last.
    pub fn is_over(&mut self, now_ms: u64, timeout_ms: u64) -> bool {
        let Some(until_ms) = self.closing else {
            return self.receives && self.last_received_ms + timeout_ms <= now_ms;
        };
        if until_ms > now_ms {
            return false;
        }
        let owed_bytes = self.owed();
        let over = owed_bytes >= self.owed_bytes.max(1) || now_ms >= self.close_limit_ms;
        self.owed_bytes = owed_bytes;
        self.closing = Some((now_ms + CLOSE_WAIT_MS).min(self.close_limit_ms));
        over || owed_bytes == 0
    }
}
