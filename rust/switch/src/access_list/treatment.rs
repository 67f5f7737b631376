//! What an access list does to frames that it passes: loss, delay, redirection. Draws no random numbers itself.

use std::sync::Arc;

const PERCENT: u64 = 100;

/// What becomes of a frame that an entry passes. The default: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// How long it is kept back.
    pub delay_ms: u32,
    /// By how much of that it may be shorter or longer, in percent.
    pub jitter: u8,
    /// How many of a hundred get lost.
    pub loss: u8,
    /// Where browsers are sent to.
    pub redirect: Option<Arc<str>>,
}

/// What becomes of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Pass,
    /// It is gone.
    Lost,
    /// It goes on after this many milliseconds.
    Later(u64),
}

impl Treatment {
    /// There is nothing to do.
    pub const fn is_none(&self) -> bool {
        self.delay_ms == 0 && self.loss == 0 && self.redirect.is_none()
    }

    /// Loss first, then delay. `random` is any number, a new one for each frame.
    pub const fn fate(&self, random: u64) -> Fate {
        if (random & 0xffff_ffff) % PERCENT < self.loss as u64 {
            return Fate::Lost;
        }
        if self.delay_ms == 0 {
            return Fate::Pass;
        }
        let delay = self.delay_ms as u64;
        let most = self.jitter as u64 * delay / PERCENT;
        let amount = if most == 0 {
            0
        } else {
            (random >> 32 & 0x7fff_ffff) % most
        };
        if random >> 63 == 0 {
            Fate::Later(delay + amount)
        } else {
            Fate::Later(delay.saturating_sub(amount))
        }
    }
}
