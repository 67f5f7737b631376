//! Who was seen where. Read without a lock; written only when an entry is new, has moved, or was
//! not noted for a second.
//!
//! An entry that is too old counts for nothing from that moment on; its memory goes with the next sweep.

mod slots;

use crate::PortId;
use crate::lock::{Mutex, MutexGuard};
use crate::mac_key::MacKey;
use arc_swap::{ArcSwap, Guard};
use slots::{Seat, Seed, Slot, Slots};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Slots of an empty table: a server may have thousands of idle hubs.
const SMALLEST: usize = 64;
const _: () = assert!(SMALLEST * size_of::<Slot>() == 2048);

/// Unknown sources sweep at most this often.
const SWEEP_INTERVAL_MS: u64 = 1000;
/// An entry is written to at most this often.
const NOTED_MS: u64 = 1000;
/// Where stations are guarded, nobody else may use one this long after its owner did (13 s, and what may not have
/// been noted).
const EXCLUSIVE_MS: u64 = 13_000 + NOTED_MS;

/// What a port's policy says about stations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MacTerms {
    /// How many it may have.
    pub most: Option<u32>,
    /// It may not take over what others use.
    pub is_exclusive: bool,
}

/// What became of a source address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// It was known here.
    Known,
    /// It was not known, or not seen for too long.
    New,
    /// It was known somewhere else.
    Moved {
        /// Where.
        from: PortId,
    },
    /// It is not known and there is no room for it.
    Full,
    /// It is not known, and the port has as many as it may.
    TooMany {
        /// How many it has.
        count: u32,
    },
    /// Another port uses it.
    Taken {
        /// Which.
        by: PortId,
    },
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MacEntry {
    /// Address and VLAN.
    pub key: MacKey,
    /// Where it is.
    pub port: PortId,
    /// Since when it is there.
    pub created_ms: u64,
    /// When it was last noted; up to a second behind the last frame.
    pub updated_ms: u64,
}

/// The MAC table of one hub.
#[derive(Debug)]
pub struct MacTable {
    slots: ArcSwap<Slots>,
    most_entries: AtomicUsize,
    age_ms: AtomicU64,
    ledger: Mutex<Ledger>,
}

/// What only writers know. Whoever holds it is the only writer.
#[derive(Debug, Default)]
struct Ledger {
    /// Slots with a key, entries and removed ones.
    taken: usize,
    entries: usize,
    of_port: HashMap<PortId, usize>,
    swept_ms: Option<u64>,
}

impl MacTable {
    /// For at most `most_entries`, each forgotten when not seen for `age_ms`.
    pub fn new(most_entries: usize, age_ms: u64) -> Self {
        let random = RandomState::new();
        let seed = Seed {
            mask: random.hash_one(0),
            factor: random.hash_one(1),
        };
        Self {
            slots: ArcSwap::from_pointee(Slots::new(SMALLEST, seed)),
            most_entries: AtomicUsize::new(most_entries),
            age_ms: AtomicU64::new(age_ms),
            ledger: Mutex::default(),
        }
    }

    /// New limits, from the next frame on. Entries beyond a lower limit stay until they age.
    pub fn set_limits(&self, most_entries: usize, age_ms: u64) {
        self.most_entries.store(most_entries, Relaxed);
        self.age_ms.store(age_ms, Relaxed);
    }

    /// Where a frame to this address goes.
    pub fn lookup(&self, key: MacKey, now_ms: u64) -> Option<PortId> {
        self.view().lookup(key, now_ms)
    }

    /// Note that this address was seen on `port`.
    pub fn learn(&self, key: MacKey, port: PortId, now_ms: u64) -> Learned {
        self.view().learn(key, port, now_ms)
    }

