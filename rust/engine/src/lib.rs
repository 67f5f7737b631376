//! The I/O shell: workers, listeners, TLS, connections, sessions, devices, timers.

pub mod tls;
