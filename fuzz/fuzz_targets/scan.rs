//! See `lapbelt_fuzz::scan`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::scan::run(bytes));
