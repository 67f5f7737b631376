//! Traces: what passes a hub or a session, for people who look for a fault.
//!
//! While nobody traces, the packet path pays one relaxed load a frame. While somebody does, records go into a bounded
//! queue, and a thread of the trace's own brings them out: what does not fit is lost to the trace and counted, and
//! frames never wait for it.

mod output;
mod trace;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use etherloom_switch::{DropReason, Verdict};
use etherloom_wire::capture::{Fields, Way};
use etherloom_wire::offload::Packet;
use parking_lot::Mutex;

use crate::shared::SessionShared;
pub(crate) use trace::unix_nanoseconds;
pub use trace::{Line, Trace, TraceSettings, TraceSnapshot};
pub use writer::start;

/// Where a frame is seen.
pub struct Spot<'a> {
    /// The hub.
    pub hub: u64,
    /// The session whose port it passes.
    pub session: &'a Arc<SessionShared>,
    /// Which way.
    pub way: Way,
}

/// The place in the packet path where traces look.
#[derive(Default)]
pub struct Tap {
    armed: AtomicBool,
    traces: ArcSwap<Vec<Arc<Trace>>>,
    change: Mutex<()>,
}

impl Tap {
    /// A frame passes, or is dropped.
    #[inline]
    pub fn see(&self, spot: &Spot<'_>, packet: &Packet<'_>, reason: Option<DropReason>) {
        if self.armed.load(Ordering::Relaxed) {
            self.show(spot, packet, reason);
        }
    }

    /// Frames that are not at hand any more were dropped.
    #[inline]
    pub fn lose(&self, spot: &Spot<'_>, reason: DropReason, frames: u64) {
        if frames > 0 && self.armed.load(Ordering::Relaxed) {
            let traces = self.traces.load();
            for trace in traces.iter().filter(|trace| trace.is_about(spot)) {
                trace.lose(spot, reason, frames);
            }
        }
    }

    #[cold]
    fn show(&self, spot: &Spot<'_>, packet: &Packet<'_>, reason: Option<DropReason>) {
        let traces = self.traces.load();
        let mut meant = traces
            .iter()
            .filter(|trace| trace.is_about(spot))
            .peekable();
        // Other hubs pay no more than a look at the list.
        if meant.peek().is_none() {
            return;
        }
        let fields = Fields::of(packet.bytes);
        for trace in meant {
            trace.see(spot, packet, &fields, reason);
        }
    }

    fn add(&self, trace: &Arc<Trace>) {
        self.change(|traces| traces.push(Arc::clone(trace)));
    }

    fn remove(&self, trace: &Arc<Trace>) {
        self.change(|traces| traces.retain(|other| !Arc::ptr_eq(other, trace)));
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Trace>>)) {
        let _changing = self.change.lock();
        let mut traces = self.traces.load().as_ref().clone();
        change(&mut traces);
        self.armed.store(!traces.is_empty(), Ordering::Relaxed);
        self.traces.store(Arc::new(traces));
    }
}

/// Why the hub dropped a frame, if it did.
pub fn reason_of(verdict: Verdict) -> Option<DropReason> {
    match verdict {
        Verdict::Drop(reason) => Some(reason),
        Verdict::Unicast(_) | Verdict::Flood | Verdict::Treat => None,
    }
}
