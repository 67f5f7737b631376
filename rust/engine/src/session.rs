//! A native session on its worker: its links, which of them carries a frame, keep-alives and time-outs.

use std::sync::Arc;

use etherloom_wire::block::{BlockLimits, SUPER_FRAME_HEADER_BYTES};
use etherloom_wire::offload::MAXIMUM_FRAME_BYTES;

use crate::acceleration::Acceleration;
use crate::budget::{Budget, Share};
use crate::flow::{flow_hash, is_urgent};
use crate::held::Held;
use crate::link::{Link, Scratch};
use crate::outbound::Order;
use crate::passing::Passing;
use crate::pins::Pins;

const STOCK_FRAME_BYTES: usize = 1_600;
/// A device joined to this session alone waits when so much is queued for UDP, where no queue is fair.
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
    /// Urgent frames go first.
    pub qos: bool,
    /// TCP is told to send no larger segments through it; 0: it isn't told anything.
    pub mss_limit: u16,
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
    /// The one that may send it is full.
    Full,
    /// All sessions together hold too much.
    OverBudget,
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
    /// Another way for frames, beside the links.
    pub acceleration: Option<Box<Acceleration>>,
    pins: Box<Pins>,
    held: Held,
    share: Share,
}

/// What carries a flow now.
enum Carrier {
    /// The link at this place.
    Link(usize),
    /// A link that is going: the flow waits for its end.
    Going,
    /// No link may send.
    None,
}

impl Native {
    /// A session without links.
    pub fn new(rules: SessionRules, now_ms: u64, budget: Arc<Budget>) -> Self {
        Self {
            rules,
            links: Vec::new(),
            acceleration: None,
            pins: Box::new(Pins::new(now_ms)),
            held: Held::default(),
            share: Share::new(budget),
        }
    }

    /// Queue a frame on the link that its flow is pinned to: whole, or all its segments, or nothing of it. Returns
    /// how many other frames were dropped for it.
    pub fn enqueue(
        &mut self,
        passing: &Passing<'_>,
        scratch: &mut Scratch,
    ) -> Result<u64, NotQueued> {
        if self.rules.mss_limit == 0 {
            return self.enqueue_as_is(passing, scratch);
        }
        let mut memory = std::mem::take(&mut scratch.clamped);
        let queued = match passing.clamped(self.rules.mss_limit, &mut memory) {
            Some(frame) => self.enqueue_as_is(&Passing::plain(frame), scratch),
            None => self.enqueue_as_is(passing, scratch),
        };
        scratch.clamped = memory;
        queued
    }

    fn enqueue_as_is(
        &mut self,
        passing: &Passing<'_>,
        scratch: &mut Scratch,
    ) -> Result<u64, NotQueued> {
        if let Some(acceleration) = &mut self.acceleration
            && acceleration.takes(passing)
        {
            let Scratch {
                compressor,
                segments,
                ..
            } = scratch;
            return acceleration
                .enqueue(passing, compressor, segments)
                .map(|()| 0);
        }
        if passing.segments.length(0) > self.rules.frame_limit() {
            return Err(NotQueued::TooLong);
        }
        let bytes = passing.segment_bytes();
        if !self.share.allows(bytes) {
            return Err(NotQueued::OverBudget);
        }
        let hash = flow_hash(passing.packet.bytes);
        let flow = Pins::flow(hash);
        let limit = self.rules.queue_bytes;
        let dropped = match self.carrier(flow) {
            Carrier::Link(place) => {
                let order = Order {
                    passing,
                    hash,
                    priority: self.rules.qos && is_urgent(passing.packet.bytes),
                    super_frames: self.rules.super_frames,
                    compress: self.rules.compress,
                    limit,
                };
                self.links[place].enqueue(&order, scratch)?
            }
            Carrier::Going if self.held.push(flow, &passing.packet, limit) => 0,
            Carrier::Going => return Err(NotQueued::Full),
            Carrier::None => return Err(NotQueued::NoLink),
        };
        self.share.take(bytes);
        Ok(dropped)
    }

