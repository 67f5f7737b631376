//! The engine as its owner sees it: commands down, events up, snapshots.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use etherloom_switch::HubRules;
use mio::{Poll, Waker};
use parking_lot::Mutex;
use thiserror::Error;

use crate::acceptor::{Acceptor, AcceptorHandle, ListenerShared, Request, bind};
use crate::admission::Limits;
use crate::event::{EventQueue, Subject};
use crate::hub::Hub;
use crate::link::LinkSettings;
use crate::logging;
use crate::message::Message;
use crate::os;
use crate::session::SessionRules;
use crate::shared::{ConnectionShared, PortKind, SessionShared, Shared, WorkerHandle};
use crate::snapshot::{ListenerSnapshot, MacEntry, SessionSnapshot};
use crate::tls::{ClientSettings, Identity, TlsError, TlsFacts};
use crate::worker::place_of;
use crate::worker::{WAKE, Worker};

const BATCHES_PER_PAIR: usize = 128;
const MAXIMUM_WORKERS: usize = 64;

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

/// Workers, acceptor and everything they serve.
pub struct Engine {
    shared: Arc<Shared>,
    acceptor: AcceptorHandle,
    listeners: Mutex<HashMap<u64, Arc<ListenerShared>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Engine {
    /// Start the threads; 0 workers means one a core.
    pub fn start(workers: usize) -> Result<Self, EngineError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = if workers == 0 { cores } else { workers }.clamp(1, MAXIMUM_WORKERS);
        let events = Arc::new(EventQueue::new()?);
        logging::install(&events);
        let shared = Arc::new(Shared::new(events, ClientSettings::new()?));
        let mut handles = Vec::new();
        let mut built = Vec::new();
        for index in 0..count {
            let poll = Poll::new()?;
            let (mail, letters) = mpsc::channel();
            handles.push(WorkerHandle::new(
                mail,
                Waker::new(poll.registry(), WAKE)?,
                count,
                BATCHES_PER_PAIR,
            ));
            built.push(Worker::new(
                index,
                count,
                poll,
                letters,
                Arc::clone(&shared),
            ));
        }
        // Nobody else has seen `shared` yet.
        let _ = shared.workers.set(handles);
        let (acceptor, handle) = Acceptor::new(Arc::clone(&shared))?;
        let mut threads = vec![Builder::new().name("el-acceptor".into()).spawn(move || {
            os::block_signals();
            acceptor.run();
        })?];
        for (index, worker) in built.into_iter().enumerate() {
            threads.push(
                Builder::new()
                    .name(format!("el-worker-{index}"))
                    .spawn(move || worker.run())?,
            );
        }
        let threads = Mutex::new(threads);
        Ok(Self {
            shared,
            acceptor: handle,
            listeners: Mutex::default(),
            threads,
        })
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
        clean && Instant::now() <= end
    }

    /// What connections accepted from now on show.
    pub fn set_identity(&self, chain: Vec<Vec<u8>>, private_key: &[u8]) -> Result<(), EngineError> {
        self.shared
            .identity
            .store(Some(Arc::new(Identity::new(chain, private_key)?)));
        Ok(())
    }

    /// Bind and accept.
    pub fn open_listener(
        &self,
        address: IpAddr,
        port: u16,
        limits: Limits,
    ) -> Result<u64, EngineError> {
        if self.shared.identity.load().is_none() {
            return Err(EngineError::Invalid(
                "set an identity before a listener is opened".into(),
            ));
        }
        let socket = bind(address, port)?;
        let identifier = self.shared.next_identifier();
        let listener = ListenerShared::new(identifier, socket.local_addr()?);
        self.listeners
            .lock()
            .insert(identifier, Arc::clone(&listener));
        self.acceptor
            .tell(Request::Open(identifier, socket, limits, listener));
        Ok(identifier)
    }

    fn listener(&self, identifier: u64) -> Result<Arc<ListenerShared>, EngineError> {
        self.listeners
            .lock()
            .get(&identifier)
            .cloned()
            .ok_or(EngineError::Unknown("listener", identifier))
    }

