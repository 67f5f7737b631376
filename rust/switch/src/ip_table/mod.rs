//! Which addresses were seen where: for policies and administrators, never for forwarding. Read without a lock;
//! written when an entry is new, has changed, or was not noted for a second.
//!
//! An entry that is too old counts for nothing from that moment on; its memory goes with the next sweep.

mod ledger;
mod slots;

use crate::PortId;
use crate::lock::{Mutex, MutexGuard};
use arc_swap::{ArcSwap, Guard};
use ledger::Ledger;
use slots::{Seat, Slots};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Slots of an empty table.
const SMALLEST: usize = 16;
/// New addresses sweep at most this often.
const SWEEP_INTERVAL_MS: u64 = 1_000;
/// An entry is written to at most this often.
const NOTED_MS: u64 = 1_000;
/// Nobody else may use an address this long after its owner did (13 s, and what may not have been noted).
const EXCLUSIVE_MS: u64 = 13_000 + NOTED_MS;

/// An address, within a VLAN (0: untagged).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpKey {
    /// The address.
    pub address: IpAddr,
    /// The VLAN.
    pub vlan: u16,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpEntry {
    /// Address and VLAN.
    pub key: IpKey,
    /// Where it is.
    pub port: PortId,
    /// Its station.
    pub mac: [u8; 6],
    /// A DHCP server allotted it.
    pub by_dhcp: bool,
    /// Since when it is known.
    pub created_ms: u64,
    /// When it was last noted; up to a second behind the last frame.
    pub updated_ms: u64,
}

/// A frame's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) key: IpKey,
    pub(crate) port: PortId,
    pub(crate) mac: [u8; 6],
}

/// What a port's policy says about addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// How many of this kind it may have.
    pub(crate) most: Option<u32>,
    /// It may not take over what others use.
    pub(crate) is_exclusive: bool,
    /// Only what a DHCP server has allotted.
    pub(crate) only_allotted: bool,
    /// Such addresses are noted at all.
    pub(crate) is_noted: bool,
}

/// What became of a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// It may pass.
    Passes,
    /// One address more than the port may have: how many it has.
    TooMany(u32),
    /// Another port uses it.
    Conflict(IpEntry),
    /// No DHCP server has allotted it.
    NotAllotted,
}

/// The IP table of one hub.
#[derive(Debug)]
pub struct IpTable {
    slots: ArcSwap<Slots>,
    most_entries: AtomicUsize,
    age_ms: AtomicU64,
    dhcp_age_ms: AtomicU64,
    ledger: Mutex<Ledger>,
}

impl IpTable {
    pub(crate) fn new(most_entries: usize, age_ms: u64, dhcp_age_ms: u64) -> Self {
        let random = RandomState::new();
        let seed = [0, 1, 2].map(|number| random.hash_one(number));
        Self {
            slots: ArcSwap::from_pointee(Slots::new(SMALLEST, seed)),
            most_entries: AtomicUsize::new(most_entries),
            age_ms: AtomicU64::new(age_ms),
            dhcp_age_ms: AtomicU64::new(dhcp_age_ms),
            ledger: Mutex::default(),
        }
    }

    pub(crate) fn set_limits(&self, most_entries: usize, age_ms: u64, dhcp_age_ms: u64) {
        self.most_entries.store(most_entries, Relaxed);
        self.age_ms.store(age_ms, Relaxed);
        self.dhcp_age_ms.store(dhcp_age_ms, Relaxed);
    }

    /// What is known of an address.
    pub fn lookup(&self, key: IpKey, now_ms: u64) -> Option<IpEntry> {
        let seat = self.slots.load().find(key)?.seat()?;
        (!self.is_aged(&seat, now_ms)).then(|| entry(key, seat))
    }

    /// Forget one entry; false if there was none.
    pub fn remove(&self, key: IpKey) -> bool {
        self.write().remove(key)
    }

