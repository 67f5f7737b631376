//! One session, from dialling to its end.

use crate::link::Link;
use crate::login;
use etherloom_wire::block::{BlockDecoder, BlockLimits, Item, encode_keep_alive};
use std::fmt;
use std::io;

/// A keep-alive's filling; its length and content mean nothing.
const KEEP_ALIVE: &[u8] = &[0x77; 24];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Shaking,
    /// The signature is out: the Hello must come.
    Greeting,
    /// The log-in is out: the Welcome must come.
    Asking,
    Inside,
}

/// Why a log-in, or a session, came to nothing.
#[derive(Debug)]
pub enum Failure {
    /// The server said so, with its code.
    Refused(u32),
    /// The connection broke, or carried nonsense.
    Broken(io::Error),
    /// Nobody waits that long.
    Slow,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => write!(out, "refused with code {code}"),
            Self::Broken(error) => write!(out, "{error}"),
            Self::Slow => write!(out, "the log-in takes too long"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// What all members say.
pub struct Words {
    pub signature: Vec<u8>,
    pub login: Vec<u8>,
}

pub struct Member {
    pub link: Link,
    stage: Stage,
    decoder: BlockDecoder,
    pub began_ns: u64,
}

impl Member {
    pub fn new(link: Link, began_ns: u64) -> Self {
        Self {
            link,
            stage: Stage::Shaking,
            decoder: BlockDecoder::new(BlockLimits::STOCK, false),
            began_ns,
        }
    }

    pub fn is_inside(&self) -> bool {
        self.stage == Stage::Inside
    }

    /// Do what the socket allows; frames go to `sink`.
    pub fn advance(
        &mut self,
        scratch: &mut [u8],
        words: &Words,
        sink: &mut impl FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let is_open = self.link.exchange(scratch)?;
        if self.stage == Stage::Shaking && self.link.is_established() {
            self.link.send(&words.signature)?;
            self.stage = Stage::Greeting;
        }
        if self.stage == Stage::Greeting && self.answer()? {
            self.link.send(&words.login)?;
            self.stage = Stage::Asking;
        }
        if self.stage == Stage::Asking && self.answer()? {
            self.stage = Stage::Inside;
        }
        if self.stage == Stage::Inside {
            self.take_frames(sink)?;
        }
        if !is_open {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(())
    }

    pub fn keep_alive(&mut self) -> io::Result<()> {
        let mut plain = Vec::new();
        encode_keep_alive(&mut plain, KEEP_ALIVE);
        self.link.send(&plain)
    }

    /// Whether the server's answer is there, and is no refusal.
    fn answer(&mut self) -> Result<bool, Failure> {
        let found = login::answer(&self.link.plain).map_err(io::Error::other)?;
        let Some((body, length)) = found else {
            return Ok(false);
        };
        let code = login::refusal(body);
        self.link.take(length);
        if code != 0 {
            return Err(Failure::Refused(code));
        }
        Ok(true)
    }

    fn take_frames(&mut self, sink: &mut impl FnMut(&[u8])) -> io::Result<()> {
        let taken = self
            .decoder
            .decode(&self.link.plain, &mut |item| {
                if let Item::Frame(frame) = item {
                    sink(frame);
                }
            })
            .map_err(io::Error::other)?;
        self.link.take(taken);
        Ok(())
    }
}
