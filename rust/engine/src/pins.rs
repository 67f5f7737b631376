//! Which link carries which flow. Pure: links are numbers, time is an argument.
//!
//! The wire has no sequence numbers, so no flow may have frames on two links at a time. A flow stays on its link
//! until that is gone, or until both were quiet: it had no frame for a while, and the link owes the peer nothing.

/// Flows are told apart by so many values of their hash.
pub const FLOWS: usize = 256;
const NO_LINK: u64 = 0;
/// How long a flow has been quiet at least before it may change its link.
const QUIET_MS: u64 = 1_000;

/// The link of each flow.
pub struct Pins {
    links: [u64; FLOWS],
    busy: [bool; FLOWS],
    watched_since_ms: u64,
}

impl Pins {
    /// No flow has a link.
    pub fn new(now_ms: u64) -> Self {
        Self {
            links: [NO_LINK; FLOWS],
            busy: [false; FLOWS],
            watched_since_ms: now_ms,
        }
    }

    /// The place of a flow among the pins.
    pub fn flow(hash: u64) -> usize {
        hash as usize % FLOWS
    }

    /// The link of a flow that has a frame to send.
    pub fn find(&mut self, flow: usize) -> Option<u64> {
        self.busy[flow] = true;
        self.peek(flow)
    }

    /// The link of a flow.
    pub fn peek(&self, flow: usize) -> Option<u64> {
        Some(self.links[flow]).filter(|link| *link != NO_LINK)
    }

    /// From now on this link.
    pub fn pin(&mut self, flow: usize, link: u64) {
        self.links[flow] = link;
    }

    /// How many flows a link has.
    pub fn count(&self, link: u64) -> usize {
        self.links.iter().filter(|pinned| **pinned == link).count()
    }

    /// Let quiet flows choose again, where `is_drained` says that their link owes nothing.
    pub fn loosen(&mut self, now_ms: u64, is_drained: impl Fn(u64) -> bool) {
        if now_ms.saturating_sub(self.watched_since_ms) < QUIET_MS {
            return;
        }
        self.watched_since_ms = now_ms;
        for (link, busy) in self.links.iter_mut().zip(&mut self.busy) {
            if !std::mem::take(busy) && *link != NO_LINK && is_drained(*link) {
                *link = NO_LINK;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_flow_may_choose_again_and_a_busy_one_not() {
        let mut pins = Pins::new(0);
        pins.pin(1, 7);
        pins.pin(2, 7);
        pins.loosen(QUIET_MS, |_| false);
        pins.find(2);
        pins.loosen(2 * QUIET_MS, |link| link == 7);
        assert_eq!((pins.peek(1), pins.peek(2)), (None, Some(7)));
        assert_eq!(pins.count(7), 1);
        pins.loosen(3 * QUIET_MS, |_| true);
        assert_eq!(pins.peek(2), None);
    }

    #[test]
    fn a_moment_is_no_quiet() {
        let mut pins = Pins::new(0);
        pins.pin(1, 7);
        pins.loosen(QUIET_MS - 1, |_| true);
        assert_eq!(pins.peek(1), Some(7));
    }

    #[test]
    fn a_link_that_owes_something_keeps_its_flows() {
        let mut pins = Pins::new(0);
        pins.pin(1, 7);
        pins.loosen(QUIET_MS, |_| false);
        assert_eq!(pins.peek(1), Some(7));
    }
}
