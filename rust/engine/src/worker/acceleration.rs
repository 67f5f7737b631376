//! UDP acceleration on a worker: its socket at the poll, its frames into the hub, its times.

use std::sync::atomic::Ordering::Relaxed;

use etherloom_wire::offload::Packet;
use mio::Interest;
use mio::event::Event;
use mio::unix::SourceFd;

use super::connections::token;
use super::ports::Stream;
use super::slots::{Body, Slot};
use super::{Target, Worker};
use crate::acceleration::Acceleration;
use crate::session::Native;

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
/// A socket may be read so often before others have their turn.
const READS_PER_TURN: usize = 4;

impl Worker {
    fn native_mut(&mut self, index: usize) -> Option<&mut Native> {
        match self.slots.get_mut(index) {
            Some(Slot {
                body: Body::Native(native),
                ..
            }) => Some(native),
            _ => None,
        }
    }

    pub(super) fn on_accelerate(&mut self, session: u64, acceleration: Box<Acceleration>) {
        let Some(index) = self
            .slots
            .find(session)
            .filter(|index| self.is_running(*index))
        else {
            return;
        };
        let identifier = acceleration.identifier;
        let descriptor = acceleration.descriptor();
        let mut socket = SourceFd(&descriptor);
        let registry = self.poll.registry();
        if registry
            .register(&mut socket, token(identifier), BOTH)
            .is_err()
        {
            return;
        }
        let Some(native) = self.native_mut(index) else {
            return;
        };
        native.acceleration = Some(acceleration);
        self.targets
            .insert(identifier, Target::Acceleration { slot: index });
        self.serve_session(index);
    }

    /// The socket goes with the session.
    pub(super) fn end_acceleration(&mut self, index: usize) {
        let Some(acceleration) = self
            .native_mut(index)
            .and_then(|native| native.acceleration.take())
        else {
            return;
        };
        let descriptor = acceleration.descriptor();
        let _ = self.poll.registry().deregister(&mut SourceFd(&descriptor));
        self.targets.remove(&acceleration.identifier);
    }

    /// Keep-alives and the death of the path.
    pub(super) fn tick_acceleration(&mut self, index: usize) {
        let (now_ms, random) = (self.now_ms, self.next_random());
        let acceleration = self
            .native_mut(index)
            .and_then(|native| native.acceleration.as_mut());
        if let Some(acceleration) = acceleration {
            acceleration.tick(now_ms, random);
        }
    }

    pub(super) fn on_acceleration_event(&mut self, index: usize, event: &Event) {
        if event.is_writable() {
            self.write_acceleration(index);
        }
        self.read_acceleration(index);
    }

    fn write_acceleration(&mut self, index: usize) {
        let Some(native) = self.native_mut(index) else {
            return;
        };
        let blocked = native.acceleration.as_ref().is_some_and(|one| one.blocked);
        if blocked {
            self.flush_acceleration(index);
            let cut_off = self.native_mut(index).is_some_and(|it| it.is_cut_off());
            if !cut_off {
                self.resume_devices(index);
            }
        }
    }

    /// Send what waits, unless the socket is known to be full.
    pub(super) fn flush_acceleration(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        if let Body::Native(native) = &mut slot.body
            && let Some(acceleration) = &mut native.acceleration
        {
            acceleration.flush();
            let outcome = acceleration.take_outcome();
            outcome.count(&slot.shared.wire, &slot.shared.counters);
            for (reason, frames) in &outcome.lost {
                self.shared.tap.lose(&slot.spot(), *reason, *frames);
            }
        }
    }

    /// Read what has come, a bounded amount a turn, into the hub.
    pub(super) fn read_acceleration(&mut self, index: usize) {
        let (now_ms, random) = (self.now_ms, self.next_random());
        let Some(source) = self.source(index) else {
            return;
        };
        let Some(mut acceleration) = self
            .native_mut(index)
            .and_then(|native| native.acceleration.take())
        else {
            return;
        };
        let mut arrivals = self.scratch.arrivals.take().unwrap_or_default();
        acceleration.tick(now_ms, random);
        let (mut more, mut authentic) = (true, false);
        for _ in 0..READS_PER_TURN {
            more = acceleration.receive(&mut arrivals);
            let (mut bytes, mut packets) = (0, 0);
            let mut stream = Stream::of(&source);
            arrivals.each(|from, datagram| {
                bytes += datagram.len();
                authentic |= acceleration.take(from, datagram, &mut |frame| {
                    packets += 1;
                    match frame {
                        Ok(frame) => self.ingress(&mut stream, Packet::plain(frame)),
                        Err(reason) => self.drop_unseen(&source, reason),
                    }
                });
            });
            source.session.count_datagrams(bytes, packets);
            if !more {
                break;
            }
        }
        acceleration.tick(now_ms, random);
        self.scratch.arrivals = Some(arrivals);
        if let Some(native) = self.native_mut(index) {
            native.acceleration = Some(acceleration);
        }
        if authentic {
            source.session.last_received_ms.store(now_ms, Relaxed);
        }
        self.send_batches(&source);
        self.flush_dirty();
        if more {
            self.again.push_back(Target::Acceleration { slot: index });
        }
    }
}
