//! A profile that a lint finds, beside one that it does not.

/// Two profiles in a world. Tests hold every lint to its own example.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// A profile that has the finding.
    pub bad: &'static str,
    /// The profile mended.
    pub good: &'static str,
    /// The world in which that is so.
    pub world: &'static str,
    /// Parameters given with -D.
    pub params: &'static [(&'static str, &'static str)],
}

impl Example {
    /// An example for macOS without parameters.
    pub(super) const fn new(bad: &'static str, good: &'static str) -> Self {
        Self {
            bad,
            good,
            world: "macos-14.4.1",
            params: &[],
        }
    }
}
