//! The I/O shell: workers, listeners, TLS, connections, sessions, devices, timers.
//!
//! It moves frames and decides nothing: rules come from above, events go up as flags, snapshots answer
//! questions. Every socket is owned here from accept on.

pub mod acceptor;
pub mod admission;
pub mod connection;
pub mod engine;
pub mod event;
mod flow;
pub mod hub;
pub mod link;
pub mod logging;
pub mod message;
mod os;
pub mod session;
pub mod shared;
pub mod snapshot;
pub mod splice;
pub mod tls;
pub mod worker;
