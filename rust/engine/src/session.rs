//! A native session on its worker: its links, which of them carries a frame, keep-alives and time-outs.

use etherloom_wire::block::{BlockLimits, SUPER_FRAME_HEADER_BYTES};
use etherloom_wire::offload::MAXIMUM_FRAME_BYTES;

use crate::flow::flow_hash;
use crate::link::{Link, Scratch};
use crate::passing::Passing;

const STOCK_FRAME_BYTES: usize = 1_600;
const PINS: usize = 256;
const NO_LINK: u64 = 0;
/// A device joined to this session alone waits when so much is queued (see `Hub::wire`).
const PAUSE_BYTES: usize = 256 * 1024;

/// What both ends agreed on.
#[derive(Clone, Copy, Debug)]
pub struct SessionRules {
    /// Which end we are.
    pub server: bool,
    /// Silence that ends it.
    pub timeout_ms: u64,
    /// Each block is a zlib stream.
    pub compress: bool,
    /// Links carry frames one way only.
    pub half_duplex: bool,
    /// Super-frames are carried whole; plain frames may be as long.
    pub super_frames: bool,
    /// What may wait for one link.
    pub queue_bytes: usize,
}

impl SessionRules {
    /// The longest frame that a block may hold.
    pub fn frame_limit(&self) -> usize {
        if self.super_frames {
            MAXIMUM_FRAME_BYTES
        } else {
            STOCK_FRAME_BYTES
        }
    }

    /// What the peer may put into a block.
    pub fn block_limits(&self) -> BlockLimits {
        let frame = self.frame_limit();
        BlockLimits {
            frame,
            block: BlockLimits::STOCK
                .block
                .max(frame + SUPER_FRAME_HEADER_BYTES),
            super_frames: self.super_frames,
            ..BlockLimits::STOCK
        }
    }
}

/// Why a frame was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotQueued {
    /// No link that may send.
    NoLink,
    /// All that may send are full.
    Full,
    /// Longer than the peer takes.
    TooLong,
    /// It would not compress.
    NotCompressed,
}

/// The worker's half of a native session.
pub struct Native {
    /// What was agreed.
    pub rules: SessionRules,
    /// Its links, closing ones included.
    pub links: Vec<Link>,
    pins: Box<[u64; PINS]>,
}

impl Native {
    /// A session without links.
    pub fn new(rules: SessionRules) -> Self {
        Self {
            rules,
            links: Vec::new(),
            pins: Box::new([NO_LINK; PINS]),
        }
    }

    /// Queue a frame on the link that its flow is pinned to: whole, or all its segments, or nothing of it.
    pub fn enqueue(
        &mut self,
        passing: &Passing<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), NotQueued> {
        let whole = self.takes_super_frames() && !passing.is_complete();
        let longest = if whole {
            passing.packet.bytes.len()
        } else {
            passing.segments.length(0)
        };
        if longest > self.rules.frame_limit() {
            return Err(NotQueued::TooLong);
        }
        let pin = flow_hash(passing.packet.bytes) as usize % PINS;
        let limit = self.rules.queue_bytes;
        let chosen = match self
            .links
            .iter()
            .position(|link| link.identifier == self.pins[pin] && link.sends)
        {
            Some(position) if !self.links[position].is_blocked() => position,
            pinned => self.repin(pin, pinned).ok_or(NotQueued::NoLink)?,
        };
        let link = &mut self.links[chosen];
        if whole {
            link.enqueue_whole(&passing.packet, limit, scratch)
        } else {
            link.enqueue_segments(passing, self.rules.compress, limit, scratch)
        }
    }

    /// Super-frames and partial checksums go to the peer as they are.
    pub fn takes_super_frames(&self) -> bool {
        self.rules.super_frames
    }

    /// Choose the emptiest link. A flow leaves a link that lives only when that one's queue is half full:
    /// frames of one flow on two links may overtake each other.
    fn repin(&mut self, pin: usize, pinned: Option<usize>) -> Option<usize> {
        if let Some(position) = pinned
            && self.links[position].backlog() < self.rules.queue_bytes / 2
        {
            return Some(position);
        }
        let usable = self.links.iter().enumerate().filter(|(_, link)| link.sends);
        let (position, link) = usable.min_by_key(|(_, link)| link.backlog())?;
        self.pins[pin] = link.identifier;
        Some(position)
    }

    /// Spread the flows again over all links, where that can't reorder: a link that has nothing to send.
    pub fn spread(&mut self) {
        let usable: Vec<u64> = self
            .links
            .iter()
            .filter(|link| link.sends)
            .map(|link| link.identifier)
            .collect();
        if usable.is_empty() {
            return;
        }
        for (index, pin) in self.pins.iter_mut().enumerate() {
            let busy = self
                .links
                .iter()
                .any(|link| link.identifier == *pin && link.sends && link.backlog() > 0);
            if !busy {
                *pin = usable[index % usable.len()];
            }
        }
    }

    /// True when a device joined to this session alone should wait.
    pub fn is_congested(&self) -> bool {
        let sending = self.links.iter().filter(|link| link.sends);
        sending
            .map(Link::backlog)
            .min()
            .is_none_or(|least| least > PAUSE_BYTES)
    }

    /// The link of a connection.
    pub fn link_mut(&mut self, connection: u64) -> Option<&mut Link> {
        self.links
            .iter_mut()
            .find(|link| link.identifier == connection)
    }

    /// When something is due next: a keep-alive, a silent link, a link that takes too long to close.
    pub fn next_due_ms(&self) -> u64 {
        let links = self.links.iter();
        links
            .map(|link| self.link_due_ms(link))
            .min()
            .unwrap_or(u64::MAX)
    }

    fn link_due_ms(&self, link: &Link) -> u64 {
        if let Some(until) = link.closing {
            return until;
        }
        let silent = if link.receives {
            link.last_received_ms + self.rules.timeout_ms
        } else {
            u64::MAX
        };
        let keep_alive = if link.sends {
            link.keep_alive_due_ms
        } else {
            u64::MAX
        };
        silent.min(keep_alive)
    }

    /// Links that are over now: silent for the time-out, or closing for too long.
    pub fn overdue(&self, now_ms: u64) -> Vec<u64> {
        let over = |link: &&Link| match link.closing {
            Some(until) => until <= now_ms,
            None => link.receives && link.last_received_ms + self.rules.timeout_ms <= now_ms,
        };
        self.links
            .iter()
            .filter(over)
            .map(|link| link.identifier)
            .collect()
    }

    /// The time to the next keep-alive, out of a random number.
    pub fn keep_alive_interval_ms(&self, random: u64) -> u64 {
        (self.rules.timeout_ms / 5).max(random % (self.rules.timeout_ms / 2).max(1))
    }
}
