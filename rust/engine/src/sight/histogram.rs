//! Counts by magnitude: each bucket is twice as wide as the one before it.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Bucket 0 holds zeros, bucket n what is below 2^n and not below 2^(n-1); the last holds all that is more.
pub const BUCKETS: usize = 32;

/// A histogram with one writer, readable from any thread.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum: AtomicU64,
}

/// A [`Histogram`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistogramSnapshot {
    /// How many values fell into each bucket.
    pub buckets: [u64; BUCKETS],
    /// All values together.
    pub sum: u64,
}

impl Histogram {
    /// Count a value that is worth it.
    pub fn count_some(&self, value: u64) {
        if value > 0 {
            self.count(value);
        }
    }

    /// Count a value.
    pub fn count(&self, value: u64) {
        let bucket = (u64::BITS - value.leading_zeros()) as usize;
        add(&self.buckets[bucket.min(BUCKETS - 1)], 1);
        add(&self.sum, value);
    }

    /// The figures now.
    pub fn snapshot(&self) -> HistogramSnapshot {
        HistogramSnapshot {
            buckets: std::array::from_fn(|index| self.buckets[index].load(Relaxed)),
            sum: self.sum.load(Relaxed),
        }
    }
}

impl HistogramSnapshot {
    /// Buckets that hold something: what their values are below, and how many they are.
    pub fn filled(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let all = self.buckets.iter().enumerate();
        all.filter(|(_, count)| **count > 0)
            .map(|(index, count)| (1 << index, *count))
    }
}

/// Only right for a counter with one writer.
fn add(counter: &AtomicU64, amount: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(amount), Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_is_below_its_bucket_and_not_below_half_of_it(value in 0..1_u64 << 31) {
            let histogram = Histogram::default();
            histogram.count(value);
            let snapshot = histogram.snapshot();
            let filled: Vec<_> = snapshot.filled().collect();
            prop_assert_eq!(filled.len(), 1);
            let (below, count) = filled[0];
            prop_assert_eq!((count, snapshot.sum), (1, value));
            prop_assert!(value < below && below <= (value * 2).max(1));
        }
    }

    #[test]
    fn the_last_bucket_takes_whatever_is_more() {
        let histogram = Histogram::default();
        histogram.count(u64::MAX);
        assert_eq!(histogram.snapshot().buckets[BUCKETS - 1], 1);
    }
}
