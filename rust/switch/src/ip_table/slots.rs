//! The memory of an IP table: like that of the MAC table, with longer keys. Read by everybody, written by one at a time.

use super::IpKey;
use crate::PortId;
use crate::mac_key::MacKey;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// In the place of a port: the entry is gone.
const NOBODY: u64 = u64::MAX;
const BY_DHCP: u64 = 1 << 32;
const PRESENT: u64 = 1 << 63;
const IPV6: u64 = 1 << 16;

/// A key as numbers; the first is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words(u64, u64, u64);

impl From<IpKey> for Words {
    fn from(key: IpKey) -> Self {
        let kind = PRESENT | u64::from(key.vlan);
        match key.address {
            IpAddr::V4(address) => Self(kind, 0, u64::from(u32::from(address))),
            IpAddr::V6(address) => {
                let number = u128::from(address);
                Self(kind | IPV6, (number >> 64) as u64, number as u64)
            }
        }
    }
}

impl From<Words> for IpKey {
    fn from(Words(kind, high, low): Words) -> Self {
        let address = if kind & IPV6 == 0 {
            IpAddr::V4(Ipv4Addr::from(low as u32))
        } else {
            IpAddr::V6(Ipv6Addr::from(u128::from(high) << 64 | u128::from(low)))
        };
        Self {
            address,
            vlan: kind as u16,
        }
    }
}

/// One cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Slot {
    kind: AtomicU64,
    high: AtomicU64,
    low: AtomicU64,
    port: AtomicU64,
    mac: AtomicU64,
    updated_ms: AtomicU64,
    created_ms: AtomicU64,
}

/// An entry as it was at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) port: PortId,
    pub(super) mac: [u8; 6],
    pub(super) by_dhcp: bool,
    pub(super) created_ms: u64,
    pub(super) updated_ms: u64,
}

impl Slot {
    /// All that belongs together; None if nobody is here, or just being changed.
    pub(super) fn seat(&self) -> Option<Seat> {
        let port = self.port.load(Acquire);
        let mac = self.mac.load(Acquire);
        let created_ms = self.created_ms.load(Acquire);
        let updated_ms = self.updated_ms.load(Acquire);
        // `put` takes the port away before it touches the rest: the same port twice means that the rest is its own.
        let unchanged = port != NOBODY && port == self.port.load(Relaxed);
        unchanged.then(|| Seat {
            port: port as PortId,
            by_dhcp: port & BY_DHCP != 0,
            mac: mac.to_be_bytes()[2..].try_into().unwrap_or_default(),
            created_ms,
            updated_ms,
        })
    }

    /// Writers only.
    pub(super) fn put(&self, seat: Seat) {
        self.clear();
        self.mac.store(MacKey::address(seat.mac), Release);
        self.created_ms.store(seat.created_ms, Release);
        self.updated_ms.store(seat.updated_ms, Release);
        let mark = if seat.by_dhcp { BY_DHCP } else { 0 };
        self.port.store(u64::from(seat.port) | mark, Release);
    }

    /// Writers only.
    pub(super) fn clear(&self) {
        self.port.store(NOBODY, Relaxed);
    }

    fn words(&self) -> Option<Words> {
        let kind = self.kind.load(Acquire);
        (kind != 0).then(|| Words(kind, self.high.load(Relaxed), self.low.load(Relaxed)))
    }
}

#[derive(Debug)]
pub(super) struct Slots {
    slots: Box<[Slot]>,
    seed: [u64; 3],
}

impl Slots {
    /// `size` is a power of two.
    pub(super) fn new(size: usize, seed: [u64; 3]) -> Self {
        debug_assert!(size.is_power_of_two());
        Self {
            slots: (0..size).map(|_| Slot::default()).collect(),
            seed,
        }
    }

    pub(super) const fn size(&self) -> usize {
        self.slots.len()
    }

    pub(super) const fn seed(&self) -> [u64; 3] {
        self.seed
    }

    pub(super) fn find(&self, key: IpKey) -> Option<&Slot> {
        let words = Words::from(key);
        self.search(words)
            .filter(|slot| slot.kind.load(Relaxed) != 0)
    }

    /// Writers only, and only while a slot without key remains. True if the slot had none before.
    pub(super) fn insert(&self, key: IpKey, seat: Seat) -> bool {
        let words = Words::from(key);
        let Some(slot) = self.search(words) else {
            return false;
        };
        slot.put(seat);
        if slot.kind.load(Relaxed) != 0 {
            return false;
        }
        slot.high.store(words.1, Relaxed);
        slot.low.store(words.2, Relaxed);
        slot.kind.store(words.0, Release);
        true
    }

    /// Everybody who is here.
    pub(super) fn seats(&self) -> impl Iterator<Item = (IpKey, Seat)> {
        self.slots
            .iter()
            .filter_map(|slot| Some((slot.words()?.into(), slot.seat()?)))
    }

    /// The key's own slot, or the one without key where it would go.
    fn search(&self, words: Words) -> Option<&Slot> {
        let (before, behind) = self.slots.split_at(self.place(words));
        behind
            .iter()
            .chain(before)
            .find(|slot| slot.words().is_none_or(|found| found == words))
    }

    fn place(&self, Words(kind, high, low): Words) -> usize {
        let mixed = fold(high ^ self.seed[0], low ^ self.seed[1]);
        fold(mixed ^ kind, self.seed[2] | 1) as usize & (self.slots.len() - 1)
    }
}

fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}
