//! The engine as its owner sees it: commands down, events up, snapshots.

mod acceleration;
mod connections;
mod packet_log;
mod sessions;
mod traces;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::sync::{Arc, mpsc};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use mio::{Poll, Waker};
use parking_lot::Mutex;
use thiserror::Error;

use crate::acceptor::{Acceptor, AcceptorHandle, ListenerShared, Request};
use crate::budget;
use crate::capture::Trace;
use crate::congestion::Congestion;
use crate::event::{EventQueue, Subject};
use crate::logging;
use crate::message::Message;
use crate::os;
use crate::shared::{Role, Shared, WorkerHandle};
use crate::tls::{ClientSettings, TlsError, TlsFacts};
use crate::worker::{WAKE, Worker};

const BATCHES_PER_PAIR: usize = 128;
const MAXIMUM_WORKERS: usize = 64;
/// One reception shakes a thousand hands a second or more.
const WORKERS_PER_RECEPTION: usize = 2;

/// Why a command was refused.
#[derive(Debug, Error)]
pub enum EngineError {
    /// No such object, or it is gone.
    #[error("there is no {0} {1}")]
    Unknown(&'static str, u64),
    /// The operating system refused.
    #[error(transparent)]
    System(#[from] io::Error),
    /// The arguments make no sense.
    #[error("{0}")]
    Invalid(String),
    /// Certificate or key can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What is known of a connection whose TLS is up.
pub struct ConnectionFacts {
    /// Peer address.
    pub peer: SocketAddr,
    /// Own address.
    pub local: SocketAddr,
    /// Its listener.
    pub listener: Option<u64>,
    /// Facts of its TLS.
    pub tls: TlsFacts,
}

/// A trace and the thread that brings out what it sees.
type RunningTrace = (Arc<Trace>, JoinHandle<()>);

/// Workers, acceptor and everything they serve.
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
    acceptor: AcceptorHandle,
    listeners: Mutex<HashMap<u64, Arc<ListenerShared>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    traces: Mutex<HashMap<u64, RunningTrace>>,
    packet_log: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Start the threads; 0 workers means one a core. So many bytes of frames may wait, 0 means the usual.
    pub fn start(workers: usize, queue_budget_bytes: usize) -> Result<Self, EngineError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = if workers == 0 { cores } else { workers }.clamp(1, MAXIMUM_WORKERS);
        let events = Arc::new(EventQueue::new()?);
        logging::install(&events);
        let budget = match queue_budget_bytes {
            0 => budget::USUAL_BYTES,
            bytes => bytes,
        };
        let shared = Arc::new(Shared::new(events, ClientSettings::new()?, budget));
        let built = build_workers(count, &shared)?;
        let (acceptor, handle) = Acceptor::new(Arc::clone(&shared))?;
        let mut threads = vec![Builder::new().name("el-acceptor".into()).spawn(move || {
            os::block_signals();
            acceptor.run();
        })?];
        for (index, worker) in built.into_iter().enumerate() {
            threads.push(start_worker(index, count, worker)?);
        }
        let threads = Mutex::new(threads);
        Ok(Self {
            shared,
            acceptor: handle,
            listeners: Mutex::default(),
            threads,
            traces: Mutex::default(),
            packet_log: Mutex::default(),
        })
    }

    /// The congestion control of links from now on: "auto" or a name that the system knows.
    pub fn set_congestion(&self, name: &str) -> Result<(), EngineError> {
        let congestion = Congestion::parse(name)?;
        self.shared.congestion.store(Arc::new(congestion));
        Ok(())
    }

    /// Readable while `drain` has something.
    pub fn wake_descriptor(&self) -> RawFd {
        self.shared.events.descriptor()
    }

    /// Objects with news.
    pub fn drain(&self, maximum: usize) -> Vec<(Subject, u64, u32)> {
        self.shared.events.drain(maximum)
    }

    /// Close everything politely and join the threads. False if the deadline passed first.
    pub fn stop(&self, deadline: Duration) -> bool {
        let end = Instant::now() + deadline;
        self.close_traces();
        self.acceptor.tell(Request::Stop);
        for worker in 0..self.shared.handles().len() {
            self.shared.tell(
                worker,
                Message::Stop {
                    deadline_ms: deadline.as_millis() as u64,
                },
            );
        }
        let mut clean = true;
        for thread in self.threads.lock().drain(..) {
            // A worker looks at its deadline itself; a thread that panicked has been logged.
            clean &= thread.join().is_ok();
        }
        clean &= self.stop_packet_log();
        clean && Instant::now() <= end
    }
}

/// `frames` workers that move frames, and receptions behind them.
fn build_workers(frames: usize, shared: &Arc<Shared>) -> io::Result<Vec<Worker>> {
    let mut handles = Vec::new();
    let mut built = Vec::new();
    for index in 0..frames + frames.div_ceil(WORKERS_PER_RECEPTION) {
        let poll = Poll::new()?;
        let (mail, letters) = mpsc::channel();
        let (role, senders) = if index < frames {
            (Role::Frames, frames)
        } else {
            (Role::Reception, 0)
        };
        let waker = Waker::new(poll.registry(), WAKE)?;
        handles.push(WorkerHandle::new(
            role,
            mail,
            waker,
            senders,
            BATCHES_PER_PAIR,
        ));
        built.push(Worker::new(
            index,
            frames,
            poll,
            letters,
            Arc::clone(shared),
        ));
    }
    // Nobody else has seen `shared` yet.
    let _ = shared.workers.set(handles);
    Ok(built)
}

fn start_worker(index: usize, frames: usize, worker: Worker) -> io::Result<JoinHandle<()>> {
    if index < frames {
        return Builder::new()
            .name(format!("el-worker-{index}"))
            .spawn(move || worker.run());
    }
    Builder::new()
        .name(format!("el-reception-{}", index - frames))
        .spawn(move || {
            os::yield_to_frames();
            worker.run();
        })
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop(Duration::from_millis(200));
    }
}
