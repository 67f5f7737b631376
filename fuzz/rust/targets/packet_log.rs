//! See `etherloom_testkit::fuzz::packet_log`.

#![no_main]

use etherloom_testkit::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz::packet_log(data));
