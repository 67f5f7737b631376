//! A histogram of times in little memory: 32 steps to each doubling, so figures are right to about 3 %.

const STEP_BITS: u32 = 5;
const STEPS: u64 = 1 << STEP_BITS;
const BUCKETS: usize = ((64 - STEP_BITS as usize) + 1) * STEPS as usize;

/// Times in nanoseconds.
#[derive(Clone, Debug)]
pub struct Latency {
    buckets: Vec<u64>,
    count: u64,
    largest_ns: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            buckets: vec![0; BUCKETS],
            count: 0,
            largest_ns: 0,
        }
    }
}

impl Latency {
    /// Note one time.
    pub fn record(&mut self, ns: u64) {
        self.buckets[bucket(ns)] += 1;
        self.count += 1;
        self.largest_ns = self.largest_ns.max(ns);
    }

    /// The time that `permille` of the recorded ones do not exceed; 0 without any.
    pub fn quantile_ns(&self, permille: u64) -> u64 {
        let rank = (self.count * permille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return upper_bound(index).min(self.largest_ns);
            }
        }
        0
    }

    /// The longest, exactly.
    pub const fn largest_ns(&self) -> u64 {
        self.largest_ns
    }
}

fn bucket(ns: u64) -> usize {
    let Some(doublings) = (ns | 1).ilog2().checked_sub(STEP_BITS) else {
        return ns as usize;
    };
    let step = (ns >> doublings) - STEPS;
    ((u64::from(doublings) + 1) * STEPS + step) as usize
}

fn upper_bound(index: usize) -> u64 {
    let (row, step) = (index as u64 / STEPS, index as u64 % STEPS);
    match row.checked_sub(1) {
        None => step,
        Some(doublings) => ((STEPS + step) << doublings) + ((1 << doublings) - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{Latency, bucket, upper_bound};
    use proptest::prelude::*;

    #[test]
    fn quantiles_of_a_row() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile_ns(500), 0);
        for us in 1..=1000_u64 {
            latency.record(us * 1000);
        }
        let near = |found: u64, exact: u64| found >= exact && found - exact <= exact / 25;
        assert!(near(latency.quantile_ns(500), 500_000));
        assert!(near(latency.quantile_ns(990), 990_000));
        assert_eq!(latency.quantile_ns(1000), 1_000_000);
        assert_eq!(latency.largest_ns(), 1_000_000);
    }

    proptest! {
        #[test]
        fn bucket_holds_its_time(shift in 0..64_u32, value: u64) {
            let ns = value >> shift;
            let index = bucket(ns);
            prop_assert!(upper_bound(index) >= ns);
            prop_assert!(index == 0 || upper_bound(index - 1) < ns);
            prop_assert!(upper_bound(index) - ns <= ns / 32);
        }
    }
}