    /// The port that a listener is bound to.
    pub fn listener_port(&self, identifier: u64) -> Result<u16, EngineError> {
        Ok(self.listener(identifier)?.address.port())
    }

    /// Its counts.
    pub fn listener_snapshot(&self, identifier: u64) -> Result<ListenerSnapshot, EngineError> {
        Ok(ListenerSnapshot::of(&self.listener(identifier)?.gate))
    }

    /// Stop accepting. Connections that were accepted go on.
    pub fn close_listener(&self, identifier: u64) -> Result<(), EngineError> {
        let removed = self.listeners.lock().remove(&identifier);
        removed.ok_or(EngineError::Unknown("listener", identifier))?;
        self.acceptor.tell(Request::Close(identifier));
        Ok(())
    }

    /// Start TCP and TLS towards a server.
    pub fn connect(&self, address: SocketAddr, server_name: String, deadline: Duration) -> u64 {
        let worker = self.shared.least_loaded();
        let identifier = self.shared.next_identifier();
        let connection = ConnectionShared::new(identifier, worker, None);
        self.shared
            .connections
            .lock()
            .insert(identifier, Arc::clone(&connection));
        let deadline_ms = self.shared.now_ms() + deadline.as_millis() as u64;
        self.shared.tell(
            worker,
            Message::Connect {
                address,
                server_name,
                connection,
                deadline_ms,
            },
        );
        identifier
    }

    fn connection(&self, identifier: u64) -> Result<Arc<ConnectionShared>, EngineError> {
        let connections = self.shared.connections.lock();
        connections
            .get(&identifier)
            .cloned()
            .ok_or(EngineError::Unknown("connection", identifier))
    }

    fn give_up_connection(&self, identifier: u64) -> Result<Arc<ConnectionShared>, EngineError> {
        let removed = self.shared.connections.lock().remove(&identifier);
        removed.ok_or(EngineError::Unknown("connection", identifier))
    }

    /// What is known of a connection whose TLS is up.
    pub fn facts(&self, identifier: u64) -> Result<ConnectionFacts, EngineError> {
        let connection = self.connection(identifier)?;
        let not_yet =
            || EngineError::Invalid(format!("TLS of connection {identifier} is not up yet"));
        let (peer, local) = connection.addresses.lock().ok_or_else(not_yet)?;
        let tls = connection.facts.get().cloned().ok_or_else(not_yet)?;
        Ok(ConnectionFacts {
            peer,
            local,
            listener: connection.listener,
            tls,
        })
    }

    /// Ask for bytes.
    pub fn pull(&self, identifier: u64, maximum: usize) -> Result<(), EngineError> {
        let connection = self.connection(identifier)?;
        self.shared.tell(
            connection.worker,
            Message::Pull {
                connection: identifier,
                maximum,
            },
        );
        Ok(())
    }

    /// What the last pull brought, and the end of the stream if it was seen.
    pub fn take(&self, identifier: u64) -> Result<(Vec<u8>, Option<String>), EngineError> {
        let connection = self.connection(identifier)?;
        let mut inbox = connection.inbox.lock();
        Ok((std::mem::take(&mut inbox.data), inbox.ended.clone()))
    }

    /// Queue bytes.
    pub fn send(&self, identifier: u64, data: Vec<u8>) -> Result<(), EngineError> {
        let connection = self.connection(identifier)?;
        self.shared.tell(
            connection.worker,
            Message::Send {
                connection: identifier,
                data,
            },
        );
        Ok(())
    }

    /// Arm the deadline, or take it back with 0: then the connection counts as logged in.
    pub fn set_deadline(&self, identifier: u64, milliseconds: u64) -> Result<(), EngineError> {
        let connection = self.connection(identifier)?;
        self.shared.tell(
            connection.worker,
            Message::Deadline {
                connection: identifier,
                milliseconds,
            },
        );
        Ok(())
    }

    /// Close politely and forget.
    pub fn close(&self, identifier: u64) -> Result<(), EngineError> {
        let connection = self.give_up_connection(identifier)?;
        self.shared.tell(
            connection.worker,
            Message::Close {
                connection: identifier,
            },
        );
        Ok(())
    }