    /// The way in for many look-ups in a row.
    pub fn view(&self) -> MacView<'_> {
        MacView {
            table: self,
            slots: self.slots.load(),
        }
    }

    /// Forget one entry; false if there was none.
    pub fn remove(&self, key: MacKey) -> bool {
        self.write().remove_if(|entry, _| entry == key, 1) == 1
    }

    /// Forget everything on a port; returns how much that was.
    pub fn remove_port(&self, port: PortId) -> usize {
        let mut writer = self.write();
        let most = writer.ledger.of_port.get(&port).copied().unwrap_or(0);
        writer.remove_if(|_, seat| seat.port == port, most)
    }

    /// Forget what is too old; returns how much that was.
    pub fn sweep(&self, now_ms: u64) -> usize {
        self.write().sweep(now_ms)
    }

    /// Entries, with those that are too old but not swept.
    pub fn len(&self) -> usize {
        self.ledger.lock().entries
    }

    /// True without any entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries on one port.
    pub fn len_of_port(&self, port: PortId) -> usize {
        self.ledger.lock().of_port.get(&port).copied().unwrap_or(0)
    }

    /// All entries, sorted by address; each as it was at some moment of the call.
    pub fn snapshot(&self) -> Vec<MacEntry> {
        let slots = self.slots.load_full();
        let mut entries: Vec<_> = slots
            .seats()
            .map(|(key, _, seat)| entry(key, seat))
            .collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        entries
    }

    fn write(&self) -> Writer<'_> {
        let ledger = self.ledger.lock();
        // Only the holder of the ledger swaps the slots, so these are the current ones until it does.
        Writer {
            table: self,
            slots: self.slots.load_full(),
            ledger,
        }
    }

    fn is_aged(&self, seat: &Seat, now_ms: u64) -> bool {
        now_ms.saturating_sub(seat.updated_ms) >= self.age_ms.load(Relaxed)
    }

    /// Not worth writing to yet.
    fn is_young(&self, seat: &Seat, now_ms: u64) -> bool {
        now_ms.saturating_sub(seat.updated_ms) < NOTED_MS && !self.is_aged(seat, now_ms)
    }
}

/// A hold on the table for one batch of frames: what others change meanwhile may be seen late, what is learned
/// through it is seen at once.
#[derive(Debug)]
pub struct MacView<'a> {
    table: &'a MacTable,
    slots: Guard<Arc<Slots>>,
}

impl MacView<'_> {
    /// See [`MacTable::lookup`].
    pub fn lookup(&self, key: MacKey, now_ms: u64) -> Option<PortId> {
        let seat = self.slots.find(key)?.seat()?;
        (!self.table.is_aged(&seat, now_ms)).then_some(seat.port)
    }

    /// See [`MacTable::learn`].
    pub fn learn(&mut self, key: MacKey, port: PortId, now_ms: u64) -> Learned {
        self.learn_on(MacTerms::default(), key, port, now_ms)
    }

    /// The same for a port with a policy.
    pub fn learn_on(&mut self, terms: MacTerms, key: MacKey, port: PortId, now_ms: u64) -> Learned {
        let seat = self.slots.find(key).and_then(Slot::seat);
        if seat.is_some_and(|seat| seat.port == port && self.table.is_young(&seat, now_ms)) {
            return Learned::Known;
        }
        let learned = self.table.write().learn(terms, key, port, now_ms);
        self.slots = self.table.slots.load();
        learned
    }
}

fn entry(key: MacKey, seat: Seat) -> MacEntry {
    MacEntry {
        key,
        port: seat.port,
        created_ms: seat.created_ms,
        updated_ms: seat.updated_ms,
    }
}

/// The one who may change the table.
struct Writer<'a> {
    table: &'a MacTable,
    slots: Arc<Slots>,
    ledger: MutexGuard<'a, Ledger>,
}

