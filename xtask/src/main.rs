//! Regeneration and the tidy test.
fn main() {}
