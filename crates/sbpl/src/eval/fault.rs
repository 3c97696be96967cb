//! What stops an evaluation.

use crate::diag::{Code, Diagnostic};

/// A mistake found by a procedure, before anyone knows where it was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Which argument is wrong, if it is one.
    pub(crate) argument: Option<usize>,
    /// Whether a text was wanted there.
    pub(crate) wants_text: bool,
}

impl Mistake {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: None,
            argument: None,
            wants_text: false,
        }
    }

    /// A value of the wrong type.
    pub(crate) fn wrong_type(message: impl Into<String>) -> Self {
        Self::new(Code::WrongType, message)
    }

    pub(crate) fn at(mut self, argument: usize) -> Self {
        self.argument = Some(argument);
        self
    }

    pub(crate) fn wants_text(mut self, wanted: bool) -> Self {
        self.wants_text = wanted;
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Why an evaluation ended without a value.
#[derive(Debug)]
pub(crate) enum Fault {
    /// This form is wrong; the next may be tried.
    Form(Box<Diagnostic>),
    /// A limit is reached; nothing more is evaluated.
    Limit(Box<Diagnostic>),
}
