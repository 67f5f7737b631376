//! Connections before they are part of a session, on their worker.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use log::debug;
use mio::event::{Event, Source};
use mio::net::TcpStream;
use mio::{Interest, Token};

use super::timers::Timer;
use super::{LOCAL_END, Target, Worker};
use crate::admission::Admission;
use crate::connection::{Connection, Dismantled, Over, Progress};
use crate::event::connection as flag;
use crate::link::LinkSettings;
use crate::message::{Message, Transfer};
use crate::os;
use crate::shared::{ConnectionShared, LinkShared, SessionShared, WireCounters};
use crate::splice::Splice;
use crate::tls::{Tls, TlsError};

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
/// The kernel gives up on a peer that acknowledges nothing for this long.
const USER_TIMEOUT_MS: u32 = 15_000;

impl Worker {
    pub(super) fn on_accepted(
        &mut self,
        socket: std::net::TcpStream,
        peer: SocketAddr,
        shared: Arc<ConnectionShared>,
        admission: Admission,
        deadline_ms: u64,
    ) {
        let Some(identity) = self.shared.identity_for(peer.ip()) else {
            return;
        };
        let Ok(tls) = Tls::server(&identity) else {
            return;
        };
        let Ok(local) = socket.local_addr() else {
            return;
        };
        *shared.addresses.lock() = Some((peer, local));
        let socket = TcpStream::from_std(socket);
        let mut connection = Connection::new(shared, socket, tls, deadline_ms);
        connection.admission = Some(admission);
        self.add_connection(connection);
    }

    pub(super) fn on_connect(
        &mut self,
        address: SocketAddr,
        server_name: &str,
        shared: Arc<ConnectionShared>,
        deadline_ms: u64,
    ) {
        let started = TcpStream::connect(address)
            .map_err(|error| error.to_string())
            .and_then(|socket| {
                let tls = Tls::client(&self.shared.client, server_name)
                    .map_err(|error| error.to_string())?;
                Ok((socket, tls))
            });
        match started {
            Ok((socket, tls)) => {
                let mut connection = Connection::new(shared, socket, tls, deadline_ms);
                connection.connecting = true;
                self.add_connection(connection);
            }
            Err(reason) => self.report_over(&shared, &Over::Lost(reason)),
        }
    }

    fn add_connection(&mut self, mut connection: Connection) {
        let identifier = connection.shared.identifier;
        // Options that a system refuses cost speed or patience, not the connection.
        let _ = connection.socket.set_nodelay(true);
        let _ = os::set_user_timeout(&connection.socket, USER_TIMEOUT_MS);
        if let Err(error) =
            self.poll
                .registry()
                .register(&mut connection.socket, token(identifier), BOTH)
        {
            self.report_over(&connection.shared, &Over::Lost(error.to_string()));
            return;
        }
        self.change_load(1);
        self.timers
            .arm(connection.next_due_ms(), Timer::Connection(identifier));
        self.targets
            .insert(identifier, Target::Connection(identifier));
        self.connections.insert(identifier, connection);
    }

    fn change_load(&self, by: isize) {
        use std::sync::atomic::Ordering::Relaxed;
        self.shared.handles()[self.index]
            .load
            .fetch_add(by as usize, Relaxed);
    }

