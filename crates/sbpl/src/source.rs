//! Texts and where they come from.

/// A profile to evaluate.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its name, as messages show it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// A text that took part in an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedSource {
    /// Its name, as messages show it; two texts of one name are the same text.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Where `(import NAME)` finds a text. Evaluation does no I/O of its own.
pub trait Imports {
    /// The text of a name.
    ///
    /// # Errors
    /// A reason that completes "cannot import NAME: …".
    fn load(&self, name: &str) -> Result<LoadedSource, String>;
}

/// Finds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoImports;

impl Imports for NoImports {
    fn load(&self, _name: &str) -> Result<LoadedSource, String> {
        Err("imports are not available here".into())
    }
}
