//! UDP acceleration of one session on its worker: its socket, what waits for it, and whether frames may go there.
//!
//! It never ends a session: what goes wrong here sends the frames back to the session's connections.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use etherloom_switch::DropReason;
use etherloom_wire::acceleration::{
    MAXIMUM_PAYLOAD_BYTES, Opener, PADDING_LIMIT, Path, Protection, SALT_BYTES, Sealer, Timing,
    Window,
};
use etherloom_wire::block::{Compressor, InflateError, Inflater};
use parking_lot::Mutex;

use crate::os::{self, Arrivals, Run};
use crate::passing::Passing;
use crate::session::NotQueued;
use crate::sight::{Outcome, Sight, Watch};

/// What waits is sent when it is so much, so that it is still in the processor's cache.
const FLUSH_BYTES: usize = 64 * 1024;
/// What may wait for a socket that is full.
const QUEUE_BYTES: usize = 512 * 1024;
/// Limits of the kernel for what it cuts: datagrams, and bytes.
const RUN_DATAGRAMS: usize = 64;
const RUN_BYTES: usize = 65_000;
/// Ethernet's 1,500 bytes less the headers of IPv4 and UDP: longer ones can't be cut by the kernel.
const SEGMENT_BYTES: usize = 1_472;

/// What both ends agreed on.
#[derive(Clone, Debug)]
pub struct AccelerationRules {
    /// Where the other end may be, the likeliest first; never empty.
    pub peers: Vec<SocketAddr>,
    /// Ours.
    pub send: Protection,
    /// The other end's.
    pub receive: Protection,
    /// What the other end shows us.
    pub own_cookie: u32,
    /// What we show it.
    pub peer_cookie: u32,
    /// Both ends detect a dead path fast.
    pub fast: bool,
    /// Both ends number their datagrams and wait less.
    pub own: bool,
    /// Frames are compressed.
    pub compress: bool,
}

impl AccelerationRules {
    fn timing(&self) -> Timing {
        match (self.own, self.fast) {
            (true, _) => Timing::OWN,
            (false, true) => Timing::FAST,
            (false, false) => Timing::NORMAL,
        }
    }
}

/// What callers may ask.
#[derive(Debug, Default)]
pub struct AccelerationShared {
    /// The other end answers.
    pub reached: AtomicBool,
    /// Frames go this way.
    pub active: AtomicBool,
    /// How often they did and had to go back.
    pub fallbacks: AtomicU64,
    /// Datagrams to the other end.
    pub sent: AtomicU64,
    /// Authentic ones of the other end.
    pub received: AtomicU64,
    /// Not authentic, or malformed.
    pub forged: AtomicU64,
    /// Authentic, and seen before, too old or for another session.
    pub replayed: AtomicU64,
    /// Where the other end is.
    pub peer: Mutex<Option<SocketAddr>>,
}

/// The worker's half.
pub struct Acceleration {
    /// Number of its socket at the worker.
    pub identifier: u64,
    /// For callers.
    pub shared: Arc<AccelerationShared>,
    /// The socket was full.
    pub blocked: bool,
    rules: AccelerationRules,
    socket: UdpSocket,
    path: Path,
    sealer: Sealer,
    opener: Opener,
    window: Option<Box<Window>>,
    inflater: Option<Box<Inflater>>,
    peer: SocketAddr,
    now_ms: u64,
    ready: bool,
    pending: Vec<u8>,
    runs: Vec<Run>,
    packed: Vec<u8>,
    segment_limit: usize,
    sight: Arc<Sight>,
    watch: Watch,
    outcome: Outcome,
}

impl Acceleration {
    /// Nothing was sent. The salt is random.
    pub fn new(
        identifier: u64,
        socket: UdpSocket,
        rules: AccelerationRules,
        salt: [u8; SALT_BYTES],
        shared: Arc<AccelerationShared>,
        sight: Arc<Sight>,
    ) -> Self {
        let peer = rules.peers[0];
        *shared.peer.lock() = Some(peer);
        Self {
            identifier,
            shared,
            blocked: false,
            path: Path::new(rules.timing(), rules.own_cookie, rules.peer_cookie),
            sealer: Sealer::new(&rules.send, salt),
            opener: Opener::new(&rules.receive),
            window: rules.own.then(Box::default),
            inflater: None,
            peer,
            rules,
            socket,
            now_ms: 0,
            ready: false,
            pending: Vec::new(),
            runs: Vec::new(),
            packed: Vec::new(),
            segment_limit: SEGMENT_BYTES,
            sight,
            watch: Watch::default(),
            outcome: Outcome::default(),
        }
    }

