//! How many packets share a system call, and how long they wait for it: for whoever looks at a running server.
//!
//! Counted once a batch by the session's worker, never once a frame; nothing here decides anything.

mod histogram;
mod outcome;
mod watch;

pub use histogram::{Histogram, HistogramSnapshot};
pub use outcome::Outcome;
pub use watch::Watch;

/// The figures of one session. One writer: its worker.
#[derive(Debug, Default)]
pub struct Sight {
    /// Microseconds from the first frame of a batch until the socket had taken it and all before it.
    pub queue_delay_us: Histogram,
    /// Packets that were ready for one write, super-frames counting once.
    pub sent_batch: Histogram,
    /// Packets that one read, or one turn at a device, brought.
    pub received_batch: Histogram,
}

/// [`Sight`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SightSnapshot {
    /// Microseconds that batches waited.
    pub queue_delay_us: HistogramSnapshot,
    /// Packets a write.
    pub sent_batch: HistogramSnapshot,
    /// Packets a read.
    pub received_batch: HistogramSnapshot,
}

impl Sight {
    /// The figures now.
    pub fn snapshot(&self) -> SightSnapshot {
        SightSnapshot {
            queue_delay_us: self.queue_delay_us.snapshot(),
            sent_batch: self.sent_batch.snapshot(),
            received_batch: self.received_batch.snapshot(),
        }
    }
}
