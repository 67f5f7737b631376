//! Events towards Python: flags per object on a bounded ready list, one wake-up descriptor.
//!
//! An object is on the list at most once, so the list is bounded by the number of objects; a worker never
//! waits for Python.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use etherloom_switch::lock::Mutex;
use rustix::event::{EventfdFlags, eventfd};

/// What an event is about; mirrored by `etherloom.engine.events.Subject`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Subject {
    /// A listener.
    Listener = 1,
    /// A connection that Python reads.
    Connection = 2,
    /// A session.
    Session = 3,
    /// The ring of log records.
    Log = 4,
    /// A hub.
    Hub = 5,
    /// Lines of packet logs.
    Lines = 6,
}

/// Flags of a connection; mirrored by `ConnectionEvent`.
pub mod connection {
    /// Accepted by a listener, TLS is up.
    pub const ACCEPTED: u32 = 1;
    /// Opened by us, TLS is up.
    pub const ESTABLISHED: u32 = 2;
    /// A pull was answered.
    pub const READABLE: u32 = 4;
    /// It is over.
    pub const CLOSED: u32 = 8;
}

/// Flags of a session; mirrored by `SessionEvent`.
pub mod session {
    /// A link was plugged in.
    pub const LINK_OPENED: u32 = 1;
    /// A link is gone.
    pub const LINK_CLOSED: u32 = 2;
    /// A memory port has frames.
    pub const FRAMES: u32 = 4;
    /// The session is over.
    pub const ENDED: u32 = 8;
}

/// Flags of a hub; mirrored by `HubEvent`.
pub mod hub {
    /// There is something to tell people.
    pub const NEWS: u32 = 1;
}

/// Flags of a listener; mirrored by `ListenerEvent`.
pub mod listener {
    /// It accepts no more.
    pub const FAILED: u32 = 1;
}

/// The place where one object's flags are collected.
#[derive(Debug)]
pub struct Notice {
    subject: Subject,
    identifier: u64,
    flags: AtomicU32,
}

impl Notice {
    /// A notice for one object.
    pub fn new(subject: Subject, identifier: u64) -> Arc<Self> {
        Arc::new(Self {
            subject,
            identifier,
            flags: AtomicU32::new(0),
        })
    }
}

/// The ready list.
#[derive(Debug)]
pub struct EventQueue {
    ready: Mutex<VecDeque<Arc<Notice>>>,
    wake: OwnedFd,
}

impl EventQueue {
    /// An empty list with its wake-up descriptor.
    pub fn new() -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self {
            ready: Mutex::new(VecDeque::new()),
            wake,
        })
    }

    /// The descriptor to wait on.
    pub fn descriptor(&self) -> RawFd {
        self.wake.as_raw_fd()
    }

    /// Collect a flag and put the object on the list unless it is there.
    pub fn raise(&self, notice: &Arc<Notice>, flag: u32) {
        if notice.flags.fetch_or(flag, Ordering::AcqRel) != 0 {
            return;
        }
        let mut ready = self.ready.lock();
        ready.push_back(Arc::clone(notice));
        if ready.len() == 1 {
            // A full counter still wakes: nothing to handle.
            let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
        }
    }

    /// Take up to `maximum` objects with their flags.
    pub fn drain(&self, maximum: usize) -> Vec<(Subject, u64, u32)> {
        let mut ready = self.ready.lock();
        let count = maximum.min(ready.len());
        let taken: Vec<_> = ready.drain(..count).collect();
        if ready.is_empty() {
            let mut counter = [0u8; 8];
            let _ = rustix::io::read(&self.wake, &mut counter);
        }
        drop(ready);
        taken
            .into_iter()
            .map(|notice| {
                (
                    notice.subject,
                    notice.identifier,
                    notice.flags.swap(0, Ordering::AcqRel),
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_listed_once_with_all_its_flags() {
        let queue = EventQueue::new().expect("eventfd");
        let notice = Notice::new(Subject::Session, 7);
        queue.raise(&notice, session::LINK_OPENED);
        queue.raise(&notice, session::ENDED);
        assert_eq!(
            queue.drain(10),
            vec![(Subject::Session, 7, session::LINK_OPENED | session::ENDED)]
        );
        assert!(queue.drain(10).is_empty());
        queue.raise(&notice, session::FRAMES);
        assert_eq!(queue.drain(10).len(), 1);
    }

    #[test]
    fn a_short_drain_leaves_the_rest_and_stays_awake() {
        let queue = EventQueue::new().expect("eventfd");
        for identifier in 0..5 {
            queue.raise(
                &Notice::new(Subject::Connection, identifier),
                connection::READABLE,
            );
        }
        assert_eq!(queue.drain(2).len(), 2);
        let mut counter = [0u8; 8];
        assert!(rustix::io::read(&queue.wake, &mut counter).is_ok());
        assert_eq!(queue.drain(10).len(), 3);
    }
}
