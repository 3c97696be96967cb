//! See `lapbelt_fuzz::world`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::world::run(bytes));
