//! The table of a worker's ports, and what a port number says.

use std::collections::HashMap;
use std::sync::Arc;

use etherloom_switch::PortId;
use etherloom_wire::capture::Way;

use crate::capture::Spot;
use crate::device::Device;
use crate::hub::Hub;
use crate::session::Native;
use crate::shared::SessionShared;

const SLOT_BITS: u32 = 24;

/// What feeds a port on this worker.
pub enum Body {
    /// The native protocol.
    Native(Box<Native>),
    /// A TAP adapter.
    Device(Box<Device>),
    /// Python.
    Memory,
}

/// A port of a hub on this worker.
pub struct Slot {
    /// What callers share.
    pub shared: Arc<SessionShared>,
    /// The hub it is plugged into.
    pub hub: Arc<Hub>,
    /// Its number there.
    pub port: PortId,
    /// What feeds it.
    pub body: Body,
    /// It has frames that were not flushed.
    pub dirty: bool,
    /// A device that waits for the session it is joined to.
    pub paused: bool,
    /// When the timer of this slot fires; later entries in the heap are stale.
    pub timer_due_ms: u64,
}

/// The ports of a worker. A place is given again as late as possible: frames may be under way to it.
#[derive(Default)]
pub struct Slots {
    entries: Vec<Option<Slot>>,
    by_session: HashMap<u64, usize>,
    next: usize,
}

impl Slots {
    /// Nothing is plugged in.
    pub fn is_empty(&self) -> bool {
        self.by_session.is_empty()
    }

    /// The slot at this place.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Slot> {
        self.entries.get_mut(index)?.as_mut()
    }

    /// The slot at this place.
    pub fn get(&self, index: usize) -> Option<&Slot> {
        self.entries.get(index)?.as_ref()
    }

    /// The place of a session.
    pub fn find(&self, session: u64) -> Option<usize> {
        self.by_session.get(&session).copied()
    }

    /// All places in use.
    pub fn occupied(&self) -> Vec<usize> {
        (0..self.entries.len())
            .filter(|index| self.entries[*index].is_some())
            .collect()
    }

    /// A free place, found in turn.
    pub fn reserve(&mut self) -> usize {
        let length = self.entries.len();
        if self.by_session.len() * 2 >= length {
            self.entries.resize_with((length * 2).max(16), || None);
            self.next = length;
        }
        let length = self.entries.len();
        let free = (0..length)
            .map(|step| (self.next + step) % length)
            .find(|index| self.entries[*index].is_none());
        let index = free.unwrap_or(length);
        self.next = index + 1;
        index
    }

    /// Fill a place that reserve gave.
    pub fn put(&mut self, index: usize, slot: Slot) {
        self.by_session.insert(slot.shared.identifier, index);
        self.entries[index] = Some(slot);
    }

    /// Empty a place.
    pub fn take(&mut self, index: usize) -> Option<Slot> {
        let slot = self.entries.get_mut(index)?.take()?;
        self.by_session.remove(&slot.shared.identifier);
        Some(slot)
    }
}

/// The port number of a place on a worker.
pub fn port_of(worker: usize, slot: usize) -> PortId {
    ((worker as PortId) << SLOT_BITS) | slot as PortId
}

/// The worker and place of a port.
pub fn place_of(port: PortId) -> (usize, usize) {
    (
        (port >> SLOT_BITS) as usize,
        (port & ((1 << SLOT_BITS) - 1)) as usize,
    )
}

impl Slot {
    /// For traces.
    pub fn spot(&self) -> Spot<'_> {
        Spot {
            hub: self.hub.identifier,
            session: &self.shared,
            way: Way::Out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_names_worker_and_place() {
        for (worker, slot) in [(0, 0), (1, 5), (255, (1 << SLOT_BITS) - 1)] {
            assert_eq!(place_of(port_of(worker, slot)), (worker, slot));
        }
    }

    #[test]
    fn places_are_given_again_late() {
        let mut slots = Slots::default();
        let first = slots.reserve();
        let second = slots.reserve();
        assert_ne!(first, second);
    }
}
