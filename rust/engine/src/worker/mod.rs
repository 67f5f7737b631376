//! A worker: one thread, one poll, and everything that lives on it.

mod acceleration;
#[cfg(feature = "testkit")]
mod circulation;
mod connections;
mod devices;
mod links;
mod ports;
mod sessions;
mod slots;
mod spin;
mod timers;
mod treatment;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use log::error;
use mio::event::Event;
use mio::{Events, Poll, Token};

use crate::connection::Connection;
use crate::link::Scratch;
use crate::message::{Batch, Message};
use crate::os;
use crate::shared::Shared;
use crate::splice::Splice;
use crate::worker::slots::Slots;
pub use crate::worker::slots::place_of;
use crate::worker::spin::Spin;
use crate::worker::timers::Timers;
use crate::worker::treatment::Waiting;

/// The token of the mailbox.
pub const WAKE: Token = Token(usize::MAX);
/// Marks the local socket of a splice in a token.
const LOCAL_END: u64 = 1 << 62;
const EVENTS_PER_POLL: usize = 512;

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Connection(u64),
    Splice(u64),
    Link {
        slot: usize,
        connection: u64,
    },
    Device {
        slot: usize,
    },
    Acceleration {
        slot: usize,
    },
    /// A session as such: for faults that no socket or device brought.
    Session(u64),
    #[cfg(feature = "testkit")]
    Circulation(usize),
}

/// The state of one worker thread.
pub struct Worker {
    index: usize,
    poll: Poll,
    mail: Receiver<Message>,
    shared: Arc<Shared>,
    now_ms: u64,
    targets: HashMap<u64, Target>,
    connections: HashMap<u64, Connection>,
    splices: HashMap<u64, Splice>,
    slots: Slots,
    timers: Timers,
    waiting: Waiting,
    again: VecDeque<Target>,
    dirty: Vec<usize>,
    outgoing: Vec<Batch>,
    scratch: Scratch,
    random: u64,
    stopping: Option<u64>,
    spin: Spin,
    rested: Instant,
    /// This turn has put frames on links.
    sent: bool,
    #[cfg(feature = "testkit")]
    circulations: Vec<Arc<crate::testkit::Circulation>>,
}

