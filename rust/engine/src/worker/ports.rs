//! The way of a frame: from a port into its hub, to the target ports here and on other workers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use etherloom_switch::{
    Batch as Judge, DropReason, Egress, Judged, PortId, PortKind, Verdict, tag,
};
use etherloom_wire::capture::Way;
use etherloom_wire::offload::Packet;

use super::devices::{count_written, lose_written};
use super::slots::{Body, Slot, place_of};
use super::{Target, Worker};
use crate::capture::{Spot, reason_of};
use crate::event::{hub as flag, session};
use crate::hub::Hub;
use crate::link::Flushed;
use crate::message::Batch;
use crate::packet_log::{self, HubLog, Sighting};
use crate::passing::Passing;
use crate::session::NotQueued;
use crate::shared::SessionShared;

const BATCH_BYTES: usize = 256 * 1024;

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
    /// Its frames are in this VLAN; 0: in none.
    pub vlan: u16,
    /// What marks the tags of this hub.
    pub vlan_type: u16,
    /// What its frames are written down in.
    pub log: Option<Arc<HubLog>>,
    /// No more of them than the log's limit are.
    pub limited: bool,
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

    fn write_down(&self, judged: &Judged, frame: &[u8], target: Option<PortId>, now_ms: u64) {
        if let Some(log) = &self.log {
            let sighting = Sighting {
                hub: &self.hub,
                source: &self.session,
                target,
                limited: self.limited,
            };
            packet_log::note(log, &sighting, &judged.facts, frame, now_ms);
        }
    }
}

/// Frames of one port in a row: what they are judged by is looked up once. Made for one read, and dropped after it.
pub struct Stream<'a> {
    /// Where they come from.
    pub source: &'a Source,
    /// Absent where nothing is judged: a client's hub.
    batch: Option<Judge<'a>>,
}

impl<'a> Stream<'a> {
    /// From this port, from now on.
    pub fn of(source: &'a Source) -> Self {
        let judged = !source.hub.wire;
        Self {
            source,
            batch: judged.then(|| source.hub.switch.batch()),
        }
    }
}

impl Worker {
    pub(super) fn source(&self, slot: usize) -> Option<Source> {
        let slot = self.slots.get(slot)?;
        let own_limit = match &slot.body {
            Body::Native(native) => native.rules.mss_limit,
            Body::Device(_) | Body::Memory => 0,
        };
        let rules = slot.hub.switch.rules();
        let own = slot.shared.rules.load();
        Some(Source {
            hub: Arc::clone(&slot.hub),
            session: Arc::clone(&slot.shared),
            port: slot.port,
            mss_limit: lower_limit(own_limit, rules.mss_limit),
            vlan: own.policy.vlan,
            vlan_type: rules.vlan_type,
            log: slot.hub.packet_log(),
            limited: own.kind == PortKind::Client && !own.policy.no_broadcast_limiter,
        })
    }

