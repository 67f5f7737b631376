//! Loops: the same frame comes back by another port, again and again.
//!
//! A flood's bytes are remembered for a second, with the port that it came from. When a station is seen on another
//! port, by the very bytes of such a flood, that frame has come back. One return may be chance: a roaming station
//! that says the same again, a bond of two cables. [`RETURNS`] of them within a short time, over longer than a
//! moment, are none: a station that roams moves once, a router that takes over from another says something else.
//! Then the port that joined last of those by which frames returned is silenced, in both directions, and its
//! stations are forgotten. It is tried again after [`FIRST_SILENCE_MS`], and after twice as long each time that the
//! loop is still there.
//!
//! How long it takes is different each time (but always under half a second): of two hubs that see the same loop at
//! both its ends one acts first, and the other sees it end, so that one of the two ways between them stays.

use crate::PortId;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Floods that are remembered.
const REMEMBERED: usize = 1_024;
const REMEMBERED_MS: u64 = 1_000;
const RETURNS: u32 = 4;
/// A pause this long between two returns ends a suspicion.
const PAUSE_MS: u64 = 2_000;
const SHORTEST_SUSPICION_MS: u64 = 50;
const LONGEST_SUSPICION_MS: u64 = 400;
const FIRST_SILENCE_MS: u64 = 10_000;
const LONGEST_SILENCE_MS: u64 = 300_000;

/// What is known of loops in one hub.
#[derive(Debug, Default)]
pub(crate) struct Loops {
    random: RandomState,
    floods: Vec<Flood>,
    suspicion: Option<Suspicion>,
    silenced: HashMap<PortId, Silence>,
    episodes: u64,
}

/// A frame that was flooded.
#[derive(Clone, Copy, Debug, Default)]
struct Flood {
    digest: u64,
    origin: PortId,
    seen_ms: u64,
    /// By which port a station that moved nowhere has said it again.
    echo: Option<PortId>,
}

#[derive(Clone, Copy, Debug)]
struct Suspicion {
    since_ms: u64,
    last_ms: u64,
    patience_ms: u64,
    returns: u32,
    /// The port that joined last: when, and which.
    newest: (u64, PortId),
}

#[derive(Clone, Copy, Debug)]
struct Silence {
    ends_ms: u64,
    lasts_ms: u64,
}

/// A frame that a station seems to have sent from two places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Return {
    pub(crate) digest: u64,
    pub(crate) port: PortId,
    /// When the port joined.
    pub(crate) joined: u64,
    /// The station has moved here; otherwise it was refused because it is another port's.
    pub(crate) moved: bool,
}

/// A loop was found: this port is to be silent for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) port: PortId,
    pub(crate) origin: PortId,
    pub(crate) silent_ms: u64,
}

impl Loops {
    /// The bytes of a frame as a number.
    pub(crate) fn digest(&self, bytes: &[u8]) -> u64 {
        self.random.hash_one(bytes)
    }

    /// Remember a flood, unless it is under way already.
    pub(crate) fn remember(&mut self, digest: u64, origin: PortId, now_ms: u64) {
        if self.floods.is_empty() {
            self.floods = vec![Flood::default(); REMEMBERED];
        }
        let flood = &mut self.floods[digest as usize % REMEMBERED];
        if flood.digest != digest || !flood.is_recent(now_ms) {
            *flood = Flood {
                digest,
                origin,
                seen_ms: now_ms,
                echo: None,
            };
        }
    }

    /// A station was seen on another port than before.
    pub(crate) fn suspect(&mut self, came: Return, now_ms: u64) -> Option<Found> {
        let flood = self.floods.get_mut(came.digest as usize % REMEMBERED)?;
        let is_return =
            flood.digest == came.digest && flood.is_recent(now_ms) && flood.origin != came.port;
        if !is_return || (!came.moved && flood.echo == Some(came.port)) {
            return None;
        }
        if !came.moved {
            flood.echo = Some(came.port);
        }
        let origin = flood.origin;
        let found = self.count(came, now_ms)?;
        self.suspicion = None;
        Some(Found {
            port: found,
            origin,
            silent_ms: self.silence(found, now_ms),
        })
    }

    /// Nothing is known of a port that is gone.
    pub(crate) fn forget(&mut self, port: PortId) {
        self.silenced.remove(&port);
    }

    fn count(&mut self, came: Return, now_ms: u64) -> Option<PortId> {
        let before = self
            .suspicion
            .filter(|suspicion| now_ms.saturating_sub(suspicion.last_ms) < PAUSE_MS);
        let mut suspicion = before.unwrap_or_else(|| self.suspicion_since(now_ms));
        suspicion.returns += 1;
        suspicion.last_ms = now_ms;
        suspicion.newest = suspicion.newest.max((came.joined, came.port));
        self.suspicion = Some(suspicion);
        let is_loop = suspicion.returns >= RETURNS
            && now_ms.saturating_sub(suspicion.since_ms) >= suspicion.patience_ms;
        is_loop.then_some(suspicion.newest.1)
    }

