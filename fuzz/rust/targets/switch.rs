//! See `etherloom_testkit::fuzz::switch`.

#![no_main]

use etherloom_testkit::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz::switch(data));