    /// Forget everything on a port; returns how much that was.
    pub fn remove_port(&self, port: PortId) -> usize {
        let mut writer = self.write();
        let keys = writer.ledger.of_port(port);
        writer.remove_all(&keys)
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

    /// All entries, sorted by address; each as it was at some moment of the call.
    pub fn snapshot(&self) -> Vec<IpEntry> {
        let slots = self.slots.load_full();
        let mut entries: Vec<_> = slots.seats().map(|(key, seat)| entry(key, seat)).collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        entries
    }

    pub(crate) fn view(&self) -> IpView<'_> {
        IpView {
            table: self,
            slots: self.slots.load(),
        }
    }

    /// A DHCP server has allotted an address. True if it is new.
    pub(crate) fn allot(&self, sighting: Sighting, now_ms: u64) -> bool {
        self.write().allot(sighting, now_ms)
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
        let age_ms = if seat.by_dhcp {
            &self.dhcp_age_ms
        } else {
            &self.age_ms
        };
        now_ms.saturating_sub(seat.updated_ms) >= age_ms.load(Relaxed)
    }
}

/// A hold on the table for one batch of frames.
#[derive(Debug)]
pub(crate) struct IpView<'a> {
    table: &'a IpTable,
    slots: Guard<Arc<Slots>>,
}

impl IpView<'_> {
    pub(crate) fn note(&mut self, sighting: &Sighting, terms: Terms, now_ms: u64) -> Noted {
        let seat = self.slots.find(sighting.key).and_then(slots::Slot::seat);
        match seat {
            Some(seat) if self.is_fresh(&seat, sighting, terms, now_ms) => return Noted::Passes,
            // Nothing to count, and nothing to write down.
            None if !terms.is_noted && !terms.only_allotted && terms.most.is_none() => {
                return Noted::Passes;
            }
            _ => {}
        }
        let noted = self.table.write().note(sighting, terms, now_ms);
        self.slots = self.table.slots.load();
        noted
    }

    fn is_fresh(&self, seat: &Seat, sighting: &Sighting, terms: Terms, now_ms: u64) -> bool {
        seat.port == sighting.port
            && seat.mac == sighting.mac
            && (seat.by_dhcp || !terms.only_allotted)
            && now_ms.saturating_sub(seat.updated_ms) < NOTED_MS
            && !self.table.is_aged(seat, now_ms)
    }
}

fn entry(key: IpKey, seat: Seat) -> IpEntry {
    IpEntry {
        key,
        port: seat.port,
        mac: seat.mac,
        by_dhcp: seat.by_dhcp,
        created_ms: seat.created_ms,
        updated_ms: seat.updated_ms,
    }
}

/// The one who may change the table.
struct Writer<'a> {
    table: &'a IpTable,
    slots: Arc<Slots>,
    ledger: MutexGuard<'a, Ledger>,
}

