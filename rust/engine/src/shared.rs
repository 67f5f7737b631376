//! What the worker threads, the acceptor and the callers share.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Instant;

use arc_swap::{ArcSwap, ArcSwapOption};
use crossbeam_queue::ArrayQueue;
use etherloom_switch::lock::Mutex;
use etherloom_switch::{Counters, PortId, PortRules};
use mio::Waker;

use crate::acceleration::AccelerationShared;
use crate::budget::Budget;
use crate::capture::Tap;
use crate::congestion::Congestion;
use crate::event::{EventQueue, Notice, Subject};
use crate::hub::Hub;
use crate::message::{Batch, Message};
use crate::packet_log::Recorder;
use crate::sight::Sight;
use crate::tls::{ClientSettings, Identity, TlsFacts};

const SPARE_BATCHES: usize = 16;

/// Engine-wide state.
pub struct Shared {
    start: Instant,
    identifiers: AtomicU64,
    /// Events towards Python.
    pub events: Arc<EventQueue>,
    /// Connections that Python still knows.
    pub connections: Mutex<HashMap<u64, Arc<ConnectionShared>>>,
    /// Sessions that Python still knows.
    pub sessions: Mutex<HashMap<u64, Arc<SessionShared>>>,
    /// Sockets for datagrams that no session has got yet.
    pub datagrams: Mutex<HashMap<u64, UdpSocket>>,
    /// How many ports were tried for them.
    pub datagram_turns: AtomicUsize,
    /// Open hubs.
    pub hubs: Mutex<HashMap<u64, Arc<Hub>>>,
    /// The worker threads' mailboxes; set once at the start.
    pub workers: OnceLock<Vec<WorkerHandle>>,
    /// What accepted connections show.
    pub identity: ArcSwapOption<Identity>,
    /// What is shown to these sources instead (see [`Shared::identity_for`]).
    pub retained: Mutex<HashMap<IpAddr, Arc<Identity>>>,
    /// How our own connections start TLS.
    pub client: ClientSettings,
    /// For frames that wait.
    pub budget: Arc<Budget>,
    /// Emptied buffers of batches between workers: to make and to free them costs more than to fill them.
    pub spare_batches: ArrayQueue<Vec<u8>>,
    /// For links from now on.
    pub congestion: ArcSwap<Congestion>,
    /// Where traces look.
    pub tap: Tap,
    /// What packet logs pass through, once there is one.
    pub recorder: OnceLock<Arc<Recorder>>,
}

impl Shared {
    /// Nothing is open yet.
    pub fn new(events: Arc<EventQueue>, client: ClientSettings, queue_bytes: usize) -> Self {
        Self {
            start: Instant::now(),
            identifiers: AtomicU64::new(1),
            events,
            connections: Mutex::default(),
            sessions: Mutex::default(),
            datagrams: Mutex::default(),
            datagram_turns: AtomicUsize::new(0),
            hubs: Mutex::default(),
            workers: OnceLock::new(),
            identity: ArcSwapOption::empty(),
            retained: Mutex::default(),
            client,
            budget: Budget::new(queue_bytes),
            spare_batches: ArrayQueue::new(SPARE_BATCHES),
            congestion: ArcSwap::default(),
            tap: Tap::default(),
            recorder: OnceLock::new(),
        }
    }

    /// What a connection from this address is shown: a source that was promised an older identity gets that one.
    pub fn identity_for(&self, source: IpAddr) -> Option<Arc<Identity>> {
        let retained = self.retained.lock().get(&source).cloned();
        retained.or_else(|| self.identity.load_full())
    }

    /// Monotonic microseconds since the engine's start.
    pub fn now_us(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    /// A number that was never used before.
    pub fn next_identifier(&self) -> u64 {
        self.identifiers.fetch_add(1, Ordering::Relaxed)
    }

    /// Monotonic milliseconds since the engine's start.
    pub fn now_ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    /// All mailboxes.
    pub fn handles(&self) -> &[WorkerHandle] {
        self.workers.get().map_or(&[], Vec::as_slice)
    }

    /// The reception with the least to do: where a new connection goes.
    pub fn least_loaded_reception(&self) -> usize {
        let handles = self.handles().iter().enumerate();
        handles
            .filter(|(_, handle)| handle.role == Role::Reception)
            .min_by_key(|(_, handle)| handle.load.load(Ordering::Relaxed))
            .map_or(0, |(index, _)| index)
    }

    /// What each of the workers serves that move frames; they come first.
    pub fn loads(&self) -> Vec<usize> {
        let handles = self.handles().iter();
        handles
            .filter(|handle| handle.role == Role::Frames)
            .map(|handle| handle.load.load(Ordering::Relaxed))
            .collect()
    }

    /// Put a message into a worker's mailbox.
    pub fn tell(&self, worker: usize, message: Message) {
        if let Some(handle) = self.handles().get(worker) {
            // A worker that has stopped reads no mail: its objects are gone too.
            let _ = handle.mail.send(message);
            handle.wake();
        }
    }
}

/// What a worker is for. A handshake keeps a core busy for as long as thousands of frames do, so the two never
/// share a thread, and the system prefers the frames' one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Ports of hubs and their frames.
    Frames,
    /// Connections that have not logged in.
    Reception,
}

