//! The way of a frame: from a port into its hub, to the target ports here and on other workers.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use etherloom_switch::{DropReason, PortId, Verdict};
use etherloom_wire::capture::Way;
use etherloom_wire::offload::Packet;

use super::{Target, Worker};
use crate::capture::{Spot, reason_of};
use crate::device::{Device, Written};
use crate::event::session as flag;
use crate::hub::Hub;
use crate::link::Flushed;
use crate::message::Batch;
use crate::passing::Passing;
use crate::session::{Native, NotQueued};
use crate::shared::{SessionShared, Shared};

const SLOT_BITS: u32 = 24;
const BATCH_BYTES: usize = 256 * 1024;
/// The longest super-frame with its header.
const DEVICE_READ_BYTES: usize = 66 * 1024;
/// What a device may read before others have their turn.
const DEVICE_BYTES_PER_TURN: usize = 192 * 1024;
/// A short frame costs as much as this many bytes.
const DEVICE_FRAME_COST_BYTES: usize = 1_400;

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

/// Where frames come from.
pub struct Source {
    /// The port's hub.
    pub hub: Arc<Hub>,
    /// The session, for its counters.
    pub session: Arc<SessionShared>,
    /// The port.
    pub port: PortId,
    /// TCP that comes from it is told to send no larger segments; 0: it isn't told anything.
    pub mss_limit: u16,
}

impl Source {
    /// For traces.
    pub fn spot(&self) -> Spot<'_> {
        Spot {
            hub: self.hub.identifier,
            session: &self.session,
            way: Way::In,
        }
    }
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

impl Worker {
    pub(super) fn source(&self, slot: usize) -> Option<Source> {
        let slot = self.slots.get(slot)?;
        Some(Source {
            hub: Arc::clone(&slot.hub),
            session: Arc::clone(&slot.shared),
            port: slot.port,
            mss_limit: match &slot.body {
                Body::Native(native) => native.rules.mss_limit,
                Body::Device(_) | Body::Memory => 0,
            },
        })
    }

    /// One frame from a port, with what its origin said about it.
    pub(super) fn ingress(&mut self, source: &Source, packet: Packet<'_>) {
        if source.session.ended.get().is_some() {
            return;
        }
        #[cfg(test)]
        crate::tests::provoke(b"fault of the origin", packet.bytes);
        let Ok(passing) = Passing::of(packet) else {
            source.session.counters.dropped(DropReason::BadOffload);
            let tap = &self.shared.tap;
            tap.see(&source.spot(), &packet, Some(DropReason::BadOffload));
            return;
        };
        if source.mss_limit == 0 {
            return self.judge(source, &passing);
        }
        let mut memory = std::mem::take(&mut self.scratch.clamped);
        match passing.clamped(source.mss_limit, &mut memory) {
            Some(frame) => self.judge(source, &Passing::plain(frame)),
            None => self.judge(source, &passing),
        }
        self.scratch.clamped = memory;
    }

    fn judge(&mut self, source: &Source, passing: &Passing<'_>) {
        let packet = &passing.packet;
        let frame = passing.frame();
        let verdict = source.hub.forward(source.port, &frame, self.now_ms);
        let tap = &self.shared.tap;
        tap.see(&source.spot(), packet, reason_of(verdict));
        match verdict {
            Verdict::Drop(reason) => source
                .session
                .counters
                .dropped_many(reason, frame.segments()),
            Verdict::Unicast(port) => {
                source.session.counters.received.count(&frame);
                self.deliver(source, &[port], passing);
            }
            Verdict::Flood => {
                source.session.counters.received.count(&frame);
                self.flood(source, passing);
            }
        }
    }

    fn flood(&mut self, source: &Source, passing: &Passing<'_>) {
        let mut targets = std::mem::take(&mut self.scratch.ports);
        targets.clear();
        let ports = source.hub.ports();
        targets.extend(ports.iter().filter(|port| **port != source.port));
        for of_worker in targets.chunk_by(|one, other| place_of(*one).0 == place_of(*other).0) {
            self.deliver(source, of_worker, passing);
        }
        self.scratch.ports = targets;
    }

