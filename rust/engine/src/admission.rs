//! How many connections of a listener may be open without having logged in, in all and per source.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// Caps of a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Per source address.
    pub per_source: usize,
    /// In all.
    pub total: usize,
    /// For the TLS handshake.
    pub deadline_ms: u64,
}

/// Counts of a listener.
#[derive(Default)]
pub struct Gate {
    waiting: Mutex<Waiting>,
    /// Let in, ever.
    pub accepted: AtomicU64,
    /// Turned away for the cap per source.
    pub refused_per_source: AtomicU64,
    /// Turned away for the cap in all.
    pub refused_total: AtomicU64,
    /// Let in, but TLS did not come up.
    pub failed_handshakes: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    total: usize,
    by_source: HashMap<IpAddr, usize>,
}

impl Gate {
    /// Let one more connection in, if the caps allow.
    pub fn admit(self: &Arc<Self>, source: IpAddr, limits: &Limits) -> Option<Admission> {
        let source = canonical(source);
        let mut waiting = self.waiting.lock();
        if waiting.total >= limits.total {
            self.refused_total.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let of_source = waiting.by_source.entry(source).or_insert(0);
        if *of_source >= limits.per_source {
            self.refused_per_source.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        *of_source += 1;
        waiting.total += 1;
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Some(Admission {
            gate: Arc::clone(self),
            source,
        })
    }

    /// Connections that have not logged in.
    pub fn waiting(&self) -> usize {
        self.waiting.lock().total
    }
}

/// An IPv6 source is a /64: one subscriber owns at least that.
fn canonical(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// One place below the caps; dropping it gives it back.
pub struct Admission {
    gate: Arc<Gate>,
    source: IpAddr,
}

impl Admission {
    /// The connection ended before TLS was up.
    pub fn failed(&self) {
        self.gate.failed_handshakes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut waiting = self.gate.waiting.lock();
        waiting.total = waiting.total.saturating_sub(1);
        if let Some(count) = waiting.by_source.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                waiting.by_source.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        per_source: 2,
        total: 3,
        deadline_ms: 1,
    };

    #[test]
    fn caps_hold_per_source_and_in_all_and_places_come_back() {
        let gate = Arc::new(Gate::default());
        let one: IpAddr = "192.0.2.1".parse().expect("address");
        let two: IpAddr = "192.0.2.2".parse().expect("address");
        let first = gate.admit(one, &LIMITS);
        let _second = gate.admit(one, &LIMITS).expect("below both caps");
        assert!(gate.admit(one, &LIMITS).is_none());
        let _third = gate.admit(two, &LIMITS).expect("another source");
        assert!(gate.admit(two, &LIMITS).is_none());
        assert_eq!(gate.waiting(), 3);
        drop(first);
        assert!(gate.admit(one, &LIMITS).is_some());
        assert_eq!(gate.refused_per_source.load(Ordering::Relaxed), 1);
        assert_eq!(gate.refused_total.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn neighbours_in_one_64_count_together() {
        let gate = Arc::new(Gate::default());
        let limits = Limits {
            per_source: 1,
            ..LIMITS
        };
        let _held = gate
            .admit("2001:db8::1".parse().expect("address"), &limits)
            .expect("first");
        assert!(
            gate.admit("2001:db8::2".parse().expect("address"), &limits)
                .is_none()
        );
        assert!(
            gate.admit("2001:db8:0:1::1".parse().expect("address"), &limits)
                .is_some()
        );
    }
}
