//! How fast a connection drains, and what follows from it: how much is handed to the system at once and how much may
//! wait here. Pure: time is an argument.

/// Handed to the system ahead of its turn: what drains in this time.
const AHEAD_US: u64 = 2_000;
/// May wait: what drains in this time. Only the flow that fills the queue feels it.
const WAIT_US: u64 = 250_000;
/// A shorter time than this tells nothing.
const SPAN_US: u64 = 2_000;
/// What was measured longer ago than this is forgotten: the path may be another by now.
const FORGET_US: u64 = 1_000_000;
/// Bounds of what is handed over at once.
const LEAST_BURST: usize = 8 * 1024;
const MOST_BURST: usize = 256 * 1024;
/// What the system may hold unsent before anything is known.
const FIRST_UNSENT: usize = 32 * 1024;
/// May wait at any speed.
const LEAST_QUEUE: usize = 512 * 1024;

/// A running estimate. A connection that never had to wait is as fast as any.
#[derive(Debug, Default)]
pub struct Drain {
    /// Bytes a second; 0: not known.
    rate: u64,
    measured_us: u64,
    since_us: Option<u64>,
    bytes: u64,
}

impl Drain {
    /// So many bytes went to the system; `waiting`: it takes no more now. What counts is from one full socket to
    /// the next: in between it takes a lot at once.
    pub fn sent(&mut self, bytes: usize, waiting: bool, now_us: u64) {
        if now_us.saturating_sub(self.measured_us) > FORGET_US {
            self.rate = 0;
        }
        self.bytes += bytes as u64;
        if !waiting {
            return;
        }
        let Some(since_us) = self.since_us else {
            self.begin(now_us);
            return;
        };
        let elapsed_us = now_us.saturating_sub(since_us);
        if elapsed_us >= SPAN_US {
            let seen = self.bytes.saturating_mul(1_000_000) / elapsed_us;
            self.rate = match self.rate {
                0 => seen,
                rate => (3 * rate + seen) / 4,
            };
            self.measured_us = now_us;
            self.begin(now_us);
        }
    }

    /// There is nothing to send: the time from here on tells nothing.
    pub fn rest(&mut self) {
        self.since_us = None;
    }

    fn begin(&mut self, now_us: u64) {
        self.since_us = Some(now_us);
        self.bytes = 0;
    }

    /// Bytes a second, if known.
    pub fn rate(&self) -> Option<u64> {
        (self.rate > 0).then_some(self.rate)
    }

    /// Bytes to hand over at once.
    pub fn burst(&self) -> usize {
        match self.rate() {
            Some(rate) => bytes_in(rate, AHEAD_US).clamp(LEAST_BURST, MOST_BURST),
            None => MOST_BURST,
        }
    }

    /// Bytes that the system may hold unsent and still say that there is room.
    pub fn unsent(&self) -> usize {
        self.rate().map_or(FIRST_UNSENT, |_| self.burst())
    }

    /// Bytes that may wait, below `limit`.
    pub fn queue(&self, limit: usize) -> usize {
        match self.rate() {
            Some(rate) => bytes_in(rate, WAIT_US).max(LEAST_QUEUE).min(limit),
            None => limit,
        }
    }
}

fn bytes_in(rate: u64, microseconds: u64) -> usize {
    usize::try_from(rate.saturating_mul(microseconds) / 1_000_000).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection that takes 10,000 bytes every so many microseconds.
    fn drained(interval_us: u64) -> Drain {
        let mut drain = Drain::default();
        for step in 0..1_000 {
            drain.sent(10_000, true, step * interval_us);
        }
        drain
    }

    #[test]
    fn a_connection_that_never_waits_gets_all_it_can() {
        let mut drain = Drain::default();
        drain.sent(1_000_000, false, 10);
        assert_eq!(drain.rate(), None);
        assert_eq!(
            (drain.burst(), drain.queue(2_560_000)),
            (MOST_BURST, 2_560_000)
        );
        // The system may not: on a slow path it would hold all there is before it says so for the first time.
        assert_eq!(drain.unsent(), FIRST_UNSENT);
    }

    #[test]
    fn twenty_megabits_are_measured_and_bound_everything() {
        let drain = drained(4_000);
        let rate = drain.rate().expect("it waited");
        assert!((2_400_000..2_600_000).contains(&rate), "{rate}");
        assert_eq!(drain.burst(), LEAST_BURST);
        assert_eq!(drain.queue(2_560_000), (rate as usize / 4).max(LEAST_QUEUE));
    }

    #[test]
    fn a_gigabyte_a_second_is_not_held_back() {
        let drain = drained(10);
        assert_eq!(drain.burst(), MOST_BURST);
        assert_eq!(drain.queue(2_560_000), 2_560_000);
    }

    #[test]
    fn idle_time_is_not_counted_as_slowness() {
        let mut drain = drained(10);
        let before = drain.rate();
        drain.rest();
        drain.sent(10, false, 900_000);
        drain.sent(10, true, 900_010);
        assert_eq!(drain.rate(), before);
    }

    #[test]
    fn a_path_that_got_slow_while_idle_is_treated_as_a_new_one() {
        let mut drain = drained(10);
        assert_eq!(drain.unsent(), MOST_BURST);
        drain.rest();
        drain.sent(10, false, 60_000_000);
        assert_eq!((drain.rate(), drain.unsent()), (None, FIRST_UNSENT));
    }

    #[test]
    fn a_little_and_then_a_lot_is_one_sample() {
        let mut drain = Drain::default();
        for step in 0..20 {
            drain.sent(1_000, false, step * 10_000);
            drain.sent(99_000, true, step * 10_000 + 1);
        }
        let rate = drain.rate().expect("it waited");
        assert!((9_900_000..10_100_000).contains(&rate), "{rate}");
    }
}
