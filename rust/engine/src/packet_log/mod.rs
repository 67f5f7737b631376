//! The packet log: what passes a hub, written to files by one thread for all hubs.
//!
//! The packet path copies the few bytes that a line needs into a bounded queue and goes on: what does not fit is lost to
//! the log and counted, and frames never wait for it. A full disk costs records, nothing else.

mod clock;
mod file;
mod queue;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use etherloom_switch::record::{Level, PacketLogRules, needed};
use etherloom_switch::{Facts, PortId};

use crate::hub::Hub;
use crate::shared::SessionShared;
pub use clock::Switch;
pub use queue::{Note, Recorder, SysLine};
pub use writer::start;

const MINUTE_MS: u64 = 60_000;
const COUNT_BITS: u32 = 32;

/// What a hub writes down, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketLogSettings {
    /// Name of the hub.
    pub hub: String,
    /// Which frames, how much of them.
    pub rules: PacketLogRules,
    /// Folder of its files; none are written without one.
    pub folder: Option<PathBuf>,
    /// How often a new file begins.
    pub switch: Switch,
    /// A file gets no longer: the next one goes on.
    pub file_bytes: u64,
    /// A file of JSON lines beside it.
    pub json: bool,
    /// Keep lines for somebody who fetches them.
    pub lines: bool,
    /// The last two columns are left out.
    pub no_addresses: bool,
    /// Of each client no more are written down in a minute; 0: any number.
    pub per_minute: u32,
}

/// What became of the records of a hub.
#[derive(Debug, Default)]
pub struct Counts {
    /// Written, or fetched.
    pub written: AtomicU64,
    /// Lost: more than the writer could take, or the disk.
    pub lost: AtomicU64,
    /// Not written down because a client had so many.
    pub beyond: AtomicU64,
}

/// The same at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketLogSnapshot {
    /// Written, or fetched.
    pub written: u64,
    /// Lost: more than the writer could take, or the disk.
    pub lost: u64,
    /// Not written down because a client had so many.
    pub beyond: u64,
}

impl Counts {
    /// As they are now.
    pub fn snapshot(&self) -> PacketLogSnapshot {
        PacketLogSnapshot {
            written: self.written.load(Relaxed),
            lost: self.lost.load(Relaxed),
            beyond: self.beyond.load(Relaxed),
        }
    }
}

/// A hub's packet log while it is on.
pub struct HubLog {
    pub(crate) hub: u64,
    pub(crate) settings: PacketLogSettings,
    pub(crate) counts: Arc<Counts>,
    recorder: Arc<Recorder>,
}

/// Where a frame was seen: behind the hub's verdict, in front of its targets.
#[derive(Clone, Copy)]
pub struct Sighting<'a> {
    /// The hub.
    pub hub: &'a Hub,
    /// The session it came from.
    pub source: &'a Arc<SessionShared>,
    /// The port it goes to; none where it is flooded.
    pub target: Option<PortId>,
    /// The limit of records a minute counts for this source.
    pub limited: bool,
}

impl HubLog {
    /// A log that nothing feeds yet.
    pub fn new(
        hub: u64,
        settings: PacketLogSettings,
        counts: Arc<Counts>,
        recorder: Arc<Recorder>,
    ) -> Self {
        Self {
            hub,
            settings,
            counts,
            recorder,
        }
    }
}

/// Write a frame down, if its kind is.
#[inline]
pub fn note(log: &Arc<HubLog>, sighting: &Sighting<'_>, facts: &Facts, frame: &[u8], now_ms: u64) {
    let level = log.settings.rules.level(facts, frame);
    if level != Level::Nothing {
        take(log, sighting, facts, (frame, level), now_ms);
    }
}

#[cold]
fn take(
    log: &Arc<HubLog>,
    sighting: &Sighting<'_>,
    facts: &Facts,
    (frame, level): (&[u8], Level),
    now_ms: u64,
) {
    // First what is cheapest: an overloaded log must not cost more than one that is off.
    if log.recorder.is_full() {
        log.counts.lost.fetch_add(1, Relaxed);
        return;
    }
    let header = &facts.header;
    if let Some(station) = sighting.hub.switch.rules().station
        && (header.src == station || header.dst == station)
    {
        return;
    }
    let most = log.settings.per_minute;
    if sighting.limited && most > 0 && !is_within(sighting.source, most, now_ms) {
        log.counts.beyond.fetch_add(1, Relaxed);
        return;
    }
    let kept = &frame[..needed(facts, frame, level)];
    let put = log.recorder.push(kept, |bytes| Note {
        log: Arc::clone(log),
        source: Arc::clone(sighting.source),
        target: sighting.target,
        facts: *facts,
        level,
        now_ms,
        bytes,
    });
    if !put {
        log.counts.lost.fetch_add(1, Relaxed);
    }
}

/// The session may have one more record in this minute. Called by its worker alone.
fn is_within(session: &SessionShared, most: u32, now_ms: u64) -> bool {
    let minute = now_ms / MINUTE_MS;
    let before = session.logged.load(Relaxed);
    let count = if before >> COUNT_BITS == minute {
        before & u64::from(u32::MAX)
    } else {
        0
    };
    if count >= u64::from(most) {
        return false;
    }
    session
        .logged
        .store(minute << COUNT_BITS | (count + 1), Relaxed);
    true
}

#[cfg(test)]
mod tests;
