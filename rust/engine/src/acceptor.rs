//! The thread that accepts: it lets connections in below the caps and hands each to a worker.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use log::{error, warn};
use mio::{Events, Interest, Poll, Token, Waker};
use socket2::{Domain, Protocol, Socket, Type};

use crate::admission::{Gate, Limits};
use crate::event::{Notice, Subject, listener};
use crate::message::Message;
use crate::shared::{ConnectionShared, Shared};

const WAKE: Token = Token(usize::MAX);
const BACKLOG: i32 = 1024;
/// When the process has no descriptors left, accepting pauses; the connections wait in the backlog.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// What callers keep of a listener.
pub struct ListenerShared {
    /// Where it is bound.
    pub address: SocketAddr,
    /// Its caps and counts.
    pub gate: Arc<Gate>,
    /// Flags towards Python.
    pub notice: Arc<Notice>,
}

impl ListenerShared {
    /// For a bound socket.
    pub fn new(identifier: u64, address: SocketAddr) -> Arc<Self> {
        let notice = Notice::new(Subject::Listener, identifier);
        Arc::new(Self {
            address,
            gate: Arc::new(Gate::default()),
            notice,
        })
    }
}

/// A message to the acceptor.
pub enum Request {
    /// Accept on this socket.
    Open(u64, TcpListener, Limits, Arc<ListenerShared>),
    /// Stop accepting and close the socket.
    Close(u64),
    /// End the thread.
    Stop,
}

/// The acceptor's mailbox.
pub struct AcceptorHandle {
    mail: mpsc::Sender<Request>,
    waker: Waker,
}

impl AcceptorHandle {
    /// Put a request into the mailbox.
    pub fn tell(&self, request: Request) {
        // An acceptor that has stopped listens to nobody.
        let _ = self.mail.send(request);
        let _ = self.waker.wake();
    }
}

/// Bind a listening socket: IPv6 sockets take IPv6 only, so that both families can be bound.
pub fn bind(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::new(address, port);
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

struct Open {
    socket: mio::net::TcpListener,
    limits: Limits,
    shared: Arc<ListenerShared>,
}

/// The acceptor's own state.
pub struct Acceptor {
    poll: Poll,
    requests: mpsc::Receiver<Request>,
    shared: Arc<Shared>,
    listeners: HashMap<u64, Open>,
}

impl Acceptor {
    /// An acceptor and its mailbox.
    pub fn new(shared: Arc<Shared>) -> io::Result<(Self, AcceptorHandle)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let (mail, requests) = mpsc::channel();
        Ok((
            Self {
                poll,
                requests,
                shared,
                listeners: HashMap::new(),
            },
            AcceptorHandle { mail, waker },
        ))
    }

    /// Accept until told to stop.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(64);
        let mut exhausted: Vec<u64> = Vec::new();
        loop {
            let pause = (!exhausted.is_empty()).then_some(EXHAUSTED_PAUSE);
            match self.poll.poll(&mut events, pause) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    error!("the acceptor stops: {error}");
                    return;
                }
                _ => {}
            }
            let mut ready = std::mem::take(&mut exhausted);
            ready.extend(
                events
                    .iter()
                    .filter(|event| event.token() != WAKE)
                    .map(|event| event.token().0 as u64),
            );
            if !self.read_mail() {
                return;
            }
            exhausted.extend(
                ready
                    .into_iter()
                    .filter(|identifier| !self.accept_all(*identifier)),
            );
        }
    }

    fn read_mail(&mut self) -> bool {
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Open(identifier, socket, limits, shared) => {
                    self.open(identifier, socket, limits, shared);
                }
                Request::Close(identifier) => drop(self.listeners.remove(&identifier)),
                Request::Stop => return false,
            }
        }
        true
    }

    fn open(
        &mut self,
        identifier: u64,
        socket: TcpListener,
        limits: Limits,
        shared: Arc<ListenerShared>,
    ) {
        let mut socket = mio::net::TcpListener::from_std(socket);
        let token = Token(identifier as usize);
        if let Err(error) = self
            .poll
            .registry()
            .register(&mut socket, token, Interest::READABLE)
        {
            warn!("listener {}: {error}", shared.address);
            self.shared.events.raise(&shared.notice, listener::FAILED);
            return;
        }
        self.listeners.insert(
            identifier,
            Open {
                socket,
                limits,
                shared,
            },
        );
    }

    /// Accept what waits. False when that has to be tried again later.
    fn accept_all(&mut self, identifier: u64) -> bool {
        loop {
            let Some(open) = self.listeners.get(&identifier) else {
                return true;
            };
            match open.socket.accept() {
                Ok((socket, peer)) => self.hand_over(identifier, socket.into(), peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    warn!("listener {}: {error}; trying again", open.shared.address);
                    return false;
                }
            }
        }
    }

    fn hand_over(&self, listener: u64, socket: std::net::TcpStream, peer: SocketAddr) {
        let Some(open) = self.listeners.get(&listener) else {
            return;
        };
        let Some(admission) = open.shared.gate.admit(peer.ip(), &open.limits) else {
            return;
        };
        let worker = self.shared.least_loaded_reception();
        let identifier = self.shared.next_identifier();
        let connection = ConnectionShared::new(identifier, worker, Some(listener));
        let deadline_ms = self.shared.now_ms() + open.limits.deadline_ms;
        self.shared.tell(
            worker,
            Message::Accepted {
                socket,
                peer,
                connection,
                admission,
                deadline_ms,
            },
        );
    }
}

/// Errors that say something about the connection that was accepted, not about the listener (accept(2)).
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::Interrupted
            | Kind::HostUnreachable
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::PermissionDenied
    )
}
