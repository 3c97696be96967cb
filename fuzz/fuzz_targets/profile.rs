//! See `lapbelt_fuzz::profile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::profile::run(bytes));
