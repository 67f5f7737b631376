//! Tools for tests and benchmarks. Nothing of the product depends on it.
//!
//! The pure parts of `etherloom-pace`, which sends UDP datagrams at an even rate and says what of them arrived: what
//! a datagram carries, when the next is due, and the account of the receiver. What the tools share: their command
//! lines, the clock, how they print. And what fuzzers call.

#![forbid(unsafe_code)]

pub mod clock;
pub mod fuzz;
pub mod impairment;
pub mod latency;
pub mod options;
pub mod output;
pub mod pacer;
pub mod play;
pub mod probe;
pub mod tally;
