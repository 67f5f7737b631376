//! What a fuzzer does with bytes: each target takes any bytes and panics only if a promise of the code is broken.
//!
//! The fuzzers themselves are in `fuzz/rust`, with build flags of their own; the inputs that were worth keeping are
//! in `fuzz/corpus`, one folder a target, and are played back by the ordinary tests.

mod block_stream;
mod datagram;
mod ethernet;
mod filter;
mod offload;
mod packet_log;
mod super_frame;
mod switch;

pub use block_stream::block_stream;
pub use datagram::datagram;
pub use ethernet::ethernet;
pub use filter::filter;
pub use offload::offload;
pub use packet_log::packet_log;
pub use super_frame::super_frame;
pub use switch::switch;
