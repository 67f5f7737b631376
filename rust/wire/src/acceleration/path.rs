//! Whether a path carries datagrams both ways, and where the other end is.

use super::body::Header;

/// A datagram older than this is a replay, and an echo older than this proves nothing.
const OLDEST_MS: u64 = 30_000;

/// The times of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between keep-alives, at least.
    pub keep_alive_ms: u64,
    /// And so much more, at random.
    pub keep_alive_span_ms: u64,
    /// Silence after which nothing is sent on it.
    pub dead_ms: u64,
    /// It must have carried datagrams for so long before it carries frames.
    pub stable_ms: u64,
}

impl Timing {
    /// Peers that can't detect a dead path fast.
    pub const NORMAL: Self = Self {
        keep_alive_ms: 1_000,
        keep_alive_span_ms: 2_000,
        dead_ms: 9_000,
        stable_ms: 10_000,
    };
    /// Both ends can.
    pub const FAST: Self = Self {
        keep_alive_ms: 500,
        keep_alive_span_ms: 500,
        dead_ms: 2_100,
        stable_ms: 10_000,
    };
    /// Both ends are of this project.
    pub const OWN: Self = Self {
        stable_ms: 1_000,
        ..Self::FAST
    };
}

/// What an authentic datagram told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// It is the latest of its sender: from where it came is where the sender is.
    pub latest: bool,
}

/// Why an authentic datagram is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// For somebody else.
    Cookie,
    /// Of long ago.
    Old,
}

/// What one end knows of a path. Times are its clock's milliseconds, which are never 0.
#[derive(Clone, Debug)]
pub struct Path {
    timing: Timing,
    own_cookie: u32,
    peer_cookie: u32,
    peer_tick: u64,
    reached_ms: Option<u64>,
    stable_since_ms: Option<u64>,
    keep_alive_due_ms: u64,
    falls: u64,
}

impl Path {
    /// Nothing was received. A datagram must show `own_cookie`; ours show `peer_cookie`.
    pub fn new(timing: Timing, own_cookie: u32, peer_cookie: u32) -> Self {
        Self {
            timing,
            own_cookie,
            peer_cookie,
            peer_tick: 0,
            reached_ms: None,
            stable_since_ms: None,
            keep_alive_due_ms: 0,
            falls: 0,
        }
    }

    /// Look at an authentic datagram.
    pub fn receive(&mut self, now_ms: u64, header: &Header) -> Result<Taken, Refused> {
        if header.cookie != self.own_cookie {
            return Err(Refused::Cookie);
        }
        if header.tick.saturating_add(OLDEST_MS) < self.peer_tick {
            return Err(Refused::Old);
        }
        let latest = header.tick > self.peer_tick;
        self.peer_tick = self.peer_tick.max(header.tick);
        // It has heard of us lately: the path works both ways. Nobody has heard of a time yet to come.
        let is_answer = header.echo != 0
            && header.echo <= now_ms
            && header.echo.saturating_add(OLDEST_MS) >= now_ms;
        if is_answer {
            self.settle(now_ms);
            self.reached_ms = Some(now_ms);
            self.stable_since_ms.get_or_insert(now_ms);
        }
        Ok(Taken { latest })
    }

    /// What stands in front of what is sent now.
    pub fn header(&self, now_ms: u64) -> Header {
        Header {
            cookie: self.peer_cookie,
            tick: now_ms,
            echo: self.peer_tick,
            compressed: false,
        }
    }

    /// Something was received of the other end within the dead time that answers us.
    pub fn is_alive(&self, now_ms: u64) -> bool {
        self.reached_ms
            .is_some_and(|reached_ms| now_ms < reached_ms + self.timing.dead_ms)
    }

    /// Frames may go this way.
    pub fn is_ready(&self, now_ms: u64) -> bool {
        self.is_alive(now_ms)
            && self
                .stable_since_ms
                .is_some_and(|since_ms| now_ms >= since_ms + self.timing.stable_ms)
    }

    /// Notice that it is dead: it has to prove itself again.
    pub fn settle(&mut self, now_ms: u64) {
        if !self.is_alive(now_ms) {
            self.forget(now_ms);
        }
    }

    /// It can't be sent on: the same as silence.
    pub fn fail(&mut self, now_ms: u64) {
        self.forget(now_ms);
    }

    fn forget(&mut self, now_ms: u64) {
        let was_ready =
            self.stable_since_ms
                .zip(self.reached_ms)
                .is_some_and(|(since_ms, reached_ms)| {
                    now_ms.min(reached_ms + self.timing.dead_ms) >= since_ms + self.timing.stable_ms
                });
        self.falls += u64::from(was_ready);
        self.reached_ms = None;
        self.stable_since_ms = None;
    }

    /// How often it carried frames and then had to be given up.
    pub fn falls(&self) -> u64 {
        self.falls
    }

    /// When [`Path::settle`] or a keep-alive or readiness is due.
    pub fn next_due_ms(&self) -> u64 {
        let dead_ms = self
            .reached_ms
            .map_or(u64::MAX, |at| at + self.timing.dead_ms);
        self.keep_alive_due_ms.min(dead_ms)
    }

    /// True once when a keep-alive is to be sent now; the next is due after a time out of a random number.
    pub fn take_keep_alive(&mut self, now_ms: u64, random: u64) -> bool {
        if now_ms < self.keep_alive_due_ms {
            return false;
        }
        let Timing {
            keep_alive_ms,
            keep_alive_span_ms,
            ..
        } = self.timing;
        self.keep_alive_due_ms = now_ms + keep_alive_ms + random % keep_alive_span_ms.max(1);
        true
    }
}
