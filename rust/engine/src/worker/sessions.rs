//! Sessions on their worker: plugging in, links coming and going, time-outs, the end.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use etherloom_switch::PortId;
use etherloom_wire::offload::Packet;
use log::debug;
use mio::Interest;
use mio::unix::SourceFd;

use super::connections::token;
use super::ports::{Stream, count_injected};
use super::slots::{Body, Slot, place_of, port_of};
use super::timers::Timer;
use super::{Target, Worker};
use crate::device::Device;
use crate::event::session as flag;
use crate::hub::Hub;
use crate::session::{Native, SessionRules};
use crate::shared::{Ended, SessionShared};

const KEEP_ALIVE_BYTES: u64 = 512;

impl Worker {
    pub(super) fn on_open_session(
        &mut self,
        session: Arc<SessionShared>,
        hub: Arc<Hub>,
        rules: SessionRules,
    ) {
        session.last_received_ms.store(self.now_ms, Relaxed);
        let due = self.now_ms + rules.timeout_ms;
        let native = Native::new(rules, self.now_ms, Arc::clone(&self.shared.budget));
        if let Some(slot) = self.plug_in(session, hub, Body::Native(Box::new(native))) {
            self.arm_session(slot, due);
        }
    }

    pub(super) fn arm_session(&mut self, index: usize, due_ms: u64) {
        if let Some(slot) = self.slots.get_mut(index)
            && due_ms < slot.timer_due_ms
        {
            slot.timer_due_ms = due_ms;
            self.timers.arm(
                due_ms,
                Timer::Session {
                    slot: index,
                    session: slot.shared.identifier,
                },
            );
        }
    }

    pub(super) fn on_open_device(
        &mut self,
        session: Arc<SessionShared>,
        hub: Arc<Hub>,
        device: Box<Device>,
    ) {
        let identifier = session.identifier;
        let descriptor = device.descriptor();
        let Some(slot) = self.plug_in(session, hub, Body::Device(device)) else {
            return;
        };
        let mut source = SourceFd(&descriptor);
        let registry = self.poll.registry();
        if registry
            .register(&mut source, token(identifier), Interest::READABLE)
            .is_err()
        {
            self.end_slot(slot, Ended::Device);
            return;
        }
        self.targets.insert(identifier, Target::Device { slot });
        self.again.push_back(Target::Device { slot });
    }

    pub(super) fn on_open_memory(&mut self, session: Arc<SessionShared>, hub: Arc<Hub>) {
        self.plug_in(session, hub, Body::Memory);
    }

    fn plug_in(&mut self, shared: Arc<SessionShared>, hub: Arc<Hub>, body: Body) -> Option<usize> {
        let slot = self.slots.reserve();
        let port = port_of(self.index, slot);
        if !hub.add_port(port, shared.rules.load().as_ref().clone()) {
            self.report_ended(&shared, Ended::Closed);
            return None;
        }
        let _ = shared.port.set(port);
        // They may have changed between the two lines above.
        hub.renew_rules(&shared);
        self.shared.handles()[self.index].load.fetch_add(1, Relaxed);
        self.slots.put(
            slot,
            Slot {
                shared,
                hub,
                port,
                body,
                dirty: false,
                paused: false,
                timer_due_ms: u64::MAX,
            },
        );
        Some(slot)
    }

    pub(super) fn on_inject(&mut self, session: u64, frames: &[Vec<u8>]) {
        let Some(source) = self.slots.find(session).and_then(|slot| self.source(slot)) else {
            return;
        };
        let mut stream = Stream::of(&source);
        for frame in frames {
            self.ingress(&mut stream, Packet::plain(frame));
        }
        count_injected(&source.session, frames.len());
        self.send_batches(&source);
    }

    pub(super) fn is_running(&self, index: usize) -> bool {
        self.slots
            .get(index)
            .is_some_and(|slot| slot.shared.ended.get().is_none())
    }

    pub(super) fn on_session_timer(&mut self, index: usize, session: u64) {
        let now_ms = self.now_ms;
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        if slot.shared.identifier == session && slot.timer_due_ms <= now_ms {
            slot.timer_due_ms = u64::MAX;
            self.serve_session(index);
        }
    }

