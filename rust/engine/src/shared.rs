//! What the worker threads, the acceptor and the callers share.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Instant;

use arc_swap::ArcSwapOption;
use crossbeam_queue::ArrayQueue;
use etherloom_switch::lock::Mutex;
use etherloom_switch::{Counters, PortId};
use mio::Waker;

use crate::event::{EventQueue, Notice, Subject};
use crate::hub::Hub;
use crate::message::{Batch, Message};
use crate::tls::{ClientSettings, Identity, TlsFacts};

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
    /// Open hubs.
    pub hubs: Mutex<HashMap<u64, Arc<Hub>>>,
    /// The worker threads' mailboxes; set once at the start.
    pub workers: OnceLock<Vec<WorkerHandle>>,
    /// What accepted connections show.
    pub identity: ArcSwapOption<Identity>,
    /// How our own connections start TLS.
    pub client: ClientSettings,
}

impl Shared {
    /// Nothing is open yet.
    pub fn new(events: Arc<EventQueue>, client: ClientSettings) -> Self {
        Self {
            start: Instant::now(),
            identifiers: AtomicU64::new(1),
            events,
            connections: Mutex::default(),
            sessions: Mutex::default(),
            hubs: Mutex::default(),
            workers: OnceLock::new(),
            identity: ArcSwapOption::empty(),
            client,
        }
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

    /// The worker with the least to do.
    pub fn least_loaded(&self) -> usize {
        let loads = self.loads();
        (0..loads.len())
            .min_by_key(|index| loads[*index])
            .unwrap_or(0)
    }

    /// What each worker serves.
    pub fn loads(&self) -> Vec<usize> {
        let handles = self.handles().iter();
        handles
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

/// The mailbox of one worker.
pub struct WorkerHandle {
    /// Commands and hand-overs.
    pub mail: mpsc::Sender<Message>,
    /// Frames from each other worker: one bounded queue per pair.
    pub batches: Vec<ArrayQueue<Batch>>,
    /// Connections and devices it serves.
    pub load: AtomicUsize,
    waker: Waker,
    signalled: AtomicBool,
}

impl WorkerHandle {
    /// A mailbox for one of `workers` workers.
    pub fn new(mail: mpsc::Sender<Message>, waker: Waker, workers: usize, queue: usize) -> Self {
        Self {
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
    /// Its port on the hub, once plugged in.
    pub port: OnceLock<PortId>,
    /// Frames and bytes through the port.
    pub counters: Counters,
    /// Bytes of the links, headers and cipher included.
    pub wire: WireCounters,
    /// Its links.
    pub links: Mutex<Vec<Arc<LinkShared>>>,
    /// Links since the start.
    pub links_opened: AtomicU64,
    /// Engine milliseconds of the last complete item from the peer.
    pub last_received_ms: AtomicU64,
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
            port: OnceLock::new(),
            counters: Counters::default(),
            wire: WireCounters::default(),
            links: Mutex::default(),
            links_opened: AtomicU64::new(0),
            last_received_ms: AtomicU64::new(0),
            ended: OnceLock::new(),
            frames: Mutex::default(),
            queue_frames,
            injected: AtomicUsize::new(0),
            notice: Notice::new(Subject::Session, identifier),
        })
    }
}

/// Bytes on the wire. One writer: the worker.
#[derive(Debug, Default)]
pub struct WireCounters {
    /// To the peer.
    pub sent: AtomicU64,
    /// From the peer.
    pub received: AtomicU64,
}

impl WireCounters {
    /// Count bytes to the peer.
    pub fn add_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Count bytes from the peer.
    pub fn add_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
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
}
