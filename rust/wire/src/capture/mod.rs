//! Looking at frames on their way: what is in them, which ones are meant, and the file that tools read.
//!
//! For people who trace; the way of a frame never depends on it.

mod fields;
mod filter;
mod pcapng;

pub use fields::Fields;
pub use filter::{Filter, FilterError};
pub use pcapng::{Note, PcapngWriter, Record, Way};
