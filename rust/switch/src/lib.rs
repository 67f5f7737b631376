//! The pure layer-2 hub: MAC table, look-up, counters.
