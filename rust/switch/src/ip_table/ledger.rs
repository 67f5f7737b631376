//! What only the writer of an IP table knows: whose entries there are, and which were noted longest ago.

use super::IpKey;
use crate::PortId;
use std::collections::{BTreeSet, HashMap};

/// Entries by port and age.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) entries: usize,
    /// Slots with a key, entries and removed ones.
    pub(super) taken: usize,
    pub(super) swept_ms: Option<u64>,
    of_port: HashMap<PortId, Own>,
}

/// The entries of one port.
#[derive(Debug, Default)]
struct Own {
    /// Those noted longest ago come first.
    by_age: BTreeSet<(u64, IpKey)>,
    ipv4: usize,
}

impl Ledger {
    pub(super) fn enter(&mut self, port: PortId, key: IpKey, updated_ms: u64) {
        let own = self.of_port.entry(port).or_default();
        own.by_age.insert((updated_ms, key));
        own.ipv4 += usize::from(key.address.is_ipv4());
        self.entries += 1;
    }

    pub(super) fn leave(&mut self, port: PortId, key: IpKey, updated_ms: u64) {
        let Some(own) = self.of_port.get_mut(&port) else {
            return;
        };
        if own.by_age.remove(&(updated_ms, key)) {
            own.ipv4 -= usize::from(key.address.is_ipv4());
            self.entries -= 1;
        }
        if own.by_age.is_empty() {
            self.of_port.remove(&port);
        }
    }

    /// How many addresses of one kind a port has.
    pub(super) fn count(&self, port: PortId, is_ipv4: bool) -> usize {
        self.of_port.get(&port).map_or(0, |own| {
            if is_ipv4 {
                own.ipv4
            } else {
                own.by_age.len() - own.ipv4
            }
        })
    }

    pub(super) fn of_port(&self, port: PortId) -> Vec<IpKey> {
        let own = self.of_port.get(&port).into_iter();
        own.flat_map(|own| own.by_age.iter().map(|(_, key)| *key))
            .collect()
    }

    /// All that were noted at this time or before.
    pub(super) fn noted_until(&self, time_ms: u64) -> Vec<IpKey> {
        let old = |own: &Own| -> Vec<_> {
            let all = own.by_age.iter();
            all.take_while(|(updated_ms, _)| *updated_ms <= time_ms)
                .map(|(_, key)| *key)
                .collect()
        };
        self.of_port.values().flat_map(old).collect()
    }

    /// Who goes when `port` wants one more than there is room for: its own oldest, so that nobody can drive out the
    /// others' addresses; the oldest of all if it has none.
    pub(super) fn victim(&self, port: PortId) -> Option<IpKey> {
        if let Some(own) = self.of_port.get(&port) {
            return own.by_age.first().map(|(_, key)| *key);
        }
        let oldest = self.of_port.values().filter_map(|own| own.by_age.first());
        oldest.min().map(|(_, key)| *key)
    }
}