    fn suspicion_since(&mut self, now_ms: u64) -> Suspicion {
        self.episodes += 1;
        let spread = LONGEST_SUSPICION_MS - SHORTEST_SUSPICION_MS;
        Suspicion {
            since_ms: now_ms,
            last_ms: now_ms,
            patience_ms: SHORTEST_SUSPICION_MS + self.random.hash_one(self.episodes) % spread,
            returns: 0,
            newest: (0, 0),
        }
    }

    /// For how long: twice as long as the last time, if that was not long ago.
    fn silence(&mut self, port: PortId, now_ms: u64) -> u64 {
        let lasts_ms = match self.silenced.get(&port) {
            Some(before) if now_ms.saturating_sub(before.ends_ms) < before.lasts_ms => {
                before.lasts_ms * 2
            }
            _ => FIRST_SILENCE_MS,
        }
        .min(LONGEST_SILENCE_MS);
        let silence = Silence {
            ends_ms: now_ms.saturating_add(lasts_ms),
            lasts_ms,
        };
        self.silenced.insert(port, silence);
        lasts_ms
    }
}

impl Flood {
    fn is_recent(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.seen_ms) < REMEMBERED_MS
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_SILENCE_MS, Found, LONGEST_SILENCE_MS, Loops, Return};

    fn come(loops: &mut Loops, digest: u64, port: u32, moved: bool, now_ms: u64) -> Option<Found> {
        let came = Return {
            digest,
            port,
            joined: u64::from(port),
            moved,
        };
        let found = loops.suspect(came, now_ms);
        loops.remember(digest, port, now_ms);
        found
    }

    /// One frame goes round and round between ports 2 and 3, every `each_ms`.
    fn circle(loops: &mut Loops, from_ms: u64, each_ms: u64) -> (u64, Found) {
        loops.remember(9, 1, from_ms);
        for turn in 1..10_000 {
            let now_ms = from_ms + turn * each_ms;
            let found = come(loops, 9, 2 + (turn % 2) as u32, true, now_ms);
            if let Some(found) = found {
                return (now_ms - from_ms, found);
            }
        }
        panic!("not found");
    }

    #[test]
    fn a_circling_frame_is_found_soon() {
        for each_ms in [1, 20, 300] {
            let (after_ms, found) = circle(&mut Loops::default(), 5_000, each_ms);
            assert!(after_ms < 2_000, "{each_ms}: {after_ms}");
            assert_eq!((found.port, found.silent_ms), (3, FIRST_SILENCE_MS));
        }
    }

    #[test]
    fn a_loop_that_stays_is_tried_less_and_less() {
        let mut loops = Loops::default();
        let mut now_ms = 5_000;
        let mut silences = Vec::new();
        for _ in 0..7 {
            let (after_ms, found) = circle(&mut loops, now_ms, 5);
            silences.push(found.silent_ms);
            now_ms += after_ms + found.silent_ms;
        }
        let first = FIRST_SILENCE_MS;
        let doubled = [first, 2 * first, 4 * first, 8 * first, 16 * first];
        assert_eq!(silences[..5], doubled);
        assert_eq!(silences[5..], [LONGEST_SILENCE_MS; 2]);
        let (_, found) = circle(&mut loops, now_ms + LONGEST_SILENCE_MS + 1, 5);
        assert_eq!(found.silent_ms, first);
    }

    /// Two bridges on one network, each refusing the other's station: two echoes a frame.
    #[test]
    fn refused_stations_tell_of_a_loop_too() {
        let mut loops = Loops::default();
        let mut found = None;
        for turn in 0..4_u64 {
            let now_ms = 5_000 + turn * 500;
            loops.remember(turn, 1, now_ms);
            for port in [2, 3] {
                found = found.or(come(&mut loops, turn, port, false, now_ms));
            }
        }
        assert_eq!(found.map(|found| found.port), Some(3));
    }

    #[test]
    fn a_roaming_station_is_none() {
        let mut loops = Loops::default();
        for roam in 0..20_u64 {
            let port = 2 + (roam % 2) as u32;
            for again in 0..10 {
                let now_ms = 5_000 + roam * 3_000 + again * 90;
                assert_eq!(come(&mut loops, 7, port, again == 0, now_ms), None);
            }
        }
    }

    #[test]
    fn a_station_that_says_new_things_is_none() {
        let mut loops = Loops::default();
        for turn in 0..1_000_u64 {
            let port = 2 + (turn % 2) as u32;
            assert_eq!(come(&mut loops, turn, port, true, 5_000 + turn), None);
        }
    }
}