    /// Tell the budget what really waits: once a batch.
    pub fn settle(&mut self) {
        let queued: usize = self.links.iter().map(Link::backlog).sum();
        let datagrams = self.acceleration.as_ref().map_or(0, |one| one.backlog());
        self.share.settle(queued + self.held.bytes() + datagrams);
    }

    /// Super-frames go to the peer as they are.
    pub fn takes_super_frames(&self) -> bool {
        self.rules.super_frames && self.links.iter().any(|link| link.sends && link.is_fast())
    }

    /// The link that a flow is on, or the emptiest one for a flow that has none.
    fn carrier(&mut self, flow: usize) -> Carrier {
        let pinned = self.pins.find(flow);
        let link = |link: &Link| Some(link.identifier) == pinned;
        if let Some(place) = self.links.iter().position(link) {
            return if self.links[place].sends {
                Carrier::Link(place)
            } else {
                Carrier::Going
            };
        }
        let usable = self.links.iter().enumerate().filter(|(_, link)| link.sends);
        let emptiest =
            usable.min_by_key(|(_, link)| (link.backlog(), self.pins.count(link.identifier)));
        let Some((place, link)) = emptiest else {
            return Carrier::None;
        };
        self.pins.pin(flow, link.identifier);
        Carrier::Link(place)
    }

    /// A link has gone: its flows go on elsewhere, first with what was held for them. Returns how many frames
    /// could not be queued.
    pub fn release(&mut self, scratch: &mut Scratch) -> u64 {
        let (links, pins) = (&self.links, &self.pins);
        let frames = self.held.release(|flow| {
            links
                .iter()
                .all(|link| Some(link.identifier) != pins.peek(flow))
        });
        let mut refused = 0;
        for frame in &frames {
            let Ok(passing) = Passing::of(frame.packet()) else {
                continue;
            };
            refused += match self.enqueue(&passing, scratch) {
                Ok(dropped) => dropped,
                Err(_) => passing.frame().segments(),
            };
        }
        refused
    }

    /// Let flows that are quiet choose a link again: there may be new ones.
    pub fn loosen(&mut self, now_ms: u64) {
        let links = &self.links;
        self.pins.loosen(now_ms, |pinned| {
            links
                .iter()
                .find(|link| link.identifier == pinned)
                .is_none_or(Link::is_drained)
        });
    }

    /// Links that are about to go and may still bring something.
    pub fn going(&self) -> Vec<u64> {
        let going = |link: &&Link| link.closing.is_some() && !link.ended;
        let links = self.links.iter().filter(going);
        links.map(|link| link.identifier).collect()
    }

    /// True when a device joined to this session alone should wait: nothing can be sent at all. A session that is
    /// merely slow goes on reading, since its queue is fair and the device's isn't.
    pub fn is_cut_off(&self) -> bool {
        if let Some(acceleration) = &self.acceleration
            && acceleration.is_ready()
        {
            return acceleration.backlog() > PAUSE_BYTES;
        }
        self.links.iter().all(|link| !link.sends)
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
        let acceleration = self.acceleration.iter().map(|one| one.next_due_ms());
        links
            .map(|link| self.link_due_ms(link))
            .chain(acceleration)
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
    pub fn overdue(&mut self, now_ms: u64) -> Vec<u64> {
        let timeout_ms = self.rules.timeout_ms;
        self.links
            .iter_mut()
            .filter_map(|link| link.is_over(now_ms, timeout_ms).then_some(link.identifier))
            .collect()
    }

    /// The time to the next keep-alive, out of a random number.
    pub fn keep_alive_interval_ms(&self, random: u64) -> u64 {
        (self.rules.timeout_ms / 5).max(random % (self.rules.timeout_ms / 2).max(1))
    }
}