    /// Towards ports that are all on one worker.
    fn deliver(&mut self, source: &Source, ports: &[PortId], passing: &Passing<'_>) {
        let worker = place_of(ports[0]).0;
        if worker == self.index {
            self.egress_all(source.hub.identifier, ports, passing);
            return;
        }
        let batch = &mut self.outgoing[worker];
        batch.hub = source.hub.identifier;
        batch.push(ports, passing);
        if batch.frames.len() >= BATCH_BYTES {
            self.send_batch(worker, &source.session);
        }
    }

    /// Towards ports of this worker: a super-frame is cut once for all that do not take it.
    fn egress_all(&mut self, hub: u64, ports: &[PortId], passing: &Passing<'_>) {
        let cut_once = ports.len() > 1 && !passing.is_complete();
        for port in ports {
            let place = place_of(*port).1;
            if !cut_once || self.takes_whole(place) {
                self.egress(hub, place, passing);
            }
        }
        if cut_once {
            self.egress_cut(hub, ports, passing);
        }
    }

    fn egress_cut(&mut self, hub: u64, ports: &[PortId], passing: &Passing<'_>) {
        let mut segment = std::mem::take(&mut self.scratch.plain_frame);
        for index in 0..passing.segments.count() {
            segment.clear();
            passing.segments.append(index, &mut segment);
            for port in ports {
                let place = place_of(*port).1;
                if !self.takes_whole(place) {
                    self.egress(hub, place, &Passing::plain(&segment));
                }
            }
        }
        self.scratch.plain_frame = segment;
    }

    fn takes_whole(&self, index: usize) -> bool {
        match self.slots.get(index) {
            Some(slot) => match &slot.body {
                Body::Native(native) => native.takes_super_frames(),
                Body::Device(device) => device.has_header(),
                Body::Memory => false,
            },
            None => false,
        }
    }

    /// Hand the collected frames to their workers: one queue entry and one wake-up each.
    pub(super) fn send_batches(&mut self, session: &Arc<SessionShared>) {
        for worker in 0..self.outgoing.len() {
            if self.outgoing[worker].count > 0 {
                self.send_batch(worker, session);
            }
        }
    }

    fn send_batch(&mut self, worker: usize, session: &Arc<SessionShared>) {
        let empty = Batch {
            frames: self.shared.spare_batches.pop().unwrap_or_default(),
            ..Batch::default()
        };
        let batch = std::mem::replace(&mut self.outgoing[worker], empty);
        let handle = &self.shared.handles()[worker];
        #[cfg(feature = "testkit")]
        crate::testkit::note_crossing();
        if let Err(refused) = handle.batches[self.index].push(batch) {
            session
                .counters
                .dropped_many(DropReason::WorkerQueueFull, refused.count as u64);
            let spot = Spot {
                hub: refused.hub,
                session,
                way: Way::In,
            };
            let tap = &self.shared.tap;
            tap.lose(&spot, DropReason::WorkerQueueFull, refused.count as u64);
        }
        handle.wake();
    }

    pub(super) fn read_batches(&mut self) {
        let shared = Arc::clone(&self.shared);
        let mut ports = Vec::new();
        for queue in &shared.handles()[self.index].batches {
            // What was there at the start of the turn: a fast neighbour must not hold this worker.
            for _ in 0..queue.len() {
                let Some(batch) = queue.pop() else { break };
                batch.each(&mut ports, |ports, packet| {
                    // The sender has checked it.
                    if let Ok(passing) = Passing::of(packet) {
                        self.egress_all(batch.hub, ports, &passing);
                    }
                });
                let mut frames = batch.frames;
                frames.clear();
                // One more than are kept is freed.
                let _ = shared.spare_batches.push(frames);
            }
        }
    }

    /// One frame towards a port of this worker.
    fn egress(&mut self, hub: u64, index: usize, passing: &Passing<'_>) {
        // A fault here is the target's: the origin, and the rest of its batch, go on.
        let queued = catch_unwind(AssertUnwindSafe(|| self.enqueue(hub, index, passing)));
        if queued.is_err() {
            let target = Target::Device { slot: index };
            self.log_fault(Some(target));
            self.give_up(target);
        }
    }