    /// For the poll.
    pub fn descriptor(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// This frame goes by UDP.
    pub fn takes(&self, passing: &Passing<'_>) -> bool {
        self.ready && passing.segments.length(0) <= MAXIMUM_PAYLOAD_BYTES
    }

    /// Frames go by UDP.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// Bytes that wait.
    pub fn backlog(&self) -> usize {
        self.pending.len()
            - self
                .runs
                .first()
                .map_or(self.pending.len(), |run| run.start)
    }

    /// When `tick` is due.
    pub fn next_due_ms(&self) -> u64 {
        self.path.next_due_ms().saturating_sub(1)
    }

    /// The clock has gone on: notice what has changed, send a keep-alive that is due.
    pub fn tick(&mut self, now_ms: u64, random: u64) {
        // The path's clock is never 0.
        self.now_ms = now_ms + 1;
        self.path.settle(self.now_ms);
        if self.path.take_keep_alive(self.now_ms, random >> 8) {
            self.send_keep_alive(random as usize % PADDING_LIMIT);
        }
        self.publish();
    }

    /// Until frames go this way, all places are tried where the other end may be.
    fn send_keep_alive(&mut self, padding: usize) {
        let mut datagram = Vec::new();
        let header = self.path.header(self.now_ms);
        self.sealer.seal(&header, 0, padding, &mut datagram, |_| ());
        let failed = self.send_to(self.peer, &datagram);
        if !self.path.is_ready(self.now_ms) {
            for peer in self.rules.peers.clone() {
                if peer != self.peer {
                    let _ = self.send_to(peer, &datagram);
                }
            }
        }
        if failed.is_err_and(|error| !is_passing(&error)) {
            self.path.fail(self.now_ms);
        }
    }

    fn send_to(&mut self, peer: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        os::send_run(&self.socket, peer, datagram, datagram.len())?;
        self.outcome.sent(datagram.len());
        self.shared.sent.fetch_add(1, Relaxed);
        Ok(())
    }

    fn publish(&mut self) {
        self.ready = self.path.is_ready(self.now_ms);
        self.shared.active.store(self.ready, Relaxed);
        self.shared
            .reached
            .store(self.path.is_alive(self.now_ms), Relaxed);
        self.shared.fallbacks.store(self.path.falls(), Relaxed);
    }

    /// Queue a frame, cut where it must be.
    pub fn enqueue(
        &mut self,
        passing: &Passing<'_>,
        compressor: &mut Compressor,
        memory: &mut Vec<u8>,
    ) -> Result<(), NotQueued> {
        if self.backlog() + passing.segment_bytes() > QUEUE_BYTES {
            return Err(NotQueued::Full);
        }
        for index in 0..passing.segments.count() {
            if self.rules.compress {
                memory.clear();
                passing.segments.append(index, memory);
                self.append_compressed(memory, compressor);
            } else {
                let length = passing.segments.length(index);
                self.append(false, length, |out| passing.segments.append(index, out));
            }
        }
        if self.pending.len() >= FLUSH_BYTES && !self.blocked {
            self.flush();
        }
        Ok(())
    }

    /// What doesn't get shorter goes as it is.
    fn append_compressed(&mut self, frame: &[u8], compressor: &mut Compressor) {
        let mut packed = std::mem::take(&mut self.packed);
        packed.clear();
        let compressed = compressor.compress(frame, &mut packed);
        if compressed.is_ok() && packed.len() < frame.len() {
            self.append(true, packed.len(), |out| out.extend_from_slice(&packed));
        } else {
            self.append(false, frame.len(), |out| out.extend_from_slice(frame));
        }
        self.packed = packed;
    }

    fn append(&mut self, compressed: bool, length: usize, fill: impl FnOnce(&mut Vec<u8>)) {
        let mut header = self.path.header(self.now_ms);
        header.compressed = compressed;
        let start = self.pending.len();
        if self
            .sealer
            .seal(&header, length as u16, 0, &mut self.pending, fill)
        {
            self.watch.queued();
            self.join_run(start);
        } else {
            self.outcome.lose(DropReason::TooLong, 1);
        }
    }

    /// A datagram as long as the one before, or the last and shorter one, goes with it in one call.
    fn join_run(&mut self, start: usize) {
        let end = self.pending.len();
        let length = end - start;
        if let Some(run) = self.runs.last_mut()
            && length <= run.segment
            && run.segment <= self.segment_limit
            && (run.end - run.start) % run.segment == 0
            && (run.end - run.start) / run.segment < RUN_DATAGRAMS
            && end - run.start <= RUN_BYTES
        {
            run.end = end;
            return;
        }
        self.runs.push(Run {
            start,
            end,
            segment: length,
        });
    }

    /// Send what waits, as far as the socket takes it.
    pub fn flush(&mut self) {
        let before = self.backlog();
        self.send_runs();
        self.forget_sent();
        let after = self.backlog();
        self.watch.flushed(before, after, &self.sight);
    }

    /// What sending came to since the last time: the worker counts it.
    pub fn take_outcome(&mut self) -> Outcome {
        std::mem::take(&mut self.outcome)
    }

    fn send_runs(&mut self) {
        self.blocked = false;
        let mut gone = 0;
        let mut runs = std::mem::take(&mut self.runs);
        for run in &mut runs {
            match self.send_waiting(run) {
                Ok(()) => gone += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked = true;
                    break;
                }
                Err(error) if is_passing(&error) => {
                    self.outcome.lose(reason_of(&error), count_datagrams(run));
                    gone += 1;
                }
                Err(_) => {
                    self.path.fail(self.now_ms);
                    self.publish();
                    let left = runs[gone..].iter().map(count_datagrams).sum();
                    self.outcome.lose(DropReason::NoLink, left);
                    gone = runs.len();
                    break;
                }
            }
        }
        runs.drain(..gone);
        self.runs = runs;
    }