/// The mailbox of one worker.
pub struct WorkerHandle {
    /// What it is for.
    pub role: Role,
    /// Commands and hand-overs.
    pub mail: mpsc::Sender<Message>,
    /// Frames from each worker that moves some: one bounded queue per pair.
    pub batches: Vec<ArrayQueue<Batch>>,
    /// Connections and devices it serves.
    pub load: AtomicUsize,
    waker: Waker,
    signalled: AtomicBool,
}

impl WorkerHandle {
    /// A mailbox with room for so many batches from each of `workers` workers.
    pub fn new(
        role: Role,
        mail: mpsc::Sender<Message>,
        waker: Waker,
        workers: usize,
        queue: usize,
    ) -> Self {
        Self {
            role,
            mail,
            batches: (0..workers).map(|_| ArrayQueue::new(queue)).collect(),
            load: AtomicUsize::new(0),
            waker,
            signalled: AtomicBool::new(false),
        }
    }

    /// Wake the worker unless somebody has.
    pub fn wake(&self) {
        if !self.signalled.swap(true, Ordering::AcqRel) {
            // Failure means the poll is gone, and the worker with it.
            let _ = self.waker.wake();
        }
    }

    /// The worker is about to look at its mail.
    pub fn awake(&self) {
        self.signalled.store(false, Ordering::Release);
    }
}

/// What a caller may ask of a connection.
pub struct ConnectionShared {
    /// Number of this connection.
    pub identifier: u64,
    /// The worker that owns it.
    pub worker: usize,
    /// Its listener, if it was accepted.
    pub listener: Option<u64>,
    /// Peer and own address.
    pub addresses: Mutex<Option<(SocketAddr, SocketAddr)>>,
    /// Set when TLS is up.
    pub facts: OnceLock<TlsFacts>,
    /// What the last pull brought.
    pub inbox: Mutex<Inbox>,
    /// Flags towards Python.
    pub notice: Arc<Notice>,
}

impl ConnectionShared {
    /// A connection of `worker`.
    pub fn new(identifier: u64, worker: usize, listener: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            identifier,
            worker,
            listener,
            addresses: Mutex::new(None),
            facts: OnceLock::new(),
            inbox: Mutex::default(),
            notice: Notice::new(Subject::Connection, identifier),
        })
    }
}

/// Pulled bytes, and the end of the stream: `Some("")` for a clean one.
#[derive(Default)]
pub struct Inbox {
    /// Plain bytes.
    pub data: Vec<u8>,
    /// Why it is over.
    pub ended: Option<String>,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By command.
    Closed,
    /// The peer was silent too long.
    Timeout,
    /// The device is gone.
    Device,
    /// A fault of ours, logged.
    Failed,
}

impl Ended {
    /// As Python calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Ended::Closed => "closed",
            Ended::Timeout => "timeout",
            Ended::Device => "device",
            Ended::Failed => "failed",
        }
    }
}

/// What feeds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortKind {
    /// The native protocol.
    Native,
    /// A TAP adapter of this name.
    Tap(String),
    /// Python.
    Memory,
}

