//! Watching the poll for a moment before sleeping, where an answer comes soon.
//!
//! To fall asleep and be woken takes some 40 µs of a frame's way where the processor halts, and who has just sent
//! something on often gets the answer within a few of those. Whether it does is learned, for the turns that sent
//! something and for the others; what watching may cost in all is bounded by a share of the time. Knows no clock:
//! the caller tells.

use std::time::Duration;

/// Waits up to this long are worth watching through.
const SHORT: Duration = Duration::from_micros(400);
/// One part in so many of the time may be spent on watching.
const SHARE: u32 = 32;
const MOST_CREDIT: Duration = Duration::from_millis(4);
/// How much of what was learned each wait replaces: one part in so many.
const MEMORY: u32 = 8;
const CERTAIN: u32 = 1 << 16;

/// What is known about waits that begin in the same way.
#[derive(Debug, Default)]
struct Habit {
    /// How often they are short, out of `CERTAIN`.
    short: u32,
}

impl Habit {
    fn learn(&mut self, is_short: bool) {
        self.short -= self.short / MEMORY;
        if is_short {
            self.short += CERTAIN / MEMORY;
        }
    }

    fn is_mostly_short(&self) -> bool {
        self.short > CERTAIN / 2
    }
}

/// Decides how long to watch.
#[derive(Debug, Default)]
pub struct Spin {
    habits: [Habit; 2],
    credit: Duration,
}

impl Spin {
    /// How long to watch, at the end of a turn that has sent something or not; zero: go to sleep. `elapsed`: since
    /// the last call.
    pub fn allowance(&mut self, sent: bool, elapsed: Duration) -> Duration {
        self.credit = (self.credit + elapsed / SHARE).min(MOST_CREDIT);
        if self.habits[usize::from(sent)].is_mostly_short() && self.credit >= SHORT {
            SHORT
        } else {
            Duration::ZERO
        }
    }

    /// The wait is over: how long it was in all, how much of that was watched through, and whether an event ended it.
    pub fn learn(&mut self, sent: bool, waited: Duration, watched: Duration, event: bool) {
        self.credit = self.credit.saturating_sub(watched);
        self.habits[usize::from(sent)].learn(event && waited < SHORT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(microseconds: u64) -> Duration {
        Duration::from_micros(microseconds)
    }

    #[test]
    fn it_learns_which_waits_are_short_and_forgets() {
        let mut spin = Spin::default();
        for _ in 0..20 {
            spin.allowance(true, us(10_000));
            spin.learn(true, us(120), us(0), true);
            spin.learn(false, us(9_000), us(0), true);
        }
        assert_eq!(spin.allowance(true, us(10_000)), SHORT);
        assert_eq!(spin.allowance(false, us(10_000)), Duration::ZERO);
        for _ in 0..20 {
            spin.learn(true, us(9_000), SHORT, true);
        }
        assert_eq!(spin.allowance(true, us(10_000)), Duration::ZERO);
    }

    #[test]
    fn it_costs_no_more_than_its_share() {
        let mut spin = Spin::default();
        let (mut watched, turns) = (Duration::ZERO, 10_000);
        for _ in 0..turns {
            let now = spin.allowance(true, us(150));
            watched += now.min(us(100));
            spin.learn(true, us(100), now.min(us(100)), true);
        }
        assert!(watched > Duration::ZERO);
        assert!(watched <= us(150) * turns / SHARE + MOST_CREDIT);
    }
}
