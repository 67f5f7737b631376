//! The memory of a MAC table: open addressing over atomics, read by everybody, written by one at a time.
//!
//! A slot's key is written once and never again, so whoever found a slot may keep looking at it. Removing an entry
//! takes its port away; the slot itself goes when the whole table is copied to a new one. At least half of the slots
//! have no key, which ends every search.

use crate::PortId;
use crate::mac_key::MacKey;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// In the place of a port: the entry is gone.
const NOBODY: u64 = u64::MAX;

/// Numbers that peers can't know, so that nobody can choose addresses that land in one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    pub(super) mask: u64,
    pub(super) factor: u64,
}

/// Aligned so that a look at an entry costs one cache line.
#[derive(Debug, Default)]
#[repr(align(32))]
pub(super) struct Slot {
    key: AtomicU64,
    port: AtomicU64,
    updated_ms: AtomicU64,
    created_ms: AtomicU64,
}

/// An entry as it was at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) port: PortId,
    pub(super) created_ms: u64,
    pub(super) updated_ms: u64,
}

/// What a search ends at.
enum Place<'a> {
    Taken(&'a Slot),
    Free(&'a Slot),
}

impl Slot {
    /// Port and time that belong together; None if nobody is here, or just being moved.
    pub(super) fn seat(&self) -> Option<Seat> {
        let port = self.port.load(Acquire);
        let created_ms = self.created_ms.load(Acquire);
        let updated_ms = self.updated_ms.load(Acquire);
        // `put` takes the port away before it touches a time: the same port twice means that the times are its own.
        let unchanged = port != NOBODY && port == self.port.load(Relaxed);
        unchanged.then_some(Seat {
            port: port as PortId,
            created_ms,
            updated_ms,
        })
    }

    /// Writers only.
    pub(super) fn put(&self, seat: Seat) {
        self.port.store(NOBODY, Relaxed);
        self.created_ms.store(seat.created_ms, Release);
        self.updated_ms.store(seat.updated_ms, Release);
        self.port.store(u64::from(seat.port), Release);
    }

    /// Writers only.
    pub(super) fn refresh(&self, now_ms: u64) {
        self.updated_ms.store(now_ms, Release);
    }

    /// Writers only.
    pub(super) fn clear(&self) {
        self.port.store(NOBODY, Relaxed);
    }
}

#[derive(Debug)]
pub(super) struct Slots {
    slots: Box<[Slot]>,
    seed: Seed,
}

impl Slots {
    /// `size` is a power of two.
    pub(super) fn new(size: usize, seed: Seed) -> Self {
        debug_assert!(size.is_power_of_two());
        Self {
            slots: (0..size).map(|_| Slot::default()).collect(),
            seed,
        }
    }

    pub(super) const fn size(&self) -> usize {
        self.slots.len()
    }

    pub(super) const fn seed(&self) -> Seed {
        self.seed
    }

    /// Where the key is, whether or not anybody still sits there.
    pub(super) fn find(&self, key: MacKey) -> Option<&Slot> {
        match self.search(key)? {
            Place::Taken(slot) => Some(slot),
            Place::Free(_) => None,
        }
    }

    /// Writers only, and only while a slot without key remains. True if the slot had none before.
    pub(super) fn insert(&self, key: MacKey, seat: Seat) -> bool {
        match self.search(key) {
            Some(Place::Taken(slot)) => {
                slot.put(seat);
                false
            }
            Some(Place::Free(slot)) => {
                slot.put(seat);
                slot.key.store(key.number(), Release);
                true
            }
            None => false,
        }
    }

    /// Everybody who is here.
    pub(super) fn seats(&self) -> impl Iterator<Item = (MacKey, &Slot, Seat)> {
        self.slots.iter().filter_map(|slot| {
            let key = MacKey::from_number(slot.key.load(Acquire))?;
            Some((key, slot, slot.seat()?))
        })
    }

    /// The key's own slot, or where it would go. One look at each slot decides: the next may find it changed.
    fn search(&self, key: MacKey) -> Option<Place<'_>> {
        let (before, behind) = self.slots.split_at(self.place(key));
        behind
            .iter()
            .chain(before)
            .find_map(|slot| match slot.key.load(Acquire) {
                0 => Some(Place::Free(slot)),
                found if found == key.number() => Some(Place::Taken(slot)),
                _ => None,
            })
    }

    fn place(&self, key: MacKey) -> usize {
        let product = u128::from(key.number() ^ self.seed.mask) * u128::from(self.seed.factor | 1);
        let folded = product as u64 ^ (product >> 64) as u64;
        folded as usize & (self.slots.len() - 1)
    }
}