impl Worker {
    /// A worker with its own poll; `count` workers in all.
    pub fn new(
        index: usize,
        count: usize,
        poll: Poll,
        mail: Receiver<Message>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            index,
            poll,
            mail,
            shared,
            now_ms: 0,
            targets: HashMap::new(),
            connections: HashMap::new(),
            splices: HashMap::new(),
            slots: Slots::default(),
            timers: Timers::default(),
            waiting: Waiting::default(),
            again: VecDeque::new(),
            dirty: Vec::new(),
            outgoing: (0..count).map(|_| Batch::default()).collect(),
            scratch: Scratch::default(),
            random: RandomState::new().hash_one(index) | 1,
            stopping: None,
            spin: Spin::default(),
            rested: Instant::now(),
            sent: false,
            #[cfg(feature = "testkit")]
            circulations: Vec::new(),
        }
    }

    /// Serve until told to stop.
    pub fn run(mut self) {
        os::block_signals();
        let mut events = Events::with_capacity(EVENTS_PER_POLL);
        while !self.is_finished() {
            if let Err(error) = self.wait(&mut events)
                && error.kind() != io::ErrorKind::Interrupted
            {
                error!("worker {} stops: {error}", self.index);
                return;
            }
            self.scratch.now_us = self.shared.now_us();
            self.now_ms = self.scratch.now_us / 1_000;
            self.shared.handles()[self.index].awake();
            self.read_mail();
            self.guarded(None, Self::read_batches);
            for event in &events {
                self.on_event(event);
            }
            self.continue_reading();
            self.run_timers();
            self.guarded(None, Self::flush_dirty);
        }
    }

    /// Wait for events, at first awake where that pays.
    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let patience = self.patience();
        if patience == Some(Duration::ZERO) {
            return self.poll.poll(events, patience);
        }
        let sent = std::mem::take(&mut self.sent);
        let begin = Instant::now();
        let span = self.spin.allowance(sent, begin - self.rested);
        self.rested = begin;
        events.clear();
        let watched = self.watch(events, begin, span)?;
        if events.is_empty() {
            self.poll.poll(events, self.patience())?;
        }
        let event = !events.is_empty();
        self.spin.learn(sent, begin.elapsed(), watched, event);
        Ok(())
    }

    /// Poll without sleeping for up to `span`; how long it took.
    fn watch(
        &mut self,
        events: &mut Events,
        begin: Instant,
        span: Duration,
    ) -> io::Result<Duration> {
        let mut watched = Duration::ZERO;
        while watched < span {
            self.poll.poll(events, Some(Duration::ZERO))?;
            watched = begin.elapsed();
            if !events.is_empty() {
                break;
            }
            // Whoever is ready to run on this core goes first.
            std::thread::yield_now();
        }
        Ok(watched)
    }

    /// How long the poll may wait.
    fn patience(&self) -> Option<Duration> {
        if !self.again.is_empty() {
            return Some(Duration::ZERO);
        }
        let due = self
            .timers
            .next_due_ms()
            .min(self.stopping.unwrap_or(u64::MAX));
        (due != u64::MAX).then(|| Duration::from_millis(due.saturating_sub(self.shared.now_ms())))
    }

    fn is_finished(&self) -> bool {
        let Some(deadline_ms) = self.stopping else {
            return false;
        };
        let empty = self.connections.is_empty() && self.splices.is_empty() && self.slots.is_empty();
        empty || self.shared.now_ms() >= deadline_ms
    }

    fn read_mail(&mut self) {
        while let Ok(message) = self.mail.try_recv() {
            let target = Self::target_of(&message);
            self.guarded(target, |worker| worker.on_message(message));
        }
    }

    fn target_of(message: &Message) -> Option<Target> {
        match message {
            Message::Accepted { connection, .. } | Message::Connect { connection, .. } => {
                Some(Target::Connection(connection.identifier))
            }
            Message::Pull { connection, .. }
            | Message::Send { connection, .. }
            | Message::Deadline { connection, .. }
            | Message::Close { connection }
            | Message::Splice { connection, .. }
            | Message::Promote { connection, .. } => Some(Target::Connection(*connection)),
            Message::Attach { session, .. }
            | Message::Inject { session, .. }
            | Message::Accelerate { session, .. }
            | Message::CloseLink { session, .. }
            | Message::CloseSession { session } => Some(Target::Session(*session)),
            Message::OpenSession { session, .. }
            | Message::OpenDevice { session, .. }
            | Message::OpenMemory { session, .. } => Some(Target::Session(session.identifier)),
            Message::ClosePorts { .. } | Message::Stop { .. } => None,
            #[cfg(feature = "testkit")]
            Message::Circulate(_) => None,
        }
    }

    fn on_event(&mut self, event: &Event) {
        if event.token() == WAKE {
            return;
        }
        let Some(target) = self.targets.get(&(event.token().0 as u64)).copied() else {
            return;
        };
        self.guarded(Some(target), |worker| match target {
            Target::Connection(identifier) => worker.on_connection_event(identifier, event),
            Target::Splice(identifier) => worker.pump(identifier),
            Target::Link { slot, connection } => worker.on_link_event(slot, connection, event),
            Target::Device { slot } => worker.read_device(slot),
            Target::Acceleration { slot } => worker.on_acceleration_event(slot, event),
            Target::Session(_) => {}
            #[cfg(feature = "testkit")]
            Target::Circulation(_) => {}
        });
    }

    /// Those that had more to read than one turn allows.
    fn continue_reading(&mut self) {
        for _ in 0..self.again.len() {
            let Some(target) = self.again.pop_front() else {
                return;
            };
            self.guarded(Some(target), |worker| match target {
                Target::Link { slot, connection } => worker.read_link(slot, connection),
                Target::Device { slot } => worker.read_device(slot),
                #[cfg(feature = "testkit")]
                Target::Circulation(index) => worker.circulate(index),
                Target::Acceleration { slot } => worker.read_acceleration(slot),
                Target::Connection(_) | Target::Splice(_) | Target::Session(_) => {}
            });
        }
    }

    /// A fault of ours ends the object it happened to, not the worker.
    fn guarded(&mut self, target: Option<Target>, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_ok() {
            return;
        }
        self.log_fault(target);
        self.repair();
        if let Some(target) = target {
            self.give_up(target);
        }
    }

    fn log_fault(&self, target: Option<Target>) {
        let digest = RandomState::new().hash_one(&self.scratch.plain);
        let bytes = self.scratch.plain.len();
        error!(
            "fault in worker {} serving {target:?} ({bytes} plain bytes, digest {digest:016x})",
            self.index
        );
    }

    /// What made the fault may well make another one now.
    fn give_up(&mut self, target: Target) {
        if catch_unwind(AssertUnwindSafe(|| self.end_target(target))).is_err() {
            error!("fault in worker {} giving up {target:?}", self.index);
        }
    }

    fn end_target(&mut self, target: Target) {
        match target {
            Target::Connection(identifier) => {
                self.drop_connection(identifier, "a fault of the server");
            }
            Target::Splice(identifier) => self.drop_splice(identifier),
            Target::Link { slot, .. } | Target::Device { slot } | Target::Acceleration { slot } => {
                self.fail_slot(slot);
            }
            Target::Session(session) => {
                if let Some(slot) = self.slots.find(session) {
                    self.fail_slot(slot);
                }
            }
            #[cfg(feature = "testkit")]
            Target::Circulation(_) => {}
        }
    }

    /// Scratch buffers that were taken out when the fault happened are made anew.
    fn repair(&mut self) {
        self.scratch = Scratch::default();
        for batch in &mut self.outgoing {
            *batch = Batch::default();
        }
    }

    /// The next number of a xorshift generator: for intervals and padding, not for secrets.
    fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::Accepted {
                socket,
                peer,
                connection,
                admission,
                deadline_ms,
            } => {
                self.on_accepted(socket, peer, connection, admission, deadline_ms);
            }
            Message::Connect {
                address,
                server_name,
                connection,
                deadline_ms,
            } => {
                self.on_connect(address, &server_name, connection, deadline_ms);
            }
            Message::Pull {
                connection,
                maximum,
            } => self.on_pull(connection, maximum),
            Message::Send { connection, data } => self.on_send(connection, &data),
            Message::Deadline {
                connection,
                milliseconds,
            } => self.on_deadline(connection, milliseconds),
            Message::Close { connection } => self.on_close(connection),
            Message::Splice {
                connection,
                socket,
                replay,
            } => self.on_splice(connection, socket, replay),
            Message::Promote {
                connection,
                session,
                farewell,
                leftover,
                link,
            } => {
                self.on_promote(connection, &session, &farewell, leftover, link);
            }
            Message::Attach { session, transfer } => self.on_attach(session, *transfer),
            Message::OpenSession {
                session,
                hub,
                rules,
            } => self.on_open_session(session, hub, rules),
            Message::OpenDevice {
                session,
                hub,
                device,
            } => self.on_open_device(session, hub, device),
            Message::OpenMemory { session, hub } => self.on_open_memory(session, hub),
            Message::Inject { session, frames } => self.on_inject(session, &frames),
            Message::Accelerate {
                session,
                acceleration,
            } => self.on_accelerate(session, acceleration),
            #[cfg(feature = "testkit")]
            Message::Circulate(circulation) => self.on_circulate(circulation),
            Message::CloseLink {
                session,
                connection,
            } => self.on_close_link(session, connection),
            Message::CloseSession { session } => self.on_close_session(session),
            Message::ClosePorts { hub, ports } => self.on_close_ports(hub, &ports),
            Message::Stop { deadline_ms } => self.on_stop(deadline_ms),
        }
    }

    fn on_stop(&mut self, deadline_ms: u64) {
        self.stopping = Some(self.shared.now_ms() + deadline_ms);
        for identifier in self.connections.keys().copied().collect::<Vec<_>>() {
            self.on_close(identifier);
        }
        for identifier in self.splices.keys().copied().collect::<Vec<_>>() {
            self.drop_splice(identifier);
        }
        for slot in self.slots.occupied() {
            self.end_slot(slot, crate::shared::Ended::Closed);
        }
    }
}