    /// One frame from a port, with what its origin said about it.
    pub(super) fn ingress(&mut self, from: &mut Stream<'_>, packet: Packet<'_>) {
        let source = from.source;
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
            return self.enter(from, &passing);
        }
        let mut memory = std::mem::take(&mut self.scratch.clamped);
        match passing.clamped(source.mss_limit, &mut memory) {
            Some(frame) => self.enter(from, &Passing::plain(frame)),
            None => self.enter(from, &passing),
        }
        self.scratch.clamped = memory;
    }

    /// A port of a VLAN has all its frames tagged, even those that have a tag.
    fn enter(&mut self, from: &mut Stream<'_>, passing: &Passing<'_>) {
        let source = from.source;
        if source.vlan == 0 || source.hub.wire {
            return self.judge(from, passing);
        }
        let (mut segment, mut tagged) = (Vec::new(), Vec::new());
        for index in 0..passing.segments.count() {
            segment.clear();
            passing.segments.append(index, &mut segment);
            tagged.clear();
            tag::insert(&segment, source.vlan_type, source.vlan, &mut tagged);
            self.judge(from, &Passing::plain(&tagged));
        }
    }

    fn judge(&mut self, from: &mut Stream<'_>, passing: &Passing<'_>) {
        let Some(batch) = &mut from.batch else {
            return self.cross(from.source, passing);
        };
        let judged = batch.judge(from.source.port, &passing.frame(), self.now_ms);
        if judged.verdict == Verdict::Treat {
            return self.treat(from, &judged, passing);
        }
        self.pass_on_trimmed(from, &judged, passing);
    }

    /// A frame that an access list has let go on.
    pub(super) fn judge_again(&mut self, from: &mut Stream<'_>, passing: &Passing<'_>) {
        if let Some(batch) = &mut from.batch {
            let judged = batch.judge_again(from.source.port, &passing.frame(), self.now_ms);
            self.pass_on_trimmed(from, &judged, passing);
        }
    }

    fn pass_on_trimmed(&mut self, from: &mut Stream<'_>, judged: &Judged, passing: &Passing<'_>) {
        match passing.without_padding(judged.facts.length) {
            Some(frame) => self.pass_on(from, judged, &Passing::plain(frame)),
            None => self.pass_on(from, judged, passing),
        }
    }

    /// A client's hub: everything goes to the other side.
    fn cross(&mut self, source: &Source, passing: &Passing<'_>) {
        let tap = &self.shared.tap;
        tap.see(&source.spot(), &passing.packet, None);
        source.session.counters.received.count(&passing.frame());
        let mut targets = std::mem::take(&mut self.scratch.ports);
        targets.clear();
        targets.extend(
            source
                .hub
                .ports()
                .iter()
                .filter(|port| **port != source.port),
        );
        self.deliver_all(source, &targets, passing);
        self.scratch.ports = targets;
    }

    /// A frame with its verdict.
    pub(super) fn pass_on(
        &mut self,
        from: &mut Stream<'_>,
        judged: &Judged,
        passing: &Passing<'_>,
    ) {
        let source = from.source;
        let frame = passing.frame();
        let tap = &self.shared.tap;
        tap.see(&source.spot(), &passing.packet, reason_of(judged.verdict));
        let counters = &source.session.counters;
        match &judged.verdict {
            Verdict::Drop(reason) => counters.dropped_many(*reason, frame.segments()),
            // Frames with this verdict don't come here: see `judge`.
            Verdict::Treat => {}
            Verdict::Unicast(port) => {
                source.write_down(judged, frame.bytes, Some(*port), self.now_ms);
                counters.received.count(&frame);
                self.mirror(from, judged, passing);
                self.send_to(from, judged, &[*port], passing);
            }
            Verdict::Flood => {
                source.write_down(judged, frame.bytes, None, self.now_ms);
                counters.received.count(&frame);
                self.mirror(from, judged, passing);
                let ports = source.hub.ports();
                self.send_to(from, judged, &ports, passing);
            }
        }
    }

    /// Copies for those who watch the hub.
    fn mirror(&mut self, from: &Stream<'_>, judged: &Judged, passing: &Passing<'_>) {
        let Some(batch) = &from.batch else { return };
        for port in batch.monitors() {
            let egress = batch.egress(judged, &passing.frame(), *port, self.now_ms);
            self.send_one(from.source, *port, judged, passing, egress);
        }
    }

    /// Towards those of the ports that may have it.
    fn send_to(
        &mut self,
        from: &Stream<'_>,
        judged: &Judged,
        ports: &[PortId],
        passing: &Passing<'_>,
    ) {
        let (source, frame) = (from.source, passing.frame());
        let Some(batch) = &from.batch else { return };
        let mut targets = std::mem::take(&mut self.scratch.ports);
        targets.clear();
        for port in ports {
            if *port == source.port || batch.monitors().contains(port) {
                continue;
            }
            match batch.egress(judged, &frame, *port, self.now_ms) {
                Egress::AsIs => targets.push(*port),
                other => self.send_one(source, *port, judged, passing, other),
            }
        }
        self.deliver_all(source, &targets, passing);
        self.scratch.ports = targets;
    }

    /// Towards one port, changed as it has to be for it.
    fn send_one(
        &mut self,
        source: &Source,
        port: PortId,
        judged: &Judged,
        passing: &Passing<'_>,
        egress: Egress,
    ) {
        match egress {
            Egress::AsIs => self.deliver(source, &[port], passing),
            Egress::Drop(reason) => {
                let frames = passing.frame().segments();
                source.session.counters.dropped_many(reason, frames);
                self.shared.tap.lose(&source.spot(), reason, frames);
            }
            Egress::Changed(change) => {
                let (mut segment, mut frame) = (Vec::new(), Vec::new());
                for index in 0..passing.segments.count() {
                    segment.clear();
                    passing.segments.append(index, &mut segment);
                    frame.clear();
                    change.apply(&segment, &judged.facts, &mut frame);
                    self.deliver(source, &[port], &Passing::plain(&frame));
                }
            }
        }
    }

    fn deliver_all(&mut self, source: &Source, targets: &[PortId], passing: &Passing<'_>) {
        for of_worker in targets.chunk_by(|one, other| place_of(*one).0 == place_of(*other).0) {
            self.deliver(source, of_worker, passing);
        }
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

    /// Hand the collected frames to their workers: one queue entry and one wake-up each. People hear what the hub
    /// has to tell them.
    pub(super) fn send_batches(&mut self, source: &Source) {
        for worker in 0..self.outgoing.len() {
            if self.outgoing[worker].count > 0 {
                self.send_batch(worker, &source.session);
            }
        }
        if source.hub.switch.events().has_news() {
            self.shared.events.raise(&source.hub.notice, flag::NEWS);
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
    pub(super) fn egress(&mut self, hub: u64, index: usize, passing: &Passing<'_>) {
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
                self.shared
                    .events
                    .raise(&slot.shared.notice, session::FRAMES);
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

    /// Count a frame that was refused before it was one.
    pub(super) fn drop_unseen(&self, source: &Source, reason: DropReason) {
        source.session.counters.dropped(reason);
        self.shared.tap.lose(&source.spot(), reason, 1);
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

/// The lower of two limits, where 0 is none.
fn lower_limit(one: u16, other: u16) -> u16 {
    match (one, other) {
        (0, limit) | (limit, 0) => limit,
        _ => one.min(other),
    }
}
