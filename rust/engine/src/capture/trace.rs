//! One trace: what it is about, and the records that wait to be brought out.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_queue::ArrayQueue;
use etherloom_switch::DropReason;
use etherloom_wire::capture::{Fields, Filter, Way};
use etherloom_wire::offload::{Packet, VirtioHeader};
use parking_lot::Mutex;

use super::Spot;
use crate::shared::SessionShared;

const QUEUE_RECORDS: usize = 8_192;
const QUEUE_BYTES: usize = 16 * 1024 * 1024;
/// A line costs little, but somebody has to fetch it.
const LINES: usize = 10_000;

/// What a trace is about.
pub struct TraceSettings {
    /// The hub.
    pub hub: u64,
    /// One session alone.
    pub session: Option<u64>,
    /// Dropped frames only.
    pub drops: bool,
    /// Frames that are meant; all without one.
    pub filter: Option<Filter>,
    /// Bytes kept of each frame; 0: all.
    pub snap: usize,
    /// It ends after so many; 0: never.
    pub count: u64,
    /// Said at the head of a file.
    pub about: String,
}

/// What was seen.
pub(super) struct Seen {
    pub unix_ns: u64,
    pub session: Arc<SessionShared>,
    pub way: Way,
    pub reason: Option<DropReason>,
    /// Without bytes: frames that were not at hand any more.
    pub frames: u64,
    pub header: VirtioHeader,
    pub length: usize,
    pub bytes: Box<[u8]>,
}

/// What was seen, for people.
#[derive(Clone, Debug)]
pub struct Line {
    /// Unix nanoseconds.
    pub unix_ns: u64,
    /// The session.
    pub session: u64,
    /// What people call it.
    pub port: String,
    /// From its peer, not to it.
    pub inward: bool,
    /// Why it was dropped.
    pub reason: Option<&'static str>,
    /// The frame in short.
    pub summary: String,
}

/// How a trace is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceSnapshot {
    /// Records that were brought out.
    pub records: u64,
    /// Records that were lost.
    pub lost: u64,
    /// It is over.
    pub finished: bool,
    /// Because of this.
    pub error: Option<String>,
}

/// A trace.
pub struct Trace {
    pub(super) settings: TraceSettings,
    queue: ArrayQueue<Seen>,
    queued_bytes: AtomicUsize,
    taken: AtomicU64,
    pub(super) records: AtomicU64,
    lost: AtomicU64,
    stopping: AtomicBool,
    finished: AtomicBool,
    error: OnceLock<String>,
    lines: Mutex<VecDeque<Line>>,
}

impl Trace {
    /// A trace that nothing feeds yet.
    pub(super) fn new(settings: TraceSettings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            queue: ArrayQueue::new(QUEUE_RECORDS),
            queued_bytes: AtomicUsize::new(0),
            taken: AtomicU64::new(0),
            records: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            error: OnceLock::new(),
            lines: Mutex::default(),
        })
    }

    pub(super) fn see(
        &self,
        spot: &Spot<'_>,
        packet: &Packet<'_>,
        fields: &Fields,
        reason: Option<DropReason>,
    ) {
        let settings = &self.settings;
        let meant = || {
            settings
                .filter
                .as_ref()
                .is_none_or(|one| one.matches(fields))
        };
        if (settings.drops && reason.is_none()) || !meant() {
            return;
        }
        let keep = match settings.snap {
            0 => packet.bytes.len(),
            snap => packet.bytes.len().min(snap),
        };
        if self.may_take(keep) {
            self.push(Seen {
                unix_ns: unix_nanoseconds(),
                session: Arc::clone(spot.session),
                way: spot.way,
                reason,
                frames: 1,
                header: packet.header,
                length: packet.bytes.len(),
                bytes: packet.bytes[..keep].into(),
            });
        }
    }

    /// A filter can't be asked about what is not there: such drops are shown without a filter only.
    pub(super) fn lose(&self, spot: &Spot<'_>, reason: DropReason, frames: u64) {
        if self.settings.filter.is_none() && self.may_take(0) {
            self.push(Seen {
                unix_ns: unix_nanoseconds(),
                session: Arc::clone(spot.session),
                way: spot.way,
                reason: Some(reason),
                frames,
                header: VirtioHeader::default(),
                length: 0,
                bytes: Box::default(),
            });
        }
    }

    /// It looks at this hub and session.
    pub(super) fn is_about(&self, spot: &Spot<'_>) -> bool {
        let settings = &self.settings;
        let session = spot.session.identifier;
        settings.hub == spot.hub && settings.session.is_none_or(|wanted| wanted == session)
    }

    /// There is room, and it has not had enough.
    fn may_take(&self, bytes: usize) -> bool {
        let ticket = self.taken.fetch_add(1, Relaxed);
        if self.settings.count > 0 && ticket >= self.settings.count {
            return false;
        }
        if self.queued_bytes.fetch_add(bytes, Relaxed) + bytes > QUEUE_BYTES {
            self.queued_bytes.fetch_sub(bytes, Relaxed);
            self.lost.fetch_add(1, Relaxed);
            return false;
        }
        true
    }

    fn push(&self, seen: Seen) {
        if let Err(refused) = self.queue.push(seen) {
            self.queued_bytes.fetch_sub(refused.bytes.len(), Relaxed);
            self.lost.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn pop(&self) -> Option<Seen> {
        let seen = self.queue.pop()?;
        self.queued_bytes.fetch_sub(seen.bytes.len(), Relaxed);
        Some(seen)
    }

    /// All that it was asked for is there, or lost.
    fn has_enough(&self) -> bool {
        let count = self.settings.count;
        count > 0 && self.records.load(Relaxed) + self.lost.load(Relaxed) >= count
    }

    pub(super) fn count_lost(&self, records: u64) {
        self.lost.fetch_add(records, Relaxed);
    }

    /// What waits is brought out by nobody.
    pub(super) fn abandon(&self) {
        while self.pop().is_some() {
            self.count_lost(1);
        }
    }

    /// What it was about is gone: it ends with what it has.
    pub(super) fn orphan(&self, reason: &str) {
        let _ = self.error.set(reason.into());
    }

    /// For whoever fetches lines.
    pub(super) fn put_line(&self, line: Line) {
        let mut lines = self.lines.lock();
        if lines.len() < LINES {
            lines.push_back(line);
            self.records.fetch_add(1, Relaxed);
        } else {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    /// Lines that came since the last time.
    pub fn take_lines(&self, maximum: usize) -> Vec<Line> {
        let mut lines = self.lines.lock();
        let count = maximum.min(lines.len());
        lines.drain(..count).collect()
    }

    /// End it; what waits is still brought out.
    pub fn stop(&self) {
        self.stopping.store(true, Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Acquire)
    }

    /// Nothing more comes, whatever the reason.
    pub(super) fn is_over(&self) -> bool {
        self.is_stopping() || self.has_enough() || self.error.get().is_some()
    }

    pub(super) fn finish(&self, error: Option<String>) {
        if let Some(error) = error {
            let _ = self.error.set(error);
        }
        self.finished.swap(true, AcqRel);
    }

    /// How it is.
    pub fn snapshot(&self) -> TraceSnapshot {
        TraceSnapshot {
            finished: self.finished.load(Acquire),
            records: self.records.load(Relaxed),
            lost: self.lost.load(Relaxed),
            error: self.error.get().cloned(),
        }
    }
}

/// The one place of the engine that asks what time it is for people: everything else runs by the monotonic clock.
#[allow(
    clippy::disallowed_methods,
    reason = "files of traces and logs carry the time of day"
)]
pub(crate) fn unix_nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}
