//! Tools for tests and benchmarks: paced packet generator, in-memory wire.
