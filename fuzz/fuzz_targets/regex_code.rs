//! See `lapbelt_fuzz::regex_code`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lapbelt_fuzz::regex_code::run(bytes));
