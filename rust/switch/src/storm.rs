//! The limit of floods: per station and pair of addresses, it lets fewer through the longer a storm lasts.
//!
//! Reference: virtual hub, section 1.8. Without random numbers: of `discard` frames the last one passes.

use std::collections::HashMap;
use std::net::IpAddr;

const SPAN_MS: u64 = 500;
const ALL_FROM: u64 = 128;
const SOME_FROM: u64 = 3;
const MOST_DISCARD: u64 = 1_024;
/// One more source or target than this at a port counts as all of them that are too many, together.
const MOST_KEYS: usize = 1_024;

/// Who floods: station, source, target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Flood {
    pub(crate) mac: [u8; 6],
    pub(crate) source: IpAddr,
    pub(crate) target: IpAddr,
}

/// How a flooded frame is to be treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) passes: bool,
    /// A storm was seen just now: frames a second.
    pub(crate) storm: Option<u32>,
}

/// The floods of one port.
#[derive(Debug, Default)]
pub(crate) struct Storms {
    /// In the order in which they began.
    known: Vec<(Flood, Storm)>,
    places: HashMap<Flood, usize>,
    /// Those that there was no room for.
    others: Storm,
    thinned_ms: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Storm {
    count: u64,
    start_ms: Option<u64>,
    discard: u64,
    turn: u64,
}

impl Storms {
    pub(crate) fn judge(
        &mut self,
        flood: Flood,
        frames: u64,
        threshold: u32,
        is_strict: bool,
        now_ms: u64,
    ) -> Judgement {
        let storm = match self.place(&flood, is_strict, now_ms) {
            Some(place) => &mut self.known[place].1,
            None => &mut self.others,
        };
        storm.judge(frames, u64::from(threshold.max(1)), now_ms)
    }

    /// None: there is no room for one more.
    fn place(&mut self, flood: &Flood, is_strict: bool, now_ms: u64) -> Option<usize> {
        let known = if is_strict {
            self.known
                .iter()
                .position(|(other, _)| other.is_near(flood))
        } else {
            self.places.get(flood).copied()
        };
        if known.is_some() {
            return known;
        }
        if self.known.len() >= MOST_KEYS {
            self.thin(now_ms);
        }
        if self.known.len() >= MOST_KEYS {
            return None;
        }
        self.known.push((*flood, Storm::default()));
        self.places.insert(*flood, self.known.len() - 1);
        Some(self.known.len() - 1)
    }

    /// Forget those that are calm, at most once a span.
    fn thin(&mut self, now_ms: u64) {
        if now_ms.saturating_sub(self.thinned_ms) < SPAN_MS {
            return;
        }
        self.thinned_ms = now_ms;
        self.known.retain(|(_, storm)| !storm.is_calm(now_ms));
        let places = self.known.iter().enumerate();
        self.places = places.map(|(place, (flood, _))| (*flood, place)).collect();
    }
}

impl Flood {
    fn is_near(&self, other: &Self) -> bool {
        self.mac == other.mac && (self.source == other.source || self.target == other.target)
    }
}

impl Storm {
    /// Of a super-frame the first frame is judged, the others count from then on: so they would, one by one.
    fn judge(&mut self, frames: u64, threshold: u64, now_ms: u64) -> Judgement {
        let judgement = self.judge_one(threshold, now_ms);
        self.count += frames.saturating_sub(1);
        judgement
    }

    fn judge_one(&mut self, threshold: u64, now_ms: u64) -> Judgement {
        self.count += 1;
        let elapsed_ms = self.start_ms.map(|start| now_ms.saturating_sub(start));
        if elapsed_ms.is_none_or(|elapsed| elapsed > SPAN_MS) {
            let rate = self.count * 1_000 / SPAN_MS;
            self.count = 0;
            self.start_ms = Some(now_ms);
            if rate >= threshold {
                self.rise();
                return Judgement {
                    passes: false,
                    storm: Some(u32::try_from(rate).unwrap_or(u32::MAX)),
                };
            }
            self.discard /= (elapsed_ms.unwrap_or(0) / SPAN_MS).max(2);
        }
        Judgement {
            passes: self.lets_pass(),
            storm: None,
        }
    }

