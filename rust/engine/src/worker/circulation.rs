//! Frames from nowhere, in turns between which everything else is served.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use etherloom_wire::offload::Packet;

use super::ports::Stream;
use super::{Target, Worker};
use crate::testkit::Circulation;

impl Worker {
    pub(super) fn on_circulate(&mut self, circulation: Arc<Circulation>) {
        let index = self.circulations.len();
        self.circulations.push(circulation);
        self.circulate(index);
    }

    /// One turn, as a link or a device has it.
    pub(super) fn circulate(&mut self, index: usize) {
        let circulation = Arc::clone(&self.circulations[index]);
        if self.is_overtaken() {
            self.again.push_back(Target::Circulation(index));
            return;
        }
        let slot = self.slots.find(circulation.session);
        let Some(source) = slot.and_then(|slot| self.source(slot)) else {
            return;
        };
        let mut stream = Stream::of(&source);
        for frame in &circulation.frames {
            self.ingress(&mut stream, Packet::plain(frame));
        }
        self.send_batches(&source);
        self.flush_dirty();
        if !circulation.is_over.load(Relaxed) {
            self.again.push_back(Target::Circulation(index));
        }
    }

    /// Another worker has much of ours to read: TCP would slow down, and so does what comes from nowhere.
    fn is_overtaken(&self) -> bool {
        let handles = self.shared.handles().iter();
        handles
            // Those that only serve log-ins take no frames.
            .filter_map(|handle| handle.batches.get(self.index))
            .any(|queue| queue.len() >= queue.capacity() / 2)
    }
}