    /// Hand the plain stream over as one end of a socket pair.
    pub fn splice(&self, identifier: u64, replay: Vec<u8>) -> Result<OwnedFd, EngineError> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let connection = self.give_up_connection(identifier)?;
        self.shared.tell(
            connection.worker,
            Message::Splice {
                connection: identifier,
                socket: ours,
                replay,
            },
        );
        Ok(theirs.into())
    }

    /// A hub without ports.
    pub fn open_hub(&self, wire: bool, rules: HubRules) -> u64 {
        let identifier = self.shared.next_identifier();
        self.shared
            .hubs
            .lock()
            .insert(identifier, Hub::new(identifier, wire, rules));
        identifier
    }

    fn hub(&self, identifier: u64) -> Result<Arc<Hub>, EngineError> {
        self.shared
            .hubs
            .lock()
            .get(&identifier)
            .cloned()
            .ok_or(EngineError::Unknown("hub", identifier))
    }

    /// New rules, at once.
    pub fn set_hub_rules(&self, identifier: u64, rules: HubRules) -> Result<(), EngineError> {
        self.hub(identifier)?.switch.set_rules(rules);
        Ok(())
    }

    /// End all its sessions and forget it.
    pub fn close_hub(&self, identifier: u64) -> Result<(), EngineError> {
        let removed = self.shared.hubs.lock().remove(&identifier);
        let hub = removed.ok_or(EngineError::Unknown("hub", identifier))?;
        let ports = hub.close();
        for worker in 0..self.shared.handles().len() {
            let of_worker: Vec<_> = ports
                .iter()
                .copied()
                .filter(|port| place_of(*port).0 == worker)
                .collect();
            if !of_worker.is_empty() {
                self.shared.tell(
                    worker,
                    Message::ClosePorts {
                        hub: identifier,
                        ports: of_worker,
                    },
                );
            }
        }
        Ok(())
    }

    /// Its MAC table.
    pub fn mac_table(&self, identifier: u64) -> Result<Vec<MacEntry>, EngineError> {
        let hub = self.hub(identifier)?;
        let sessions: HashMap<_, _> = {
            let sessions = self.shared.sessions.lock();
            sessions
                .values()
                .filter_map(|session| Some((*session.port.get()?, session.identifier)))
                .collect()
        };
        let now_ms = self.shared.now_ms();
        let entries = hub.switch.macs().snapshot().into_iter();
        Ok(entries
            .filter_map(|entry| MacEntry::of(&entry, &sessions, now_ms))
            .collect())
    }

    /// How many addresses it knows.
    pub fn mac_count(&self, identifier: u64) -> Result<usize, EngineError> {
        Ok(self.hub(identifier)?.switch.macs().len())
    }

    /// Forget one address; false if it was not there.
    pub fn delete_mac(
        &self,
        identifier: u64,
        address: [u8; 6],
        vlan: u16,
    ) -> Result<bool, EngineError> {
        let key = etherloom_switch::MacKey::new(address, vlan);
        Ok(self.hub(identifier)?.switch.macs().remove(key))
    }

    fn new_session(&self, hub: &Hub, kind: PortKind, queue_frames: usize) -> Arc<SessionShared> {
        let worker = hub.place(self.shared.least_loaded());
        let session = SessionShared::new(self.shared.next_identifier(), worker, kind, queue_frames);
        session
            .last_received_ms
            .store(self.shared.now_ms(), Ordering::Relaxed);
        self.shared
            .sessions
            .lock()
            .insert(session.identifier, Arc::clone(&session));
        session
    }

    /// A native session without links.
    pub fn open_session(&self, hub: u64, rules: SessionRules) -> Result<u64, EngineError> {
        let hub = self.hub(hub)?;
        let session = self.new_session(&hub, PortKind::Native, 0);
        let identifier = session.identifier;
        self.shared.tell(
            session.worker,
            Message::OpenSession {
                session,
                hub,
                rules,
            },
        );
        Ok(identifier)
    }

    /// Make a connection a link of a session.
    pub fn promote(
        &self,
        connection: u64,
        session: u64,
        farewell: Vec<u8>,
        leftover: Vec<u8>,
        link: LinkSettings,
    ) -> Result<(), EngineError> {
        let session = self.session(session)?;
        let worker = self.give_up_connection(connection)?.worker;
        self.shared.tell(
            worker,
            Message::Promote {
                connection,
                session,
                farewell,
                leftover,
                link,
            },
        );
        Ok(())
    }

    /// Create a TAP adapter and plug it in.
    pub fn open_tap(&self, hub: u64, name: &str) -> Result<u64, EngineError> {
        let hub = self.hub(hub)?;
        let (descriptor, name) = os::open_tap(name)?;
        let session = self.new_session(&hub, PortKind::Tap(name), 0);
        let identifier = session.identifier;
        self.shared.tell(
            session.worker,
            Message::OpenDevice {
                session,
                hub,
                descriptor,
            },
        );
        Ok(identifier)
    }

    /// A port of the caller's.
    pub fn open_memory(&self, hub: u64, queue_frames: usize) -> Result<u64, EngineError> {
        let hub = self.hub(hub)?;
        let session = self.new_session(&hub, PortKind::Memory, queue_frames.max(1));
        let identifier = session.identifier;
        self.shared
            .tell(session.worker, Message::OpenMemory { session, hub });
        Ok(identifier)
    }

    fn session(&self, identifier: u64) -> Result<Arc<SessionShared>, EngineError> {
        self.shared
            .sessions
            .lock()
            .get(&identifier)
            .cloned()
            .ok_or(EngineError::Unknown("session", identifier))
    }

    /// Frames into the hub through a memory port; what does not fit is dropped and counted.
    pub fn send_frames(
        &self,
        identifier: u64,
        mut frames: Vec<Vec<u8>>,
    ) -> Result<(), EngineError> {
        let session = self.session(identifier)?;
        let under_way = session.injected.fetch_add(frames.len(), Ordering::AcqRel);
        let room = session
            .queue_frames
            .saturating_sub(under_way)
            .min(frames.len());
        let surplus = frames.len() - room;
        if surplus > 0 {
            session.injected.fetch_sub(surplus, Ordering::AcqRel);
            session
                .counters
                .dropped_many(etherloom_switch::DropReason::QueueFull, surplus as u64);
            frames.truncate(room);
        }
        self.shared.tell(
            session.worker,
            Message::Inject {
                session: identifier,
                frames,
            },
        );
        Ok(())
    }

    /// Frames out of the hub through a memory port.
    pub fn take_frames(
        &self,
        identifier: u64,
        maximum: usize,
    ) -> Result<Vec<Vec<u8>>, EngineError> {
        let session = self.session(identifier)?;
        let mut frames = session.frames.lock();
        let count = maximum.min(frames.len());
        Ok(frames.drain(..count).collect())
    }

    /// Counters, links and the end of a session.
    pub fn session_snapshot(&self, identifier: u64) -> Result<SessionSnapshot, EngineError> {
        Ok(SessionSnapshot::of(
            &*self.session(identifier)?,
            self.shared.now_ms(),
        ))
    }

    /// Close one link politely.
    pub fn close_link(&self, session: u64, connection: u64) -> Result<(), EngineError> {
        let worker = self.session(session)?.worker;
        self.shared.tell(
            worker,
            Message::CloseLink {
                session,
                connection,
            },
        );
        Ok(())
    }

    /// End a session.
    pub fn close_session(&self, identifier: u64) -> Result<(), EngineError> {
        let worker = self.session(identifier)?.worker;
        self.shared.tell(
            worker,
            Message::CloseSession {
                session: identifier,
            },
        );
        Ok(())
    }

    /// Drop the counters of an ended session; one that runs is ended.
    pub fn forget_session(&self, identifier: u64) -> Result<(), EngineError> {
        let removed = self.shared.sessions.lock().remove(&identifier);
        let session = removed.ok_or(EngineError::Unknown("session", identifier))?;
        self.shared.tell(
            session.worker,
            Message::CloseSession {
                session: identifier,
            },
        );
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop(Duration::from_millis(200));
    }
}