    fn rise(&mut self) {
        if self.discard < MOST_DISCARD {
            self.discard = self.discard.max(1) * 2;
        }
    }

    fn lets_pass(&mut self) -> bool {
        if self.discard < SOME_FROM {
            return true;
        }
        if self.discard >= ALL_FROM {
            return false;
        }
        self.turn += 1;
        let passes = self.turn >= self.discard;
        if passes {
            self.turn = 0;
        }
        passes
    }

    /// Nothing would be remembered that matters: a whole minute halves any discard to nothing.
    fn is_calm(&self, now_ms: u64) -> bool {
        self.start_ms
            .is_none_or(|start| now_ms.saturating_sub(start) > SPAN_MS * 2 * (self.discard + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Flood, MOST_KEYS, Storm, Storms};
    use std::net::{IpAddr, Ipv4Addr};

    fn flood(target: u32) -> Flood {
        Flood {
            mac: [2; 6],
            source: IpAddr::V4(Ipv4Addr::new(192, 168, 77, 2)),
            target: IpAddr::V4(Ipv4Addr::from(target)),
        }
    }

    /// How many frames pass in each half second.
    fn halves(storms: &mut Storms, every_ms: u64, from_ms: u64, count: u64) -> Vec<u32> {
        let half = |begin: u64| {
            let frames = (begin..begin + 500).step_by(every_ms as usize);
            let passed = frames.filter(|now| storms.judge(flood(1), 1, 32, false, *now).passes);
            passed.count() as u32
        };
        (0..count).map(|n| from_ms + n * 500).map(half).collect()
    }

    /// Live: 20 frames a second all pass.
    #[test]
    fn a_first_super_frame_is_no_storm() {
        let mut storm = Storm::default();
        assert!(storm.judge(40, 32, 0).passes);
        assert_eq!(storm.judge(1, 32, 501).storm, Some(80));
    }

    #[test]
    fn a_calm_sender_is_not_limited() {
        assert_eq!(halves(&mut Storms::default(), 50, 1_000, 6), [10; 6]);
    }

    /// Live, at 100 frames a second: 50, 49, 14, 4, 2, 3, 0.
    #[test]
    fn a_storm_is_let_through_less_and_less() {
        let passed = halves(&mut Storms::default(), 10, 1_000, 10);
        assert_eq!(passed[0], 50);
        assert!(
            passed.windows(2).all(|pair| pair[1] <= pair[0]),
            "{passed:?}"
        );
        assert_eq!(passed[9], 0);
    }

    #[test]
    fn it_recovers_by_halves() {
        let mut storms = Storms::default();
        halves(&mut storms, 10, 1_000, 8);
        let after = halves(&mut storms, 100, 5_000, 14);
        assert_eq!(after[0], 0);
        assert_eq!(after[13], 5);
    }

    #[test]
    fn strict_takes_half_a_likeness() {
        let mut storms = Storms::default();
        let passed = |storms: &mut Storms, is_strict| {
            let frames = (0..200_u64).map(|n| (n, 1_000 + n * 10));
            let judged = frames.filter(|(n, now)| {
                storms
                    .judge(flood(*n as u32), 1, 32, is_strict, *now)
                    .passes
            });
            judged.count()
        };
        assert_eq!(passed(&mut storms, false), 200);
        assert!(passed(&mut Storms::default(), true) < 150);
    }

    #[test]
    fn keys_without_end_share_one_limit() {
        let mut storms = Storms::default();
        let mut judge = |n: u32| storms.judge(flood(n), 1, 32, false, 1_000 + u64::from(n) / 10);
        let passed: Vec<_> = (0..60_000).map(|n| judge(n).passes).collect();
        let late = passed[50_000..].iter().filter(|passes| **passes).count();
        assert!(late < 10_000 / 3, "{late}");
        assert!(storms.known.len() <= MOST_KEYS);
    }
}
