//! Commands about listeners and connections.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use super::{ConnectionFacts, Engine, EngineError};
use crate::acceptor::{ListenerShared, Request, bind};
use crate::admission::Limits;
use crate::message::Message;
use crate::shared::ConnectionShared;
use crate::snapshot::ListenerSnapshot;
use crate::tls::{Identity, TlsRules};

impl Engine {
    /// What connections accepted from now on show.
    pub fn set_identity(
        &self,
        chain: Vec<Vec<u8>>,
        private_key: &[u8],
        rules: &TlsRules,
    ) -> Result<(), EngineError> {
        self.show(Identity::with_rules(chain, private_key, rules)?);
        Ok(())
    }

    /// Go on showing what is shown now to these sources, whatever is set afterwards, until they are released.
    ///
    /// One that has been promised something older keeps that.
    pub fn retain_identity(&self, sources: Vec<IpAddr>) {
        let Some(identity) = self.shared.identity.load_full() else {
            return;
        };
        let mut retained = self.shared.retained.lock();
        for source in sources {
            retained
                .entry(source)
                .or_insert_with(|| Arc::clone(&identity));
        }
    }

    /// Show this source what everybody is shown.
    pub fn release_identity(&self, source: IpAddr) {
        self.shared.retained.lock().remove(&source);
    }

    pub(crate) fn show(&self, identity: Identity) {
        self.shared.identity.store(Some(Arc::new(identity)));
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
        let worker = self.shared.least_loaded_reception();
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

    pub(super) fn give_up_connection(
        &self,
        identifier: u64,
    ) -> Result<Arc<ConnectionShared>, EngineError> {
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
}
