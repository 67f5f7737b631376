//! Timers of a worker: one heap of monotonic milliseconds, entries are looked at again when they fire.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::worker::{Target, Worker};

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Deadline or end of closing of a connection.
    Connection(u64),
    /// Keep-alives and time-outs of the session in this slot.
    Session { slot: usize, session: u64 },
    /// Frames that an access list keeps back.
    Waiting,
}

/// The heap. An entry that is no longer due when it fires is put back by its owner.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(u64, Timer)>>,
}

impl Timers {
    /// Fire at this time.
    pub fn arm(&mut self, due_ms: u64, timer: Timer) {
        if due_ms != u64::MAX {
            self.heap.push(Reverse((due_ms, timer)));
        }
    }

    /// The earliest time, or `u64::MAX`.
    pub fn next_due_ms(&self) -> u64 {
        self.heap.peek().map_or(u64::MAX, |Reverse((due, _))| *due)
    }

    fn pop_due(&mut self, now_ms: u64) -> Option<Timer> {
        if self.next_due_ms() > now_ms {
            return None;
        }
        self.heap.pop().map(|Reverse((_, timer))| timer)
    }
}

impl Worker {
    pub(super) fn run_timers(&mut self) {
        while let Some(timer) = self.timers.pop_due(self.now_ms) {
            let target = match timer {
                Timer::Connection(identifier) => Some(Target::Connection(identifier)),
                Timer::Session { session, .. } => Some(Target::Session(session)),
                Timer::Waiting => None,
            };
            self.guarded(target, |worker| match timer {
                Timer::Connection(identifier) => worker.on_connection_timer(identifier),
                Timer::Session { slot, session } => worker.on_session_timer(slot, session),
                Timer::Waiting => worker.release_waiting(),
            });
        }
    }
}
