//! Log records as a bounded ring that Python drains; a full ring drops and counts.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use log::{Level, LevelFilter, Log, Metadata, Record};
use parking_lot::Mutex;

use crate::event::{EventQueue, Notice, Subject};

const CAPACITY: usize = 1024;

/// One record: level name, module, message.
pub type LogRecord = (&'static str, String, String);

struct Ring {
    records: Mutex<VecDeque<LogRecord>>,
    dropped: AtomicU64,
    listener: Mutex<Option<(Weak<EventQueue>, Arc<Notice>)>>,
}

static RING: OnceLock<Ring> = OnceLock::new();

fn ring() -> &'static Ring {
    RING.get_or_init(|| Ring {
        records: Mutex::new(VecDeque::new()),
        dropped: AtomicU64::new(0),
        listener: Mutex::new(None),
    })
}

struct RingLogger;

impl Log for RingLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Info || metadata.target().starts_with("etherloom")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let ring = ring();
        let mut records = ring.records.lock();
        if records.len() >= CAPACITY {
            ring.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        records.push_back((
            record.level().as_str(),
            record.target().into(),
            record.args().to_string(),
        ));
        drop(records);
        if let Some((queue, notice)) = &*ring.listener.lock()
            && let Some(queue) = queue.upgrade()
        {
            queue.raise(notice, 1);
        }
    }

    fn flush(&self) {}
}

/// Route the `log` crate here and tell `queue` about new records. The newest engine of a process listens.
pub fn install(queue: &Arc<EventQueue>) {
    *ring().listener.lock() = Some((Arc::downgrade(queue), Notice::new(Subject::Log, 0)));
    if log::set_logger(&RingLogger).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

/// Take what is in the ring, and how many records did not fit since the last time.
pub fn take() -> (Vec<LogRecord>, u64) {
    let ring = ring();
    let records = ring.records.lock().drain(..).collect();
    (records, ring.dropped.swap(0, Ordering::Relaxed))
}
