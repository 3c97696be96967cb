//! See `lapbelt_fuzz::pattern_code`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::pattern_code::run(bytes));