    pub(super) fn on_connection_event(&mut self, identifier: u64, event: &Event) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        if connection.connecting {
            self.finish_connecting(identifier);
            return;
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            connection.mark_readable();
        }
        if connection.closing.is_some() {
            let ended = connection.flush().is_err() || connection.discard(&mut self.scratch.cipher);
            if ended {
                self.remove_connection(identifier);
            }
            return;
        }
        if event.is_writable()
            && let Err(over) = connection.flush()
        {
            self.finish_connection(identifier, &over);
            return;
        }
        self.make_progress(identifier);
        // A connection that both sides have given up is over even if nobody pulls.
        if event.is_error() || (event.is_read_closed() && event.is_write_closed()) {
            self.hang_up(identifier);
        }
    }

    fn hang_up(&mut self, identifier: u64) {
        if self
            .connections
            .get(&identifier)
            .is_some_and(|connection| !connection.is_reading())
        {
            self.finish_connection(identifier, &Over::Lost("the peer is gone".into()));
        }
    }

    fn finish_connecting(&mut self, identifier: u64) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        let begun = match connection.socket.take_error() {
            Ok(None) => match (
                connection.socket.peer_addr(),
                connection.socket.local_addr(),
            ) {
                (Ok(peer), Ok(local)) => {
                    *connection.shared.addresses.lock() = Some((peer, local));
                    connection.begin()
                }
                // Not connected yet: another event will come.
                _ => return,
            },
            Ok(Some(error)) | Err(error) => Err(Over::Lost(error.to_string())),
        };
        match begun {
            Ok(()) => self.make_progress(identifier),
            Err(over) => self.finish_connection(identifier, &over),
        }
    }

    fn make_progress(&mut self, identifier: u64) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        if !connection.is_reading() {
            return;
        }
        match connection.advance() {
            Ok(Progress::Waiting) => {}
            Ok(Progress::Established) => {
                self.on_established(identifier);
                self.make_progress(identifier);
            }
            Ok(Progress::Plain) => {
                let data = connection.take_wanted();
                connection.shared.inbox.lock().data.extend_from_slice(&data);
                self.shared
                    .events
                    .raise(&connection.shared.notice, flag::READABLE);
            }
            Err(over) => self.finish_connection(identifier, &over),
        }
    }

    fn on_established(&mut self, identifier: u64) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        let shared = Arc::clone(&connection.shared);
        let _ = shared.facts.set(connection.tls.facts());
        let accepted = shared.listener.is_some();
        if accepted {
            self.shared
                .connections
                .lock()
                .insert(identifier, Arc::clone(&shared));
        } else {
            connection.deadline_ms = None;
        }
        self.shared.events.raise(
            &shared.notice,
            if accepted {
                flag::ACCEPTED
            } else {
                flag::ESTABLISHED
            },
        );
    }

    pub(super) fn on_pull(&mut self, identifier: u64, maximum: usize) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        connection.wanted = maximum.max(1);
        self.make_progress(identifier);
    }

    pub(super) fn on_send(&mut self, identifier: u64, data: &[u8]) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        if connection.closing.is_none()
            && let Err(over) = connection.send(data)
        {
            self.finish_connection(identifier, &over);
        }
    }

    pub(super) fn on_deadline(&mut self, identifier: u64, milliseconds: u64) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        if milliseconds == 0 {
            // Without a deadline it has logged in: it leaves its place below the caps.
            connection.deadline_ms = None;
            connection.admission = None;
            return;
        }
        let due = self.shared.now_ms() + milliseconds;
        connection.deadline_ms = Some(due);
        self.timers.arm(due, Timer::Connection(identifier));
    }

    pub(super) fn on_connection_timer(&mut self, identifier: u64) {
        let Some(connection) = self.connections.get(&identifier) else {
            return;
        };
        let due = connection.next_due_ms();
        if due > self.now_ms {
            // Every change of the deadline arms a timer of its own.
            return;
        }
        if connection.closing.is_some() {
            self.remove_connection(identifier);
        } else {
            self.finish_connection(identifier, &Over::Lost("the time is up".into()));
        }
    }

    /// Close politely; Python has forgotten it.
    pub(super) fn on_close(&mut self, identifier: u64) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        // Its place below the caps stays taken until it is gone: closing costs something too.
        let ended = connection.start_closing(self.now_ms).is_err()
            || connection.discard(&mut self.scratch.cipher);
        let due = connection.next_due_ms();
        if ended {
            self.remove_connection(identifier);
        } else {
            self.timers.arm(due, Timer::Connection(identifier));
        }
    }

    /// The connection is over: say so, and say goodbye where that makes sense.
    fn finish_connection(&mut self, identifier: u64, over: &Over) {
        let Some(connection) = self.connections.get_mut(&identifier) else {
            return;
        };
        if let Some(admission) = &connection.admission
            && !connection.tls.is_established()
        {
            admission.failed();
            debug!("connection {identifier}: {over:?}");
        }
        let shared = Arc::clone(&connection.shared);
        self.report_over(&shared, over);
        self.on_close(identifier);
    }

    pub(super) fn drop_connection(&mut self, identifier: u64, reason: &str) {
        if let Some(connection) = self.connections.get(&identifier) {
            self.report_over(&Arc::clone(&connection.shared), &Over::Lost(reason.into()));
            self.remove_connection(identifier);
        }
    }

    fn report_over(&self, shared: &ConnectionShared, over: &Over) {
        let mut inbox = shared.inbox.lock();
        if inbox.ended.is_none() {
            inbox.ended = Some(match over {
                Over::Finished => String::new(),
                Over::Lost(reason) => reason.clone(),
            });
        }
        drop(inbox);
        self.shared.events.raise(&shared.notice, flag::CLOSED);
    }

    fn remove_connection(&mut self, identifier: u64) -> Option<Connection> {
        let mut connection = self.connections.remove(&identifier)?;
        self.targets.remove(&identifier);
        self.change_load(-1);
        deregister(self, &mut connection.socket);
        Some(connection)
    }

    pub(super) fn on_splice(&mut self, identifier: u64, socket: UnixStream, replay: Vec<u8>) {
        let Some(connection) = self.remove_connection(identifier) else {
            return;
        };
        let mut splice = Splice::new(
            connection.dismantle(),
            mio::net::UnixStream::from_std(socket),
            replay,
        );
        let registry = self.poll.registry();
        let local = identifier | LOCAL_END;
        if registry
            .register(&mut splice.peer, token(identifier), BOTH)
            .is_err()
            || registry
                .register(&mut splice.local, token(local), BOTH)
                .is_err()
        {
            return;
        }
        self.change_load(1);
        self.targets.insert(identifier, Target::Splice(identifier));
        self.targets.insert(local, Target::Splice(identifier));
        self.splices.insert(identifier, splice);
        self.pump(identifier);
    }

    pub(super) fn pump(&mut self, identifier: u64) {
        let Some(splice) = self.splices.get_mut(&identifier) else {
            return;
        };
        if !splice.pump(&mut self.scratch.cipher) {
            self.drop_splice(identifier);
        }
    }

    pub(super) fn drop_splice(&mut self, identifier: u64) {
        let Some(mut splice) = self.splices.remove(&identifier) else {
            return;
        };
        self.targets.remove(&identifier);
        self.targets.remove(&(identifier | LOCAL_END));
        self.change_load(-1);
        deregister(self, &mut splice.peer);
        deregister(self, &mut splice.local);
    }

    /// First half: the farewell is sealed behind what waits, the socket leaves this worker's poll.
    pub(super) fn on_promote(
        &mut self,
        identifier: u64,
        session: &SessionShared,
        farewell: &[u8],
        leftover: Vec<u8>,
        link: LinkSettings,
    ) {
        let Some(connection) = self.remove_connection(identifier) else {
            return;
        };
        let Some((peer, _)) = *connection.shared.addresses.lock() else {
            return;
        };
        let Some(facts) = connection.shared.facts.get().cloned() else {
            return;
        };
        let mut parts = connection.dismantle();
        if seal_farewell(&mut parts, farewell, !link.raw).is_err() {
            return;
        }
        let mut plain = leftover;
        plain.append(&mut parts.plain);
        let wire = WireCounters::default();
        let direction = link.direction;
        let shared = Arc::new(LinkShared {
            connection: identifier,
            peer,
            direction,
            raw: link.raw,
            facts,
            wire,
            sight: Arc::clone(&session.sight),
            ended: AtomicBool::new(false),
        });
        let transfer = Transfer {
            connection: identifier,
            socket: parts.socket,
            tls: (!link.raw).then_some(parts.tls),
            shared,
            received: parts.received,
            plain,
            unsent: parts.unsent,
        };
        if session.worker == self.index {
            self.on_attach(session.identifier, transfer);
        } else {
            let message = Message::Attach {
                session: session.identifier,
                transfer: Box::new(transfer),
            };
            self.shared.tell(session.worker, message);
        }
    }
}

/// Stock ends (5.01.9674 with OpenSSL 3), client or server, that lost a link by a reset find the old error
/// again at every empty read and close each new link for it, until something makes OpenSSL clear its queue: a
/// change of keys does. `tests/peers/test_cuts.py` shows it.
fn seal_farewell(parts: &mut Dismantled, farewell: &[u8], renew: bool) -> Result<(), TlsError> {
    parts.tls.seal(farewell, &mut parts.unsent)?;
    if renew {
        parts.tls.renew_keys(&mut parts.unsent)?;
    }
    Ok(())
}

pub(super) fn token(identifier: u64) -> Token {
    Token(identifier as usize)
}

pub(super) fn deregister(worker: &Worker, source: &mut impl Source) {
    // A socket that the poll does not know any more needs no farewell.
    let _ = worker.poll.registry().deregister(source);
}
