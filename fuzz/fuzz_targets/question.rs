//! See `lapbelt_fuzz::question`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::question::run(bytes));