impl Writer<'_> {
    fn learn(&mut self, terms: MacTerms, key: MacKey, port: PortId, now_ms: u64) -> Learned {
        if let Some((slot, seat)) = self.alive(key, now_ms) {
            if seat.port == port {
                slot.refresh(now_ms.max(seat.updated_ms));
                return Learned::Known;
            }
            if terms.is_exclusive && now_ms.saturating_sub(seat.updated_ms) <= EXCLUSIVE_MS {
                return Learned::Taken { by: seat.port };
            }
            let from = seat.port;
            self.put(key, port, now_ms);
            return Learned::Moved { from };
        }
        self.learn_new(terms, key, port, now_ms)
    }

    fn learn_new(&mut self, terms: MacTerms, key: MacKey, port: PortId, now_ms: u64) -> Learned {
        self.sweep_if_due(now_ms);
        let there = self.slots.find(key).and_then(Slot::seat);
        let count = self.ledger.of_port.get(&port).copied().unwrap_or(0)
            - usize::from(there.is_some_and(|seat| seat.port == port));
        if terms.most.is_some_and(|most| count >= most as usize) {
            return Learned::TooMany {
                count: count as u32,
            };
        }
        if there.is_none() && self.ledger.entries >= self.table.most_entries.load(Relaxed) {
            return Learned::Full;
        }
        self.put(key, port, now_ms);
        Learned::New
    }

    fn alive(&self, key: MacKey, now_ms: u64) -> Option<(&Slot, Seat)> {
        let slot = self.slots.find(key)?;
        let seat = slot.seat()?;
        (!self.table.is_aged(&seat, now_ms)).then_some((slot, seat))
    }

    /// Write an entry, in place of what was there.
    fn put(&mut self, key: MacKey, port: PortId, now_ms: u64) {
        match self.slots.find(key).and_then(Slot::seat) {
            Some(before) => self.ledger.leave(before.port),
            None => self.make_room(),
        }
        self.ledger.enter(port);
        let seat = Seat {
            port,
            created_ms: now_ms,
            updated_ms: now_ms,
        };
        if self.slots.insert(key, seat) {
            self.ledger.taken += 1;
        }
    }

    fn make_room(&mut self) {
        if (self.ledger.taken + 1) * 2 > self.slots.size() {
            self.rebuild();
        }
    }

    /// Copy the entries to a table of the right size. Readers of the old one see it as it was.
    fn rebuild(&mut self) {
        let size = ((self.ledger.entries + 1) * 3)
            .next_power_of_two()
            .max(SMALLEST);
        let slots = Slots::new(size, self.slots.seed());
        for (key, _, seat) in self.slots.seats() {
            slots.insert(key, seat);
        }
        self.ledger.taken = self.ledger.entries;
        self.slots = Arc::new(slots);
        self.table.slots.store(Arc::clone(&self.slots));
    }

    fn sweep_if_due(&mut self, now_ms: u64) {
        let since = self
            .ledger
            .swept_ms
            .map(|swept_ms| now_ms.saturating_sub(swept_ms));
        if since.is_none_or(|since| since > SWEEP_INTERVAL_MS) {
            self.sweep(now_ms);
        }
    }

    fn sweep(&mut self, now_ms: u64) -> usize {
        self.ledger.swept_ms = Some(now_ms);
        let table = self.table;
        self.remove_if(|_, seat| table.is_aged(seat, now_ms), usize::MAX)
    }

    /// Remove what `chosen` names, `most` entries at the most; returns how many it were.
    fn remove_if(&mut self, chosen: impl Fn(MacKey, &Seat) -> bool, most: usize) -> usize {
        let found = self
            .slots
            .seats()
            .filter(|(key, _, seat)| chosen(*key, seat))
            .take(most);
        let mut removed = 0;
        for (_, slot, seat) in found {
            slot.clear();
            self.ledger.leave(seat.port);
            removed += 1;
        }
        if self.ledger.entries * 16 < self.slots.size() && self.slots.size() > SMALLEST {
            self.rebuild();
        }
        removed
    }
}

impl Ledger {
    fn enter(&mut self, port: PortId) {
        self.entries += 1;
        *self.of_port.entry(port).or_default() += 1;
    }

    fn leave(&mut self, port: PortId) {
        self.entries -= 1;
        if let Some(count) = self.of_port.get_mut(&port) {
            *count -= 1;
            if *count == 0 {
                self.of_port.remove(&port);
            }
        }
    }
}
