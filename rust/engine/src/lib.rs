//! The I/O shell: workers, listeners, TLS, connections, sessions, devices, timers.
//!
//! It moves frames and decides nothing: rules come from above, events go up as flags, snapshots answer
//! questions. Every socket is owned here from accept on.

pub mod acceleration;
mod acceptor;
pub mod admission;
mod budget;
pub mod capture;
mod congestion;
mod connection;
mod device;
mod drain;
pub mod engine;
pub mod event;
mod flow;
mod held;
mod hub;
pub mod link;
pub mod logging;
mod message;
mod os;
mod outbound;
pub mod packet_log;
mod passing;
mod pins;
mod queue;
pub mod session;
mod shared;
pub mod sight;
pub mod snapshot;
mod splice;
#[cfg(feature = "testkit")]
pub mod testkit;
#[cfg(test)]
mod tests;
pub mod tls;
mod worker;

pub use os::yield_to_frames;
