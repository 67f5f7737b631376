//! What access lists do to frames besides passing them: some get lost, some come later, some are answered with a
//! redirection in the place of the server they were for.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use etherloom_switch::redirect::{self, Visitor};
use etherloom_switch::{DropReason, Fate, Judged, PortKind, tag};

use super::Worker;
use super::ports::{Source, Stream};
use super::slots::place_of;
use super::timers::Timer;
use crate::capture::unix_nanoseconds;
use crate::passing::Passing;

/// Frames that wait take no more memory of a worker than this; what comes beyond is lost.
const MOST_BYTES: usize = 32 << 20;
/// What a frame takes besides its bytes, about.
const OVERHEAD: usize = 128;

/// Frames that are kept back.
#[derive(Default)]
pub struct Waiting {
    /// By time, then in the order in which they came.
    frames: BTreeMap<(u64, u64), Kept>,
    count: u64,
    bytes: usize,
}

struct Kept {
    session: u64,
    frame: Vec<u8>,
}

impl Waiting {
    /// False if there is no room.
    fn keep(&mut self, due_ms: u64, session: u64, frame: Vec<u8>) -> bool {
        let bytes = self.bytes + frame.len() + OVERHEAD;
        if bytes > MOST_BYTES {
            return false;
        }
        self.bytes = bytes;
        self.count += 1;
        let kept = Kept { session, frame };
        self.frames.insert((due_ms, self.count), kept);
        true
    }

    fn take_due(&mut self, now_ms: u64) -> Option<Kept> {
        let first = self.frames.first_entry()?;
        if first.key().0 > now_ms {
            return None;
        }
        let kept = first.remove();
        self.bytes -= kept.frame.len() + OVERHEAD;
        Some(kept)
    }
}

impl Worker {
    /// A frame whose verdict is to be treated.
    pub(super) fn treat(&mut self, from: &mut Stream<'_>, judged: &Judged, passing: &Passing<'_>) {
        let treatment = &judged.treatment;
        if let Some(url) = &treatment.redirect {
            self.redirect(from.source, judged, passing, url);
            return self.lose(from.source, passing, DropReason::Redirected);
        }
        match treatment.fate(self.next_random()) {
            Fate::Lost => self.lose(from.source, passing, DropReason::Loss),
            Fate::Pass => self.judge_again(from, passing),
            Fate::Later(after_ms) => self.keep(from.source, passing, self.now_ms + after_ms),
        }
    }

    fn lose(&self, source: &Source, passing: &Passing<'_>, reason: DropReason) {
        let tap = &self.shared.tap;
        tap.see(&source.spot(), &passing.packet, Some(reason));
        let counters = &source.session.counters;
        counters.dropped_many(reason, passing.frame().segments());
    }

    fn keep(&mut self, source: &Source, passing: &Passing<'_>, due_ms: u64) {
        let session = source.session.identifier;
        for index in 0..passing.segments.count() {
            let mut frame = Vec::new();
            passing.segments.append(index, &mut frame);
            if !self.waiting.keep(due_ms, session, frame) {
                source.session.counters.dropped(DropReason::QueueFull);
            }
        }
        self.timers.arm(due_ms, Timer::Waiting);
    }

    /// Frames whose time has come go on as if they came now; those of sessions that have ended don't.
    pub(super) fn release_waiting(&mut self) {
        while let Some(kept) = self.waiting.take_due(self.now_ms) {
            let place = self.slots.find(kept.session);
            let Some(source) = place.and_then(|slot| self.source(slot)) else {
                continue;
            };
            if source.session.ended.get().is_none() {
                let passing = Passing::plain(&kept.frame);
                self.judge_again(&mut Stream::of(&source), &passing);
                self.send_batches(&source);
            }
        }
    }

    fn redirect(&mut self, source: &Source, judged: &Judged, passing: &Passing<'_>, url: &str) {
        let rules = source.session.rules.load();
        if rules.kind != PortKind::Client {
            return;
        }
        let address = source.session.client_address.get();
        let visitor = Visitor {
            user: &rules.user,
            session: source.session.label.get().map_or("", String::as_str),
            address: &address.map_or_else(String::new, ToString::to_string),
        };
        let url = redirect::fill(url, &visitor, unix_nanoseconds() / 1_000_000_000, sha1);
        let mut answer = Vec::new();
        let number = self.next_random() as u16;
        if !redirect::answer(
            passing.packet.bytes,
            &judged.facts,
            &url,
            number,
            &mut answer,
        ) {
            return;
        }
        if source.vlan != 0 {
            let mut plain = Vec::with_capacity(answer.len());
            tag::strip(&answer, &mut plain);
            answer = plain;
        }
        self.egress(
            source.hub.identifier,
            place_of(source.port).1,
            &Passing::plain(&answer),
        );
    }
}

fn sha1(message: &[u8]) -> [u8; 20] {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message);
    let mut bytes = [0; 20];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, Waiting, sha1};

    #[test]
    fn frames_come_by_their_time_and_then_in_order() {
        let mut waiting = Waiting::default();
        for (due_ms, byte) in [(20, 3), (10, 1), (10, 2), (30, 4)] {
            assert!(waiting.keep(due_ms, 1, vec![byte]));
        }
        let mut due = |now_ms| {
            let kept = std::iter::from_fn(|| waiting.take_due(now_ms));
            kept.flat_map(|kept| kept.frame).collect::<Vec<_>>()
        };
        assert_eq!(due(9), []);
        assert_eq!(due(20), [1, 2, 3]);
        assert_eq!(due(30), [4]);
        assert_eq!((waiting.bytes, waiting.frames.len()), (0, 0));
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut waiting = Waiting::default();
        assert!(waiting.keep(1, 1, vec![0; MOST_BYTES / 2]));
        assert!(!waiting.keep(1, 1, vec![0; MOST_BYTES / 2]));
        assert!(waiting.take_due(1).is_some());
        assert!(waiting.keep(1, 1, vec![0; MOST_BYTES / 2]));
    }

    #[test]
    fn the_digest_is_sha_1() {
        assert_eq!(sha1(b"abc")[..4], [0xa9, 0x99, 0x3e, 0x36]);
    }
}
