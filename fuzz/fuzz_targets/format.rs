//! See `lapbelt_fuzz::format`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::format::run(bytes));
