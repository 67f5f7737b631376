//! A rate limit: a bucket of tokens that may go into debt, so that a super-frame is either carried whole or not.

/// Time that a full bucket lasts.
const DEPTH_MS: i64 = 100;
/// However low the rate, so much fits: two full frames, in bits.
const LEAST_DEPTH: i64 = 2 * 1_514 * 8;
/// Beyond this a limit is none, and the arithmetic would end.
const MOST_RATE: u64 = 1 << 40;
/// Longer pauses fill no bucket more than this.
const LONGEST_MS: u64 = 10_000;

/// Tokens are thousandths of a bit: what a rate in bits a second gives in a millisecond.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    level: i64,
    /// When it was last filled; None: it is new, and full.
    filled_ms: Option<u64>,
}

impl Bucket {
    /// Take what a frame costs; false if it may not pass.
    pub(crate) fn take(&mut self, bytes: u64, rate: u64, now_ms: u64) -> bool {
        self.fill(rate.min(MOST_RATE) as i64, now_ms);
        if self.level <= 0 {
            return false;
        }
        self.level -= bytes as i64 * 8 * 1_000;
        true
    }

    fn fill(&mut self, rate: i64, now_ms: u64) {
        let depth = (rate / 1_000 * DEPTH_MS).max(LEAST_DEPTH) * 1_000;
        let Some(filled_ms) = self.filled_ms else {
            self.level = depth;
            self.filled_ms = Some(now_ms);
            return;
        };
        let elapsed_ms = now_ms.saturating_sub(filled_ms).min(LONGEST_MS) as i64;
        self.level = (self.level + rate * elapsed_ms).min(depth);
        self.filled_ms = Some(now_ms.max(filled_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::Bucket;

    /// Bits that pass in ten seconds when three times as many want to.
    fn passed(rate: u64, bytes: u64) -> u64 {
        let mut bucket = Bucket::default();
        let each_ms = (3 * rate / 1_000 / (bytes * 8)).max(1);
        let every = (bytes * 8 * 1_000 / (3 * rate)).max(1);
        let mut bits = 0;
        for now_ms in (0..10_000).step_by(every as usize) {
            for _ in 0..each_ms {
                bits += u64::from(bucket.take(bytes, rate, now_ms)) * bytes * 8;
            }
        }
        bits
    }

    #[test]
    fn rates_hold_within_five_percent() {
        for rate in [1_000_000, 10_000_000, 100_000_000, 1_000_000_000] {
            for bytes in [60, 1_000, 1_514] {
                let share = passed(rate, bytes) as f64 / (rate as f64 * 10.0);
                assert!((0.95..=1.05).contains(&share), "{rate} {bytes}: {share}");
            }
        }
    }

    #[test]
    fn super_frames_are_paid_for() {
        for rate in [10_000_000, 100_000_000, 1_000_000_000] {
            let share = passed(rate, 65_000) as f64 / (rate as f64 * 10.0);
            assert!((0.95..=1.05).contains(&share), "{rate}: {share}");
        }
    }

    #[test]
    fn a_low_rate_lets_two_frames_pass_at_once() {
        let mut bucket = Bucket::default();
        assert!(bucket.take(1_514, 1, 0));
        assert!(bucket.take(1_514, 1, 0));
        assert!(!bucket.take(1_514, 1, 0));
    }

    #[test]
    fn clocks_of_workers_need_not_agree() {
        let mut bucket = Bucket::default();
        bucket.take(100_000, 1_000_000, 1_000);
        assert!(!bucket.take(1, 1_000_000, 500));
        assert!(!bucket.take(1, 1_000_000, 1_600));
        assert!(bucket.take(1, 1_000_000, 1_701));
    }
}
