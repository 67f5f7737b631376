//! Pure codecs of the data phase: the block stream, its compression, the datagrams beside it, the offloads of devices,
//! and captures.
//!
//! No socket, clock, thread or randomness in here: bytes in, frames out, and the other way round.

#![forbid(unsafe_code)]

pub mod acceleration;
pub mod block;
pub mod capture;
pub mod offload;
