//! Ports of a benchmark: frames come from nowhere and end nowhere, so that only the way between is measured.
//!
//! Only with the feature `testkit`, which the product is built without.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::engine::{Engine, EngineError};
use crate::message::Message;
use crate::shared::{PortKind, SessionShared};

static CROSSINGS: AtomicU64 = AtomicU64::new(0);

/// Frames that a port sends again and again, each time as one batch.
pub struct Circulation {
    /// The port's session.
    pub session: u64,
    /// What it sends.
    pub frames: Vec<Vec<u8>>,
    /// No more after this turn.
    pub is_over: AtomicBool,
}

/// A batch goes to another worker.
pub(crate) fn note_crossing() {
    CROSSINGS.fetch_add(1, Relaxed);
}

/// How many batches went to other workers so far.
pub fn crossings() -> u64 {
    CROSSINGS.load(Relaxed)
}

/// How many locks were taken so far.
pub use etherloom_switch::lock::taken as locks;

impl Engine {
    /// A port on this worker that drops what it gets, after counting it.
    pub fn open_sink(&self, hub: u64, worker: usize) -> Result<u64, EngineError> {
        let hub = self.hub(hub)?;
        let identifier = self.shared.next_identifier();
        let session = SessionShared::new(identifier, worker, PortKind::Memory, 0);
        let mut sessions = self.shared.sessions.lock();
        sessions.insert(identifier, Arc::clone(&session));
        self.shared
            .tell(worker, Message::OpenMemory { session, hub });
        Ok(identifier)
    }

    /// Let a port send: at once, and from then on until it is over.
    pub fn circulate(&self, circulation: Arc<Circulation>) -> Result<(), EngineError> {
        let worker = self.session(circulation.session)?.worker;
        self.shared.tell(worker, Message::Circulate(circulation));
        Ok(())
    }
}
