//! See `lapbelt_fuzz::macho`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::macho::run(bytes));