impl Writer<'_> {
    fn note(&mut self, sighting: &Sighting, terms: Terms, now_ms: u64) -> Noted {
        let known = self.seat(sighting.key);
        match known.filter(|seat| !self.table.is_aged(seat, now_ms)) {
            None => self.note_new(sighting, terms, now_ms),
            Some(seat) => self.note_known(sighting, seat, terms, now_ms),
        }
    }

    fn note_known(&mut self, sighting: &Sighting, seat: Seat, terms: Terms, now_ms: u64) -> Noted {
        let is_in_use = now_ms.saturating_sub(seat.updated_ms) <= EXCLUSIVE_MS;
        if seat.port != sighting.port && is_in_use && (terms.is_exclusive || terms.only_allotted) {
            return Noted::Conflict(entry(sighting.key, seat));
        }
        if terms.only_allotted && !seat.by_dhcp {
            return Noted::NotAllotted;
        }
        let taken = Seat {
            port: sighting.port,
            mac: sighting.mac,
            updated_ms: now_ms.max(seat.updated_ms),
            ..seat
        };
        self.put(sighting.key, taken);
        Noted::Passes
    }

    fn note_new(&mut self, sighting: &Sighting, terms: Terms, now_ms: u64) -> Noted {
        if terms.only_allotted {
            return Noted::NotAllotted;
        }
        if let Some(most) = terms.most {
            self.sweep_if_due(now_ms);
            let count = self.count(sighting);
            if count >= most as usize {
                return Noted::TooMany(count as u32);
            }
        }
        if terms.is_noted {
            self.sweep_if_due(now_ms);
            self.make_room(sighting);
            self.put(sighting.key, seat_of(sighting, false, now_ms));
        }
        Noted::Passes
    }

    /// Addresses of this kind on the port, without the one that is to be written anew.
    fn count(&self, sighting: &Sighting) -> usize {
        let is_ipv4 = sighting.key.address.is_ipv4();
        let is_own = self
            .seat(sighting.key)
            .is_some_and(|seat| seat.port == sighting.port);
        self.ledger.count(sighting.port, is_ipv4) - usize::from(is_own)
    }

    fn allot(&mut self, sighting: Sighting, now_ms: u64) -> bool {
        let known = self.seat(sighting.key);
        let is_new = known.is_none_or(|seat| {
            !seat.by_dhcp || seat.port != sighting.port || self.table.is_aged(&seat, now_ms)
        });
        self.sweep_if_due(now_ms);
        self.make_room(&sighting);
        self.put(sighting.key, seat_of(&sighting, true, now_ms));
        is_new
    }

    fn seat(&self, key: IpKey) -> Option<Seat> {
        self.slots.find(key)?.seat()
    }

    fn make_room(&mut self, sighting: &Sighting) {
        if self.seat(sighting.key).is_some()
            || self.ledger.entries < self.table.most_entries.load(Relaxed)
        {
            return;
        }
        if let Some(victim) = self.ledger.victim(sighting.port) {
            self.remove(victim);
        }
    }

    /// Write an entry, in place of what was there.
    fn put(&mut self, key: IpKey, seat: Seat) {
        match self.seat(key) {
            Some(before) => self.ledger.leave(before.port, key, before.updated_ms),
            None if (self.ledger.taken + 1) * 2 > self.slots.size() => self.rebuild(),
            None => {}
        }
        self.ledger.enter(seat.port, key, seat.updated_ms);
        if self.slots.insert(key, seat) {
            self.ledger.taken += 1;
        }
    }

    /// Copy the entries to a table of the right size. Readers of the old one see it as it was.
    fn rebuild(&mut self) {
        let size = ((self.ledger.entries + 1) * 3)
            .next_power_of_two()
            .max(SMALLEST);
        let slots = Slots::new(size, self.slots.seed());
        for (key, seat) in self.slots.seats() {
            slots.insert(key, seat);
        }
        self.ledger.taken = self.ledger.entries;
        self.slots = Arc::new(slots);
        self.table.slots.store(Arc::clone(&self.slots));
    }

    fn remove(&mut self, key: IpKey) -> bool {
        let Some((slot, seat)) = self
            .slots
            .find(key)
            .and_then(|slot| Some((slot, slot.seat()?)))
        else {
            return false;
        };
        slot.clear();
        self.ledger.leave(seat.port, key, seat.updated_ms);
        true
    }

    fn remove_all(&mut self, keys: &[IpKey]) -> usize {
        for key in keys {
            self.remove(*key);
        }
        if self.ledger.entries * 16 < self.slots.size() && self.slots.size() > SMALLEST {
            self.rebuild();
        }
        keys.len()
    }

    fn sweep_if_due(&mut self, now_ms: u64) {
        let swept_ms = self.ledger.swept_ms;
        if swept_ms.is_none_or(|swept_ms| now_ms.saturating_sub(swept_ms) > SWEEP_INTERVAL_MS) {
            self.sweep(now_ms);
        }
    }

    fn sweep(&mut self, now_ms: u64) -> usize {
        self.ledger.swept_ms = Some(now_ms);
        let youngest = self
            .table
            .age_ms
            .load(Relaxed)
            .min(self.table.dhcp_age_ms.load(Relaxed));
        let Some(until_ms) = now_ms.checked_sub(youngest) else {
            return 0;
        };
        let mut keys = self.ledger.noted_until(until_ms);
        keys.retain(|key| {
            self.seat(*key)
                .is_some_and(|seat| self.table.is_aged(&seat, now_ms))
        });
        self.remove_all(&keys)
    }
}

fn seat_of(sighting: &Sighting, by_dhcp: bool, now_ms: u64) -> Seat {
    Seat {
        port: sighting.port,
        mac: sighting.mac,
        by_dhcp,
        created_ms: now_ms,
        updated_ms: now_ms,
    }
}
