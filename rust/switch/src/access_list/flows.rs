//! What was found for the flows of last: a small memory that several threads read and write without a lock.
//!
//! Three words a flow: a check of 128 bits, folded over the answer. Words of two writers don't fit together, so that
//! what is torn is not found. The check depends on a secret: nobody can choose frames that pass for others.

use super::identity::Identity;
use super::words::{Subject, mix};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const FLOWS: usize = 4_096;
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The memory. It is part of one list, and goes with it.
#[derive(Debug)]
pub(super) struct Flows {
    slots: Box<[Slot]>,
    secrets: [Secret; 2],
}

/// Numbers that peers can't know.
#[derive(Debug)]
struct Secret {
    words: [u64; 8],
    source: u64,
    target: u64,
    whole: u64,
}

#[derive(Debug, Default)]
#[repr(align(32))]
struct Slot {
    one: AtomicU64,
    other: AtomicU64,
    answer: AtomicU64,
}

/// A flow, as its slot knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    one: u64,
    other: u64,
}

impl Flows {
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        let secret = |side: usize| Secret {
            words: std::array::from_fn(|place| random.hash_one((side, place))),
            source: random.hash_one((side, "source")),
            target: random.hash_one((side, "target")),
            whole: random.hash_one((side, "whole")),
        };
        Self {
            slots: (0..FLOWS).map(|_| Slot::default()).collect(),
            secrets: [secret(0), secret(1)],
        }
    }

    pub(super) fn mark(&self, subject: &Subject, source: &Identity, target: &Identity) -> Mark {
        let mut words = subject.words;
        words.0[7] = subject.kind as u64;
        let check = |secret: &Secret| {
            let who = mix(
                source.summary() ^ secret.source,
                target.summary() ^ secret.target,
            );
            mix(words.mix(&secret.words) ^ secret.whole, who ^ secret.source)
        };
        Mark {
            one: check(&self.secrets[0]),
            other: check(&self.secrets[1]),
        }
    }

    pub(super) fn find(&self, mark: Mark) -> Option<u32> {
        let slot = self.slot(mark);
        let answer = slot.answer.load(Relaxed);
        let same = slot.one.load(Relaxed) ^ answer == mark.one
            && slot.other.load(Relaxed) ^ answer.wrapping_mul(SPREAD) == mark.other;
        // No answer is 0, so that an empty slot is none.
        (same && answer != 0).then(|| (answer - 1) as u32)
    }

    pub(super) fn keep(&self, mark: Mark, number: u32) {
        let slot = self.slot(mark);
        let answer = u64::from(number) + 1;
        slot.one.store(mark.one ^ answer, Relaxed);
        slot.other
            .store(mark.other ^ answer.wrapping_mul(SPREAD), Relaxed);
        slot.answer.store(answer, Relaxed);
    }

    fn slot(&self, mark: Mark) -> &Slot {
        &self.slots[mark.one as usize % FLOWS]
    }
}