    /// The memory of what has gone is for what comes.
    fn forget_sent(&mut self) {
        let sent = self.pending.len() - self.backlog();
        if sent == self.pending.len() {
            self.pending.clear();
        } else if sent > FLUSH_BYTES {
            self.pending.drain(..sent);
            for run in &mut self.runs {
                run.start -= sent;
                run.end -= sent;
            }
        }
    }

    fn send_waiting(&mut self, run: &mut Run) -> io::Result<()> {
        while run.start < run.end {
            let single = run.segment > self.segment_limit;
            let step = if single {
                run.segment
            } else {
                run.end - run.start
            };
            let end = run.end.min(run.start + step);
            let part = &self.pending[run.start..end];
            match os::send_run(&self.socket, self.peer, part, run.segment) {
                Ok(()) => {
                    let datagrams = part.len().div_ceil(run.segment) as u64;
                    self.shared.sent.fetch_add(datagrams, Relaxed);
                    self.outcome.sent(part.len());
                    run.start = end;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The path takes less than we thought, or can't cut: one by one, then.
                Err(error) if part.len() > run.segment && error.kind() != ErrorKind::WouldBlock => {
                    self.segment_limit = run.segment - 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Take what has come; true if there may be more. An error of the socket is not the peer's last word.
    pub fn receive(&mut self, arrivals: &mut Arrivals) -> bool {
        match os::receive(&self.socket, arrivals) {
            Ok(more) => more,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }

    /// Look at a datagram. True if it is the other end's; a frame in it is visited, or why there is none.
    pub fn take(
        &mut self,
        from: SocketAddr,
        datagram: &mut [u8],
        visit: &mut impl FnMut(Result<&[u8], DropReason>),
    ) -> bool {
        let Ok(opened) = self.opener.open(datagram) else {
            self.shared.forged.fetch_add(1, Relaxed);
            return false;
        };
        if let Some(window) = &mut self.window
            && opened.number.is_some_and(|number| !window.take(number))
        {
            self.shared.replayed.fetch_add(1, Relaxed);
            return false;
        }
        let Ok(taken) = self.path.receive(self.now_ms, &opened.header) else {
            self.shared.replayed.fetch_add(1, Relaxed);
            return false;
        };
        self.shared.received.fetch_add(1, Relaxed);
        if taken.latest && from != self.peer {
            self.peer = from;
            *self.shared.peer.lock() = Some(from);
        }
        if opened.header.compressed {
            let inflater = self
                .inflater
                .get_or_insert_with(|| Box::new(Inflater::new(MAXIMUM_PAYLOAD_BYTES)));
            visit(
                inflater
                    .inflate(opened.payload)
                    .map_err(reason_of_inflating),
            );
        } else if !opened.payload.is_empty() {
            visit(Ok(opened.payload));
        }
        true
    }
}

/// The system is short of something for a moment, or this one datagram can't be sent.
fn is_passing(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock
        || error.kind() == ErrorKind::Interrupted
        || matches!(error.raw_os_error(), Some(libc::ENOBUFS | libc::EMSGSIZE))
}

fn count_datagrams(run: &Run) -> u64 {
    (run.end - run.start).div_ceil(run.segment) as u64
}

/// What the frames are dropped for that one call could not send.
fn reason_of(error: &io::Error) -> DropReason {
    match error.raw_os_error() {
        Some(libc::EMSGSIZE) => DropReason::TooLong,
        _ => DropReason::QueueFull,
    }
}

fn reason_of_inflating(error: InflateError) -> DropReason {
    match error {
        InflateError::Broken => DropReason::BadCompression,
        InflateError::TooLong => DropReason::InflatesTooLong,
    }
}

#[cfg(test)]
mod tests;