    fn enqueue(&mut self, hub: u64, index: usize, passing: &Passing<'_>) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        if slot.hub.identifier != hub {
            return;
        }
        #[cfg(test)]
        crate::tests::provoke(b"fault of the target", passing.packet.bytes);
        let outcome = match &mut slot.body {
            Body::Native(native) => native
                .enqueue(passing, &mut self.scratch)
                .map_err(|refused| match refused {
                    NotQueued::NoLink => DropReason::NoLink,
                    NotQueued::Full => DropReason::QueueFull,
                    NotQueued::OverBudget => DropReason::OverBudget,
                    NotQueued::TooLong => DropReason::TooLong,
                    NotQueued::NotCompressed => DropReason::CompressionFailed,
                }),
            Body::Device(device) => {
                let written = device.enqueue(passing, &mut self.scratch.segments);
                count_written(&slot.shared, written);
                lose_written(&self.shared, &slot.spot(), written);
                Ok(0)
            }
            Body::Memory => queue_memory(&slot.shared, passing).map(|()| 0),
        };
        let frame = passing.frame();
        let tap = &self.shared.tap;
        tap.see(&slot.spot(), &passing.packet, outcome.err());
        let counters = &slot.shared.counters;
        match outcome {
            Ok(0) => {}
            // Frames of a fatter flow, counted as sent when they were queued.
            Ok(dropped) => {
                counters.dropped_many(DropReason::QueueFull, dropped);
                tap.lose(&slot.spot(), DropReason::QueueFull, dropped);
            }
            Err(reason) => {
                counters.dropped_many(reason, frame.segments());
                return;
            }
        }
        slot.shared.counters.sent.count(&frame);
        self.mark_dirty(index);
    }

    /// There is something to flush at the end of this turn.
    pub(super) fn mark_dirty(&mut self, index: usize) {
        if let Some(slot) = self.slots.get_mut(index)
            && !slot.dirty
        {
            slot.dirty = true;
            self.dirty.push(index);
        }
    }

    /// Send what this turn has queued.
    pub(super) fn flush_dirty(&mut self) {
        while let Some(index) = self.dirty.pop() {
            let Some(slot) = self.slots.get_mut(index) else {
                continue;
            };
            slot.dirty = false;
            match &mut slot.body {
                Body::Native(_) => self.sent = true,
                Body::Device(device) => {
                    let written = device.flush();
                    count_written(&slot.shared, written);
                    lose_written(&self.shared, &slot.spot(), written);
                }
                Body::Memory => {}
            }
            if slot.shared.queue_frames > 0 {
                self.shared.events.raise(&slot.shared.notice, flag::FRAMES);
            }
            self.flush_acceleration(index);
            self.flush_links(index);
        }
    }

    /// Flush all links of a slot that have something to send.
    pub(super) fn flush_links(&mut self, index: usize) {
        let Some(Slot {
            body: Body::Native(native),
            ..
        }) = self.slots.get_mut(index)
        else {
            return;
        };
        let (mut broken, mut worn_out) = (Vec::new(), Vec::new());
        for link in native.links.iter_mut().filter(|link| !link.is_blocked()) {
            if link.flush(&mut self.scratch) == Flushed::Broken {
                broken.push(link.identifier);
            } else if link.is_worn_out() && link.closing.is_none() {
                worn_out.push(link.identifier);
            }
        }
        native.settle();
        for connection in broken {
            self.remove_link(index, connection);
        }
        // The client opens another one in its place.
        for connection in worn_out {
            self.close_link(index, connection);
        }
    }

    /// Read frames of a device into its hub, a bounded amount a turn.
    pub(super) fn read_device(&mut self, index: usize) {
        let Some(source) = self.source(index) else {
            return;
        };
        let mut buffer = std::mem::take(&mut self.scratch.device);
        // Once: it keeps its length.
        buffer.resize(DEVICE_READ_BYTES, 0);
        let mut bytes = 0;
        let mut packets = 0;
        let mut more = true;
        while more && bytes < DEVICE_BYTES_PER_TURN {
            more = !self.pause_device(&source, index);
            if !more {
                break;
            }
            match self.read_frame(index, &mut buffer) {
                Ok((length, has_header)) => {
                    bytes += length + DEVICE_FRAME_COST_BYTES;
                    packets += 1;
                    self.ingress_read(&source, &buffer[..length], has_header);
                }
                Err(ErrorKind::Interrupted) => {}
                Err(kind) => {
                    more = false;
                    if kind != ErrorKind::WouldBlock {
                        self.end_slot(index, crate::shared::Ended::Device);
                    }
                }
            }
        }
        self.scratch.device = buffer;
        source.session.count_device_reads(packets);
        self.send_batches(&source.session);
        self.flush_dirty();
        if more {
            self.again.push_back(Target::Device { slot: index });
        }
    }

    fn read_frame(&mut self, index: usize, buffer: &mut [u8]) -> Result<(usize, bool), ErrorKind> {
        match self.slots.get_mut(index) {
            Some(Slot {
                body: Body::Device(device),
                ..
            }) => Ok((device.read(buffer)?, device.has_header())),
            _ => Err(ErrorKind::WouldBlock),
        }
    }

    /// What one read brought.
    fn ingress_read(&mut self, source: &Source, bytes: &[u8], has_header: bool) {
        let packet = if has_header {
            Packet::read(bytes)
        } else {
            Some(Packet::plain(bytes))
        };
        match packet {
            Some(packet) => self.ingress(source, packet),
            None => self.drop_unseen(source, DropReason::BadOffload),
        }
    }

    /// Count a frame that was refused before it was one.
    pub(super) fn drop_unseen(&self, source: &Source, reason: DropReason) {
        source.session.counters.dropped(reason);
        self.shared.tap.lose(&source.spot(), reason, 1);
    }

    /// Our client's device waits while its only session has no connection: what the system keeps meanwhile is sent
    /// when there is one again.
    fn pause_device(&mut self, source: &Source, index: usize) -> bool {
        if !source.hub.wire {
            return false;
        }
        let cut_off = source
            .hub
            .ports()
            .iter()
            .filter(|port| **port != source.port)
            .any(|port| {
                matches!(self.slots.get(place_of(*port).1),
                Some(Slot { body: Body::Native(native), .. }) if native.is_cut_off())
            });
        if cut_off && let Some(slot) = self.slots.get_mut(index) {
            slot.paused = true;
        }
        cut_off
    }

    /// A session of a wire hub has room again, or new links: its device may go on.
    pub(super) fn resume_devices(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        if !slot.hub.wire {
            return;
        }
        let hub = Arc::clone(&slot.hub);
        for port in hub.ports().iter() {
            let place = place_of(*port).1;
            if let Some(other) = self.slots.get_mut(place)
                && other.paused
            {
                other.paused = false;
                self.again.push_back(Target::Device { slot: place });
            }
        }
    }
}

