//! The queue between the packet path and the writer. Nobody waits here, and nobody makes memory for a frame that much
//! like one before has passed already.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::thread::Thread;

use crossbeam_queue::ArrayQueue;
use etherloom_switch::lock::Mutex;
use etherloom_switch::record::Level;
use etherloom_switch::{Facts, PortId};

use super::HubLog;
use crate::event::{EventQueue, Notice, Subject};
use crate::shared::SessionShared;

const RECORDS: usize = 16_384;
/// The writer sleeps; beyond this it is woken.
const CROWD: usize = RECORDS / 2;
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Buffers that have grown beyond this are given back to the system.
const SPARE_BYTES: usize = 2_048;
const USUAL_BYTES: usize = 192;
const LINES: usize = 10_000;

/// A frame that is to be written down.
pub struct Note {
    /// How, and where.
    pub log: Arc<HubLog>,
    /// Where it came from.
    pub source: Arc<SessionShared>,
    /// Where it goes.
    pub target: Option<PortId>,
    /// What it is.
    pub facts: Facts,
    /// How much is told.
    pub level: Level,
    /// When it was seen.
    pub now_ms: u64,
    /// Its first bytes.
    pub bytes: Vec<u8>,
}

/// A line for somebody who fetches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SysLine {
    /// Name of the hub.
    pub hub: String,
    /// Unix milliseconds.
    pub unix_ms: u64,
    /// The columns behind date and time.
    pub text: String,
}

/// Notes on their way to the writer, and lines on their way to whoever fetches them.
pub struct Recorder {
    notes: ArrayQueue<Note>,
    spare: ArrayQueue<Vec<u8>>,
    waiting_bytes: AtomicUsize,
    writer: OnceLock<Thread>,
    is_woken: AtomicBool,
    is_stopping: AtomicBool,
    lines: Mutex<VecDeque<SysLine>>,
    lines_lost: AtomicU64,
    events: Arc<EventQueue>,
    notice: Arc<Notice>,
}

impl Recorder {
    /// Without a writer yet.
    pub fn new(events: Arc<EventQueue>) -> Arc<Self> {
        Arc::new(Self {
            notes: ArrayQueue::new(RECORDS),
            spare: ArrayQueue::new(RECORDS),
            waiting_bytes: AtomicUsize::new(0),
            writer: OnceLock::new(),
            is_woken: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
            lines: Mutex::default(),
            lines_lost: AtomicU64::new(0),
            events,
            notice: Notice::new(Subject::Lines, 0),
        })
    }

    /// There is no room at the moment.
    pub(super) fn is_full(&self) -> bool {
        self.notes.is_full()
    }

    /// Queue a note of these bytes; false if there is no room.
    pub(super) fn push(&self, bytes: &[u8], note: impl FnOnce(Vec<u8>) -> Note) -> bool {
        if self.waiting_bytes.fetch_add(bytes.len(), Relaxed) + bytes.len() > MOST_BYTES {
            self.waiting_bytes.fetch_sub(bytes.len(), Relaxed);
            return false;
        }
        let fresh = || Vec::with_capacity(bytes.len().max(USUAL_BYTES));
        let mut kept = self.spare.pop().unwrap_or_else(fresh);
        kept.clear();
        kept.extend_from_slice(bytes);
        if self.notes.push(note(kept)).is_err() {
            self.waiting_bytes.fetch_sub(bytes.len(), Relaxed);
            return false;
        }
        if self.notes.len() >= CROWD && !self.is_woken.swap(true, Relaxed) {
            self.wake();
        }
        true
    }

    fn wake(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    pub(super) fn set_writer(&self, writer: Thread) {
        let _ = self.writer.set(writer);
    }

    /// The oldest note.
    pub(super) fn pop(&self) -> Option<Note> {
        let note = self.notes.pop()?;
        self.waiting_bytes.fetch_sub(note.bytes.len(), Relaxed);
        Some(note)
    }

    /// The bytes of a note that was written.
    pub(super) fn give_back(&self, bytes: Vec<u8>) {
        if bytes.capacity() <= SPARE_BYTES {
            // One more than are kept is freed.
            let _ = self.spare.push(bytes);
        }
    }

    /// The writer is about to sleep.
    pub(super) fn rest(&self) {
        self.is_woken.store(false, Relaxed);
    }

    /// End the writer, once it has written what waits.
    pub fn stop(&self) {
        self.is_stopping.store(true, Release);
        self.wake();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Acquire)
    }

    /// Keep a line; false if nobody fetches them.
    pub(super) fn put_line(&self, line: SysLine) -> bool {
        let mut lines = self.lines.lock();
        if lines.len() >= LINES {
            self.lines_lost.fetch_add(1, Relaxed);
            return false;
        }
        lines.push_back(line);
        true
    }

    pub(super) fn announce_lines(&self) {
        if !self.lines.lock().is_empty() {
            self.events.raise(&self.notice, 1);
        }
    }

    /// The oldest lines, and how many were lost since the last time.
    pub fn take_lines(&self, maximum: usize) -> (Vec<SysLine>, u64) {
        let mut lines = self.lines.lock();
        let count = maximum.min(lines.len());
        let taken = lines.drain(..count).collect();
        (taken, self.lines_lost.swap(0, Relaxed))
    }
}
