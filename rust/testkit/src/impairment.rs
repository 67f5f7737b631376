//! What a bad path does to frames: it loses, delays, shuffles and doubles them, and lets only so much through.
//!
//! Pure: time is an argument, chance is a sequence of numbers from a seed. The same frames at the same times with the
//! same seed meet the same fate.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What happens to the frames of one direction. Probabilities are from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Impairment {
    /// A frame is lost.
    pub loss: f64,
    /// A frame comes twice.
    pub duplicate: f64,
    /// A frame overtakes: it is not delayed.
    pub reorder: f64,
    /// Every frame is late by this much,
    pub delay_ns: u64,
    /// and by anything up to this much more. Frames keep their order all the same.
    pub jitter_ns: u64,
    /// Bits a second that pass; nothing means any number.
    pub rate: Option<u64>,
    /// What waits for the rate longer than this is lost.
    pub queue_ns: u64,
}

/// What became of the frames of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Came in.
    pub received: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Lost because too much waited.
    pub overrun: u64,
    /// Doubled.
    pub duplicated: u64,
    /// Sent ahead of others.
    pub reordered: u64,
}

/// One direction of the path, with the frames that are under way.
pub struct Path {
    impairment: Impairment,
    chance: Chance,
    counts: Counts,
    under_way: BinaryHeap<Reverse<Waiting>>,
    number: u64,
    /// When the line has sent what it was given.
    free_ns: u64,
    /// When the last frame in order arrives.
    last_ns: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    arrival_ns: u64,
    number: u64,
    frame: Vec<u8>,
}

impl Path {
    /// An empty one.
    pub fn new(impairment: Impairment, seed: u64) -> Self {
        Self {
            impairment,
            chance: Chance(seed),
            counts: Counts::default(),
            under_way: BinaryHeap::new(),
            number: 0,
            free_ns: 0,
            last_ns: 0,
        }
    }

    /// What became of the frames so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// A frame enters.
    pub fn push(&mut self, frame: &[u8], now_ns: u64) {
        self.counts.received += 1;
        if self.chance.happens(self.impairment.loss) {
            self.counts.lost += 1;
            return;
        }
        let copies = if self.chance.happens(self.impairment.duplicate) {
            self.counts.duplicated += 1;
            2
        } else {
            1
        };
        for _ in 0..copies {
            self.send(frame, now_ns);
        }
    }

    /// When the next frame leaves at the other end.
    pub fn next_ns(&self) -> Option<u64> {
        self.under_way.peek().map(|next| next.0.arrival_ns)
    }

    /// The next frame that is due.
    pub fn pop(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        if self.next_ns()? > now_ns {
            return None;
        }
        self.under_way.pop().map(|next| next.0.frame)
    }

    fn send(&mut self, frame: &[u8], now_ns: u64) {
        let Some(sent_ns) = self.line(frame.len(), now_ns) else {
            self.counts.overrun += 1;
            return;
        };
        let overtakes = self.chance.happens(self.impairment.reorder);
        let jitter_ns = self.chance.below(self.impairment.jitter_ns);
        let arrival_ns = if overtakes {
            self.counts.reordered += 1;
            sent_ns
        } else {
            self.last_ns = self
                .last_ns
                .max(sent_ns + self.impairment.delay_ns + jitter_ns);
            self.last_ns
        };
        self.number += 1;
        self.under_way.push(Reverse(Waiting {
            arrival_ns,
            number: self.number,
            frame: frame.to_vec(),
        }));
    }

    /// When the line has sent a frame of this size; None if too much waits already.
    fn line(&mut self, bytes: usize, now_ns: u64) -> Option<u64> {
        let Some(rate) = self.impairment.rate else {
            return Some(now_ns);
        };
        let start_ns = self.free_ns.max(now_ns);
        if start_ns - now_ns > self.impairment.queue_ns {
            return None;
        }
        let nanoseconds = bytes as u128 * 8 * 1_000_000_000 / u128::from(rate.max(1));
        self.free_ns = start_ns + nanoseconds as u64;
        Some(self.free_ns)
    }
}

