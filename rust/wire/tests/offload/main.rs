//! Cutting and joining super-frames.

#![allow(clippy::unwrap_used)]

mod joining;
mod mishap;
mod order;
mod properties;
mod refusals;
mod rules;
mod traffic;
mod vectors;
