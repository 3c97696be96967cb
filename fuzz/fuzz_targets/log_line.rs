//! See `lapbelt_fuzz::log_line`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::log_line::run(bytes));