/// What a caller may ask of a session.
pub struct SessionShared {
    /// Number of this session.
    pub identifier: u64,
    /// The worker that owns it.
    pub worker: usize,
    /// What feeds it.
    pub kind: PortKind,
    /// What people call it.
    pub label: OnceLock<String>,
    /// What its port may do.
    pub rules: ArcSwap<PortRules>,
    /// Its port on the hub, once plugged in.
    pub port: OnceLock<PortId>,
    /// Frames and bytes through the port.
    pub counters: Counters,
    /// Bytes of the links, headers and cipher included.
    pub wire: WireCounters,
    /// Batches and delays.
    pub sight: Arc<Sight>,
    /// Its links.
    pub links: Mutex<Vec<Arc<LinkShared>>>,
    /// Links since the start.
    pub links_opened: AtomicU64,
    /// Engine milliseconds of the last complete item from the peer.
    pub last_received_ms: AtomicU64,
    /// UDP acceleration, once both ends have agreed on it.
    pub acceleration: OnceLock<Arc<AccelerationShared>>,
    /// Where its client is, if there is one: for packet logs.
    pub client_address: OnceLock<IpAddr>,
    /// The minute, and how many of its frames were written down in it. One writer: the worker.
    pub logged: AtomicU64,
    /// Set once.
    pub ended: OnceLock<Ended>,
    /// Memory ports: frames for Python.
    pub frames: Mutex<VecDeque<Vec<u8>>>,
    /// Memory ports: at most so many frames wait, each way.
    pub queue_frames: usize,
    /// Memory ports: frames under way to the worker.
    pub injected: AtomicUsize,
    /// Flags towards Python.
    pub notice: Arc<Notice>,
}

impl SessionShared {
    /// A session that is not plugged in yet.
    pub fn new(identifier: u64, worker: usize, kind: PortKind, queue_frames: usize) -> Arc<Self> {
        Arc::new(Self {
            identifier,
            worker,
            kind,
            label: OnceLock::new(),
            rules: ArcSwap::default(),
            port: OnceLock::new(),
            counters: Counters::default(),
            wire: WireCounters::default(),
            sight: Arc::default(),
            links: Mutex::default(),
            links_opened: AtomicU64::new(0),
            last_received_ms: AtomicU64::new(0),
            acceleration: OnceLock::new(),
            client_address: OnceLock::new(),
            logged: AtomicU64::new(0),
            ended: OnceLock::new(),
            frames: Mutex::default(),
            queue_frames,
            injected: AtomicUsize::new(0),
            notice: Notice::new(Subject::Session, identifier),
        })
    }

    /// Count what one read of datagrams brought, if anything.
    pub fn count_datagrams(&self, bytes: usize, packets: u64) {
        if bytes > 0 {
            self.wire.add_received(bytes);
            self.sight.received_batch.count_some(packets);
        }
    }

    /// Count what one turn at a device brought, a packet a read.
    pub fn count_device_reads(&self, packets: u64) {
        self.wire.reads.fetch_add(packets, Ordering::Relaxed);
        self.sight.received_batch.count_some(packets);
    }
}

/// Bytes on the wire and the system calls that moved them. One writer: the worker.
#[derive(Debug, Default)]
pub struct WireCounters {
    /// To the peer.
    pub sent: AtomicU64,
    /// From the peer.
    pub received: AtomicU64,
    /// Calls that wrote.
    pub writes: AtomicU64,
    /// Calls that read.
    pub reads: AtomicU64,
}

impl WireCounters {
    /// Count a write and its bytes to the peer.
    pub fn add_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    /// Count a read and its bytes from the peer.
    pub fn add_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// Count datagrams to the peer.
    pub fn add_datagrams(&self, bytes: u64, calls: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
        self.writes.fetch_add(calls, Ordering::Relaxed);
    }

    /// Count writes to a device: what its frames are is counted at the port.
    pub fn add_device_writes(&self, writes: u64) {
        self.writes.fetch_add(writes, Ordering::Relaxed);
    }

    /// Take over the figures of a link that is gone.
    pub fn absorb(&self, link: &Self) {
        let pairs = [
            (&self.sent, &link.sent),
            (&self.received, &link.received),
            (&self.writes, &link.writes),
            (&self.reads, &link.reads),
        ];
        for (all, one) in pairs {
            all.fetch_add(one.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

/// What a caller may ask of a link.
pub struct LinkShared {
    /// The connection's number.
    pub connection: u64,
    /// Peer address.
    pub peer: SocketAddr,
    /// 0 both, 1 server to client, 2 client to server.
    pub direction: u8,
    /// Frames travel without TLS.
    pub raw: bool,
    /// Facts of the TLS connection that it was or is.
    pub facts: TlsFacts,
    /// Its bytes.
    pub wire: WireCounters,
    /// Of its session.
    pub sight: Arc<Sight>,
    /// The peer has said goodbye; what it was owed may still be under way.
    pub ended: AtomicBool,
}