    /// Keep-alives that are due, links and sessions that were silent for too long.
    pub(super) fn serve_session(&mut self, index: usize) {
        let now_ms = self.now_ms;
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let Body::Native(native) = &mut slot.body else {
            return;
        };
        native.loosen(now_ms);
        let session = slot.shared.identifier;
        let silent_until = slot.shared.last_received_ms.load(Relaxed) + native.rules.timeout_ms;
        for connection in native.overdue(now_ms) {
            debug!("link {connection} of session {session}: silent for too long");
            self.remove_link(index, connection);
        }
        if silent_until <= now_ms {
            self.end_slot(index, Ended::Timeout);
            return;
        }
        self.send_keep_alives(index);
        self.tick_acceleration(index);
        self.flush_links(index);
        if let Some(Slot {
            body: Body::Native(native),
            ..
        }) = self.slots.get(index)
        {
            let due = native.next_due_ms().min(silent_until).max(now_ms + 1);
            self.arm_session(index, due);
        }
    }

    fn send_keep_alives(&mut self, index: usize) {
        let (length, interval, noise) =
            (self.next_random(), self.next_random(), self.next_random());
        let now_ms = self.now_ms;
        let Some(Slot {
            body: Body::Native(native),
            ..
        }) = self.slots.get_mut(index)
        else {
            return;
        };
        let interval_ms = native.keep_alive_interval_ms(interval);
        let body: Vec<u8> = (0..length % KEEP_ALIVE_BYTES)
            .map(|step| (noise.rotate_left(step as u32 * 7) ^ step) as u8)
            .collect();
        for link in native
            .links
            .iter_mut()
            .filter(|link| link.sends && link.keep_alive_due_ms <= now_ms)
        {
            link.enqueue_keep_alive(&body, &mut self.scratch);
            link.keep_alive_due_ms = now_ms + interval_ms;
        }
    }

    pub(super) fn on_close_session(&mut self, session: u64) {
        if let Some(index) = self.slots.find(session) {
            self.end_slot(index, Ended::Closed);
        }
    }

    pub(super) fn on_close_ports(&mut self, hub: u64, ports: &[PortId]) {
        for port in ports {
            let (worker, index) = place_of(*port);
            if worker == self.index
                && self
                    .slots
                    .get(index)
                    .is_some_and(|slot| slot.hub.identifier == hub)
            {
                self.end_slot(index, Ended::Closed);
            }
        }
    }

    pub(super) fn fail_slot(&mut self, index: usize) {
        self.end_slot(index, Ended::Failed);
    }

    /// Unplug at once; native links may then still say goodbye.
    pub(super) fn end_slot(&mut self, index: usize, reason: Ended) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let shared = Arc::clone(&slot.shared);
        if shared.ended.get().is_some() {
            return;
        }
        slot.hub.remove_port(slot.port);
        let connections: Vec<u64> = match &slot.body {
            Body::Native(native) => native.links.iter().map(|link| link.identifier).collect(),
            Body::Device(_) | Body::Memory => Vec::new(),
        };
        let _ = shared.ended.set(reason);
        self.end_acceleration(index);
        for connection in connections {
            self.close_link(index, connection);
        }
        self.finish_ended(index);
    }

    /// The last link of an ended session is gone: so is the session.
    pub(super) fn finish_ended(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        let Some(reason) = slot.shared.ended.get().copied() else {
            return;
        };
        if matches!(&slot.body, Body::Native(native) if !native.links.is_empty()) {
            return;
        }
        let Some(slot) = self.slots.take(index) else {
            return;
        };
        self.shared.handles()[self.index].load.fetch_sub(1, Relaxed);
        if let Body::Device(device) = &slot.body {
            // The poll forgets a descriptor that is closed; this is for order's sake.
            let _ = self
                .poll
                .registry()
                .deregister(&mut SourceFd(&device.descriptor()));
            self.targets.remove(&slot.shared.identifier);
        }
        self.report_ended(&slot.shared, reason);
    }

    fn report_ended(&self, shared: &SessionShared, reason: Ended) {
        let _ = shared.ended.set(reason);
        self.shared.events.raise(&shared.notice, flag::ENDED);
    }
}
