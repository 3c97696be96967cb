//! How much a search may do.

/// Steps that are left; a step is a look at one place or record of a few files.
#[derive(Debug)]
pub(super) struct Budget {
    limit: u64,
    pub(super) spent: u64,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, spent: 0 }
    }

    /// Takes some steps; whether there were that many.
    pub(super) fn take(&mut self, steps: u64) -> bool {
        self.spent = self.spent.saturating_add(steps);
        !self.is_spent()
    }

    /// Whether more was asked for than there was.
    pub(super) fn is_spent(&self) -> bool {
        self.spent > self.limit
    }
}