/// Numbers that look like chance (`SplitMix64`, which is in the public domain).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn happens(&mut self, probability: f64) -> bool {
        // 53 bits are what a double holds exactly.
        let drawn = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        drawn < probability
    }

    fn below(&mut self, limit: u64) -> u64 {
        let drawn = u128::from(self.next()) * u128::from(limit);
        (drawn >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000;
    const FRAMES: u64 = 20_000;

    /// Frames a millisecond apart, each with its number; returns number and delay in the order of arrival.
    fn travel(impairment: Impairment, seed: u64, count: u64) -> (Vec<(u64, u64)>, Counts) {
        let mut path = Path::new(impairment, seed);
        let mut arrived = Vec::new();
        for number in 0..count {
            let now = number * MS;
            take(&mut path, now, &mut arrived);
            path.push(&number.to_be_bytes(), now);
        }
        take(&mut path, u64::MAX, &mut arrived);
        (arrived, path.counts())
    }

    /// Frames leave exactly when they are due.
    fn take(path: &mut Path, now: u64, arrived: &mut Vec<(u64, u64)>) {
        while let Some(due) = path.next_ns().filter(|due| *due <= now) {
            let frame = path.pop(due).expect("a frame that is due");
            let number = u64::from_be_bytes(frame.as_slice().try_into().expect("8 bytes"));
            arrived.push((number, due - number * MS));
        }
    }

    /// Within five standard deviations of a binomial distribution: one failure in a million runs, and with a fixed
    /// seed none or always.
    fn assert_share(count: u64, of: u64, probability: f64) {
        let mean = of as f64 * probability;
        let deviation = (mean * (1.0 - probability)).sqrt();
        let off = (count as f64 - mean).abs();
        assert!(off <= 5.0 * deviation, "{count} of {of}, {mean} expected");
    }

    #[test]
    fn nothing_happens_unless_asked_for() {
        let (arrived, counts) = travel(Impairment::default(), 1, 1000);
        let wanted: Vec<_> = (0..1000).map(|number| (number, 0)).collect();
        assert_eq!(arrived, wanted);
        assert_eq!(
            counts,
            Counts {
                received: 1000,
                ..Counts::default()
            }
        );
    }

    #[test]
    fn each_share_is_as_asked_for() {
        for (seed, probability) in [(1, 0.01), (2, 0.1), (3, 0.5)] {
            let impairment = Impairment {
                loss: probability,
                ..Impairment::default()
            };
            let (arrived, counts) = travel(impairment, seed, FRAMES);
            assert_eq!(arrived.len() as u64 + counts.lost, FRAMES);
            assert_share(counts.lost, FRAMES, probability);

            let impairment = Impairment {
                duplicate: probability,
                ..Impairment::default()
            };
            let (arrived, counts) = travel(impairment, seed, FRAMES);
            assert_eq!(arrived.len() as u64, FRAMES + counts.duplicated);
            assert_share(counts.duplicated, FRAMES, probability);

            let impairment = Impairment {
                reorder: probability,
                delay_ns: 5 * MS,
                ..Impairment::default()
            };
            let (arrived, counts) = travel(impairment, seed, FRAMES);
            assert_eq!(arrived.len() as u64, FRAMES);
            assert_share(counts.reordered, FRAMES, probability);
            let early = arrived.iter().filter(|(_, delay)| *delay == 0).count();
            assert_eq!(early as u64, counts.reordered);
        }
    }

    #[test]
    fn jitter_spreads_evenly_and_keeps_the_order() {
        // Less than the distance of two frames, so that keeping the order does not add to it.
        let impairment = Impairment {
            delay_ns: 15 * MS,
            jitter_ns: MS,
            ..Impairment::default()
        };
        let (arrived, _) = travel(impairment, 7, FRAMES);
        assert!(arrived.is_sorted_by_key(|(number, _)| *number));
        let delays: Vec<_> = arrived.iter().map(|(_, delay)| delay - 15 * MS).collect();
        assert!(delays.iter().all(|delay| *delay < MS));
        let mean = delays.iter().sum::<u64>() as f64 / FRAMES as f64;
        // The mean of so many even draws deviates by 1 / sqrt(12 n).
        let deviation = MS as f64 / (12.0 * FRAMES as f64).sqrt();
        assert!((mean - MS as f64 / 2.0).abs() < 5.0 * deviation, "{mean}");
        assert_share(
            delays.iter().filter(|delay| **delay < MS / 4).count() as u64,
            FRAMES,
            0.25,
        );
    }

    #[test]
    fn a_rate_lets_so_much_through() {
        // 8 bytes a millisecond are 64,000 bit/s: half of it passes, and what waits is bounded.
        let impairment = Impairment {
            rate: Some(32_000),
            queue_ns: 20 * MS,
            ..Impairment::default()
        };
        let (arrived, counts) = travel(impairment, 1, 10_000);
        assert_eq!(arrived.len() as u64 + counts.overrun, 10_000);
        assert!(arrived.len().abs_diff(5_000) < 30, "{}", arrived.len());
        let longest = arrived.iter().map(|(_, delay)| *delay).max();
        assert!(longest.is_some_and(|longest| longest <= 22 * MS && longest > 18 * MS));
    }

    #[test]
    fn the_same_seed_does_the_same() {
        let impairment = Impairment {
            loss: 0.2,
            duplicate: 0.1,
            reorder: 0.1,
            delay_ns: 3 * MS,
            jitter_ns: 9 * MS,
            ..Impairment::default()
        };
        assert_eq!(travel(impairment, 5, 500), travel(impairment, 5, 500));
        assert_ne!(travel(impairment, 5, 500), travel(impairment, 6, 500));
    }

    proptest! {
        #[test]
        fn in_order_and_accounted_for(
            seed: u64, loss in 0.0..1.0_f64, duplicate in 0.0..1.0_f64,
            delay_ms in 0..50_u64, jitter_ms in 0..50_u64, rate in proptest::option::of(1..1_000_000_u64),
        ) {
            let impairment = Impairment {
                loss, duplicate, reorder: 0.0, delay_ns: delay_ms * MS, jitter_ns: jitter_ms * MS,
                rate, queue_ns: 10 * MS,
            };
            let (arrived, counts) = travel(impairment, seed, 200);
            prop_assert!(arrived.is_sorted_by_key(|(number, _)| *number));
            prop_assert_eq!(
                arrived.len() as u64 + counts.lost + counts.overrun,
                counts.received + counts.duplicated
            );
            prop_assert!(arrived.iter().all(|(_, delay)| *delay >= delay_ms * MS));
        }
    }
}