/// Frames that a device refuses are known only after they were counted as sent: it may hold some back.
fn count_written(session: &SessionShared, written: Written) {
    session.wire.add_device_writes(written.writes);
    for (reason, frames) in written.reasons() {
        if frames > 0 {
            session.counters.dropped_many(reason, frames);
        }
    }
}

/// The frame that was refused may have been held back for a while: traces see the count only.
fn lose_written(shared: &Shared, spot: &Spot<'_>, written: Written) {
    for (reason, frames) in written.reasons() {
        shared.tap.lose(spot, reason, frames);
    }
}

fn queue_memory(session: &SessionShared, passing: &Passing<'_>) -> Result<(), DropReason> {
    #[cfg(feature = "testkit")]
    if session.queue_frames == 0 {
        return Ok(());
    }
    let count = passing.segments.count();
    let mut frames = session.frames.lock();
    if frames.len() + count > session.queue_frames {
        return Err(DropReason::QueueFull);
    }
    for index in 0..count {
        let mut frame = Vec::with_capacity(passing.segments.length(index));
        passing.segments.append(index, &mut frame);
        frames.push_back(frame);
    }
    Ok(())
}

/// Count frames that Python sent and that did not fit.
pub(crate) fn count_injected(session: &SessionShared, taken: usize) {
    session.injected.fetch_sub(taken, Ordering::AcqRel);
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
