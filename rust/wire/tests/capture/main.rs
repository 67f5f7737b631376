//! Filters, summaries and pcapng files.

mod filter;
mod frames;
mod pcapng;
mod rules;
