//! What went through a port, readable while it runs.
//!
//! A [`Traffic`] has one writer at a time, so it counts without locked instructions; drops may come from any thread.

use crate::drops::DropReason;
use crate::frame::Frame;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One direction of a port. Written by one thread at a time, read by any.
#[derive(Debug, Default)]
pub struct Traffic {
    unicast_frames: AtomicU64,
    unicast_bytes: AtomicU64,
    broadcast_frames: AtomicU64,
    broadcast_bytes: AtomicU64,
}

/// [`Traffic`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrafficSnapshot {
    /// Frames to one station.
    pub unicast_frames: u64,
    /// Their bytes.
    pub unicast_bytes: u64,
    /// Frames to a group.
    pub broadcast_frames: u64,
    /// Their bytes.
    pub broadcast_bytes: u64,
}

impl Traffic {
    /// Count a frame as what it is on a plain wire.
    pub fn count(&self, frame: &Frame<'_>) {
        let (frames, bytes) = if frame.is_broadcast() {
            (&self.broadcast_frames, &self.broadcast_bytes)
        } else {
            (&self.unicast_frames, &self.unicast_bytes)
        };
        add(frames, frame.segments());
        add(bytes, frame.wire_bytes());
    }

    /// The figures now; frames and bytes may be one frame apart.
    pub fn snapshot(&self) -> TrafficSnapshot {
        TrafficSnapshot {
            unicast_frames: self.unicast_frames.load(Relaxed),
            unicast_bytes: self.unicast_bytes.load(Relaxed),
            broadcast_frames: self.broadcast_frames.load(Relaxed),
            broadcast_bytes: self.broadcast_bytes.load(Relaxed),
        }
    }
}

impl TrafficSnapshot {
    /// All frames.
    pub const fn frames(&self) -> u64 {
        self.unicast_frames + self.broadcast_frames
    }

    /// All bytes.
    pub const fn bytes(&self) -> u64 {
        self.unicast_bytes + self.broadcast_bytes
    }
}

/// Only right for a counter with one writer; wraps like `fetch_add`.
fn add(counter: &AtomicU64, amount: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(amount), Relaxed);
}

/// Everything that is counted for a port.
#[derive(Debug)]
pub struct Counters {
    /// From the port into the hub.
    pub received: Traffic,
    /// From the hub to the port.
    pub sent: Traffic,
    drops: [AtomicU64; DropReason::ALL.len()],
}

/// [`Counters`] at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountersSnapshot {
    /// From the port into the hub.
    pub received: TrafficSnapshot,
    /// From the hub to the port.
    pub sent: TrafficSnapshot,
    drops: [u64; DropReason::ALL.len()],
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            received: Traffic::default(),
            sent: Traffic::default(),
            drops: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

impl Counters {
    /// Count a frame that was dropped, from any thread.
    pub fn dropped(&self, reason: DropReason) {
        self.dropped_many(reason, 1);
    }

    /// Count frames that were dropped together.
    pub fn dropped_many(&self, reason: DropReason, frames: u64) {
        self.drops[reason.index()].fetch_add(frames, Relaxed);
    }

    /// The figures now.
    pub fn snapshot(&self) -> CountersSnapshot {
        CountersSnapshot {
            received: self.received.snapshot(),
            sent: self.sent.snapshot(),
            drops: std::array::from_fn(|index| self.drops[index].load(Relaxed)),
        }
    }
}

impl CountersSnapshot {
    /// Frames dropped for one reason.
    pub const fn dropped(&self, reason: DropReason) -> u64 {
        self.drops[reason.index()]
    }

    /// Every reason with its count, zeros too.
    pub fn drops(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        DropReason::ALL.into_iter().zip(self.drops)
    }
}

#[cfg(test)]
mod tests {
    use super::{Counters, TrafficSnapshot};
    use crate::{DropReason, Frame, Offload};

    #[test]
    fn directions_and_kinds_are_apart() {
        let counters = Counters::default();
        counters.received.count(&Frame::plain(&[0x02; 60]));
        counters.received.count(&Frame::plain(&[0x02; 40]));
        counters.sent.count(&Frame::plain(&[0xff; 50]));

        let now = counters.snapshot();

        let received = TrafficSnapshot {
            unicast_frames: 2,
            unicast_bytes: 100,
            ..Default::default()
        };
        let sent = TrafficSnapshot {
            broadcast_frames: 1,
            broadcast_bytes: 50,
            ..Default::default()
        };
        assert_eq!((now.received, now.sent), (received, sent));
        assert_eq!((now.received.frames(), now.sent.bytes()), (2, 50));
    }

    #[test]
    fn super_frames_count_as_on_the_wire() {
        let counters = Counters::default();
        let offload = Offload {
            header_length: 54,
            segment_size: 100,
        };
        counters.sent.count(&Frame {
            bytes: &[0x02; 54 + 250],
            offload,
        });
        let sent = counters.snapshot().sent;
        assert_eq!((sent.unicast_frames, sent.unicast_bytes), (3, 3 * 54 + 250));
    }

    #[test]
    fn drops_are_named() {
        let counters = Counters::default();
        counters.dropped(DropReason::SamePort);
        counters.dropped_many(DropReason::QueueFull, 7);
        let now = counters.snapshot();
        assert_eq!(now.dropped(DropReason::QueueFull), 7);
        let some: Vec<_> = now.drops().filter(|(_, count)| *count > 0).collect();
        assert_eq!(
            some,
            [(DropReason::SamePort, 1), (DropReason::QueueFull, 7)]
        );
    }
}
