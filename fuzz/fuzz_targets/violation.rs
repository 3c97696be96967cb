//! See `lapbelt_fuzz::violation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::violation::run(bytes));
