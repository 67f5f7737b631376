//! The memory that frames may take while they wait for sockets, all sessions together.
//!
//! A session may have a fixed part of what is still free, so the fuller it is the less each gets, a new one finds room
//! beside many full ones, and the sum stays below the whole and a little for each session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What waits in all, at most.
pub const USUAL_BYTES: usize = 268_435_456;
/// One over this is what a session may have of the free memory.
const PART: usize = 32;
/// The others hear of so much at once.
const STEP_BYTES: usize = 16_384;
/// What any session may have: a super-frame and something.
const FLOOR_BYTES: usize = 69_632;

/// The whole.
pub struct Budget {
    total_bytes: usize,
    used_bytes: AtomicUsize,
}

impl Budget {
    /// Nothing is used.
    pub fn new(total_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            total_bytes,
            used_bytes: AtomicUsize::new(0),
        })
    }

    /// What waits now, as the sessions said last.
    pub fn used_bytes(&self) -> usize {
        self.used_bytes.load(Relaxed)
    }

    fn part(&self) -> usize {
        let free = self.total_bytes.saturating_sub(self.used_bytes());
        (free / PART).max(FLOOR_BYTES)
    }
}

/// What one session has of it.
pub struct Share {
    budget: Arc<Budget>,
    booked_bytes: usize,
    queued_bytes: usize,
    limit_bytes: usize,
}

impl Share {
    /// A session without frames.
    pub fn new(budget: Arc<Budget>) -> Self {
        Self {
            limit_bytes: budget.part(),
            budget,
            booked_bytes: 0,
            queued_bytes: 0,
        }
    }

    /// Whether so many bytes more may wait.
    pub fn allows(&self, bytes: usize) -> bool {
        self.queued_bytes + bytes <= self.limit_bytes
    }

    /// They wait.
    pub fn take(&mut self, bytes: usize) {
        self.queued_bytes += bytes;
        if self.queued_bytes >= self.booked_bytes + STEP_BYTES {
            self.settle(self.queued_bytes);
        }
    }

    /// What really waits now; the others hear of it.
    pub fn settle(&mut self, queued_bytes: usize) {
        let used = &self.budget.used_bytes;
        if queued_bytes >= self.booked_bytes {
            used.fetch_add(queued_bytes - self.booked_bytes, Relaxed);
        } else {
            used.fetch_sub(self.booked_bytes - queued_bytes, Relaxed);
        }
        self.booked_bytes = queued_bytes;
        self.queued_bytes = queued_bytes;
        self.limit_bytes = self.budget.part();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used_bytes.fetch_sub(self.booked_bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINK_QUEUE_BYTES: usize = 2_560_000;

    #[test]
    fn what_a_session_had_is_free_when_it_ends() {
        let budget = Budget::new(USUAL_BYTES);
        let mut share = Share::new(Arc::clone(&budget));
        share.take(1_000);
        share.settle(900);
        assert_eq!(budget.used_bytes(), 900);
        drop(share);
        assert_eq!(budget.used_bytes(), 0);
    }

    #[test]
    fn a_new_session_finds_room_beside_a_hundred_full_ones() {
        let budget = Budget::new(USUAL_BYTES);
        let mut shares: Vec<_> = (0..100).map(|_| Share::new(Arc::clone(&budget))).collect();
        for share in &mut shares {
            fill(share, LINK_QUEUE_BYTES);
        }
        assert!(Share::new(budget).allows(500_000));
    }

    fn fill(share: &mut Share, limit: usize) {
        while share.allows(10_000) && share.queued_bytes < limit {
            share.take(10_000);
        }
        share.settle(share.queued_bytes);
    }

    proptest! {
        #[test]
        fn the_sum_stays_below_the_whole(turns in proptest::collection::vec((0..50_usize, any::<bool>()), 1..500)) {
            let budget = Budget::new(100 << 20);
            let mut shares: Vec<_> = (0..50).map(|_| Share::new(Arc::clone(&budget))).collect();
            for (index, empties) in turns {
                if empties {
                    shares[index].settle(0);
                } else {
                    fill(&mut shares[index], usize::MAX);
                }
                prop_assert!(budget.used_bytes() <= (100 << 20) + 50 * FLOOR_BYTES);
                prop_assert_eq!(
                    budget.used_bytes(),
                    shares.iter().map(|share| share.booked_bytes).sum::<usize>()
                );
            }
        }
    }
}
