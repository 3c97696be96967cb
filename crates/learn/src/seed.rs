//! What a traced profile starts from when none is given.

/// Everything denied. `(debug deny)` does nothing here and makes macOS log each denial.
pub(crate) const SEED: &str = "(version 1)\n(debug deny)\n(deny default)\n";
