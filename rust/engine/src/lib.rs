//! The I/O shell: workers, listeners, TLS, connections, sessions, devices, timers.
//!
//! It moves frames and decides nothing: rules come from above, events go up as flags, snapshots answer
//! questions. Every socket is owned here from accept on.

mod acceptor;
pub mod admission;
mod connection;
mod device;
pub mod engine;
pub mod event;
mod flow;
mod hub;
pub mod link;
pub mod logging;
mod message;
mod os;
mod passing;
pub mod session;
mod shared;
pub mod snapshot;
mod splice;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod tls;
mod worker;
