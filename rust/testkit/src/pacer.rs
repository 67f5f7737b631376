//! An even schedule: which datagrams are due, and when the next is.

const SECOND_NS: u128 = 1_000_000_000;

/// `total` datagrams at `rate` a second, the first at once.
#[derive(Clone, Copy, Debug)]
pub struct Pacer {
    rate: u64,
    total: u64,
}

impl Pacer {
    /// `rate` is at least 1.
    pub const fn new(rate: u64, total: u64) -> Self {
        Self { rate, total }
    }

    /// How many should have left by now.
    pub fn due(&self, elapsed_ns: u64) -> u64 {
        let due = u128::from(elapsed_ns) * u128::from(self.rate) / SECOND_NS + 1;
        u64::try_from(due).unwrap_or(u64::MAX).min(self.total)
    }

    /// When the one numbered `sequence` leaves.
    pub fn departure_ns(&self, sequence: u64) -> u64 {
        (u128::from(sequence) * SECOND_NS).div_ceil(u128::from(self.rate)) as u64
    }

    /// How many leave in all.
    pub const fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::Pacer;
    use proptest::prelude::*;

    #[test]
    fn even_and_bounded() {
        let pacer = Pacer::new(1000, 3);
        let due: Vec<_> = [0, 999_999, 1_000_000, 2_000_000, 9_000_000_000]
            .into_iter()
            .map(|at| pacer.due(at))
            .collect();
        assert_eq!(due, [1, 1, 2, 3, 3]);
    }

    proptest! {
        #[test]
        fn each_is_due_at_its_departure_and_not_before(rate in 1..10_000_000_u64, n in 1..1_000_000_u64) {
            let pacer = Pacer::new(rate, u64::MAX);
            let at = pacer.departure_ns(n);
            prop_assert!(pacer.due(at) > n);
            prop_assert!(pacer.due(at - 1) <= n);
        }
    }
}
