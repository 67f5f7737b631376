//! What sending datagrams came to, collected where they are sent and counted once a flush.

use etherloom_switch::{Counters, DropReason};

use crate::shared::WireCounters;

/// Datagrams that went, and frames that did not.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Frames that were queued and then could not be sent.
    pub lost: Vec<(DropReason, u64)>,
    /// Sent.
    pub bytes: u64,
    /// System calls that sent them.
    pub calls: u64,
}

impl Outcome {
    /// One system call took so many bytes.
    pub fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        self.calls += 1;
    }

    /// Frames are not sent, and why.
    pub fn lose(&mut self, reason: DropReason, frames: u64) {
        if frames > 0 {
            self.lost.push((reason, frames));
        }
    }

    /// Count it all for the session.
    pub fn count(&self, wire: &WireCounters, counters: &Counters) {
        if self.calls > 0 {
            wire.add_datagrams(self.bytes, self.calls);
        }
        for (reason, frames) in &self.lost {
            counters.dropped_many(*reason, *frames);
        }
    }
}
