//! UDP acceleration: datagrams against bytes, properties of the codec, and the life of a path.

#![allow(clippy::unwrap_used)]

mod path;
mod properties;
mod vectors;
mod window;
