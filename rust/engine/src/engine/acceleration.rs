//! Commands about UDP acceleration.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use etherloom_wire::acceleration::SALT_BYTES;

use super::{Engine, EngineError};
use crate::acceleration::{Acceleration, AccelerationRules, AccelerationShared};
use crate::message::Message;
use crate::os;

/// So many ports of a range may be somebody else's before any port will do.
const MOST_TRIES: usize = 64;

impl Engine {
    /// A socket for datagrams on the next free port of the range, else on any; it belongs to no session yet.
    pub fn open_datagrams(
        &self,
        address: IpAddr,
        first: u16,
        last: u16,
    ) -> Result<u64, EngineError> {
        let address = address.to_canonical();
        let bind = |port| os::bind_datagrams(SocketAddr::new(address, port));
        let free = (0..MOST_TRIES).find_map(|_| bind(self.next_port(first, last)?).ok());
        let socket = match free {
            Some(socket) => socket,
            None => bind(0)?,
        };
        let identifier = self.shared.next_identifier();
        self.shared.datagrams.lock().insert(identifier, socket);
        Ok(identifier)
    }

    /// The ports of a range in turn. To look for the first free one would take longer with every session.
    fn next_port(&self, first: u16, last: u16) -> Option<u16> {
        let ports = (first.max(1)..=last).len();
        let turn = self.shared.datagram_turns.fetch_add(1, Ordering::Relaxed);
        (ports > 0).then(|| first.max(1) + (turn % ports) as u16)
    }

    /// Its port.
    pub fn datagrams_port(&self, identifier: u64) -> Result<u16, EngineError> {
        let sockets = self.shared.datagrams.lock();
        let socket = sockets
            .get(&identifier)
            .ok_or_else(|| unknown(identifier))?;
        Ok(socket.local_addr()?.port())
    }

    /// Forget a socket that no session has got.
    pub fn close_datagrams(&self, identifier: u64) -> Result<(), EngineError> {
        self.take_datagrams(identifier).map(drop)
    }

    fn take_datagrams(&self, identifier: u64) -> Result<UdpSocket, EngineError> {
        let removed = self.shared.datagrams.lock().remove(&identifier);
        removed.ok_or_else(|| unknown(identifier))
    }

    /// Give a socket to a session, which begins to look for the other end at once.
    pub fn accelerate(
        &self,
        session: u64,
        datagrams: u64,
        rules: AccelerationRules,
    ) -> Result<(), EngineError> {
        let session = self.session(session)?;
        let socket = self.take_datagrams(datagrams)?;
        let family = socket.local_addr()?.is_ipv4();
        if rules.peers.is_empty() || rules.peers.iter().any(|peer| peer.is_ipv4() != family) {
            let reason = "the peer has no address of the socket's family";
            return Err(EngineError::Invalid(reason.into()));
        }
        let shared = Arc::new(AccelerationShared::default());
        if session.acceleration.set(Arc::clone(&shared)).is_err() {
            return Err(EngineError::Invalid("the session has a socket".into()));
        }
        let mut salt = [0; SALT_BYTES];
        os::fill_random(&mut salt)?;
        let sight = Arc::clone(&session.sight);
        let acceleration = Acceleration::new(datagrams, socket, rules, salt, shared, sight);
        self.shared.tell(
            session.worker,
            Message::Accelerate {
                session: session.identifier,
                acceleration: Box::new(acceleration),
            },
        );
        Ok(())
    }
}

fn unknown(identifier: u64) -> EngineError {
    EngineError::Unknown("socket for datagrams", identifier)
}
