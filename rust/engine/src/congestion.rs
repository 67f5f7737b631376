//! Which congestion control the outer connections use.
//!
//! One that paces with timers (bbr) costs a seventh of the throughput on a fast path. One that fills the queues of
//! the path until something is lost (cubic) makes every ping in the tunnel wait behind them on a slow path, and takes
//! every loss for a full queue, which leaves little of a long one. Left to choose, a link begins with the latter and
//! changes to the former when its path turns out long, or slow and full.

use mio::net::TcpStream;

use crate::engine::EngineError;
use crate::os::{self, RoundTrip};

const FAST_PATH: &str = "cubic";
const SLOW_PATH: &str = "bbr";
/// A path is slow below this rate...
const SLOW_BYTES_PER_SECOND: u64 = 62_500_000;
/// ... and full when its round trip takes so much longer than it can.
const FULL_US: u32 = 10_000;
/// A path is long when its round trip never takes less.
const LONG_US: u32 = 2_000;
const LOOK_EVERY_US: u64 = 20_000;

/// What the administrator wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Congestion {
    /// By what the path is.
    #[default]
    Automatic,
    /// Always this one.
    Named(String),
}

impl Congestion {
    /// "auto", or a name that the system knows and lets us use; tried on a socket.
    pub fn parse(name: &str) -> Result<Self, EngineError> {
        if name == "auto" {
            return Ok(Self::Automatic);
        }
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        let named = || Self::Named(name.into());
        os::set_congestion_control(&socket, name)
            .map(|()| named())
            .map_err(|error| {
                EngineError::Invalid(format!(
                    "congestion control {name:?} can't be used ({error}): choose \"auto\" or one that `sysctl \
                     net.ipv4.tcp_available_congestion_control` lists"
                ))
            })
    }

    /// For a new link. A system that has only others goes on with its own.
    pub fn apply(&self, socket: &TcpStream) {
        let name = match self {
            Self::Automatic => FAST_PATH,
            Self::Named(name) => name,
        };
        if let Err(error) = os::set_congestion_control(socket, name) {
            log::debug!("the system's congestion control stays: {name} can't be used ({error})");
        }
    }
}

/// Watches one link's path.
#[derive(Debug, Default)]
pub struct PathWatch {
    is_settled: bool,
    next_us: u64,
}

impl PathWatch {
    /// A link that may be changed, or one that must stay as it is.
    pub fn new(congestion: &Congestion) -> Self {
        Self {
            is_settled: *congestion != Congestion::Automatic,
            next_us: 0,
        }
    }

    /// The link drains at this rate, as far as known: look at the path now and then, and change once.
    pub fn look(&mut self, socket: &TcpStream, rate: Option<u64>, now_us: u64) {
        if self.is_settled || now_us < self.next_us {
            return;
        }
        self.next_us = now_us + LOOK_EVERY_US;
        let Ok(path) = os::round_trip(socket) else {
            return;
        };
        if path.least_us >= LONG_US || is_slow_and_full(rate, path) {
            self.is_settled = true;
            // Where it isn't allowed the first choice stays.
            let _ = os::set_congestion_control(socket, SLOW_PATH);
        }
    }
}

fn is_slow_and_full(rate: Option<u64>, path: RoundTrip) -> bool {
    rate.is_some_and(|rate| rate < SLOW_BYTES_PER_SECOND)
        && path.smoothed_us.saturating_sub(path.least_us) > FULL_US
}
