//! Diagnostics as plain values; showing them is the caller's.

use lapbelt_policy::origin::Origin;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The profile has no meaning.
    Error,
    /// It has one, but perhaps not the one that was meant.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What kind of finding it is. [`Code::as_str`] is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it is shown and matched.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The text is not well formed.
    Syntax = "syntax",
    /// A special form is not well formed.
    BadForm = "bad-form",
    /// A name that nothing defines.
    Unbound = "unbound",
    /// A name in the place of an operation that the world does not have.
    UnknownOperation = "unknown-operation",
    /// A name in the place of a filter that the world does not have.
    UnknownFilter = "unknown-filter",
    /// A name in the place of a modifier that the world does not have.
    UnknownModifier = "unknown-modifier",
    /// A name that is no value of the filter.
    UnknownValue = "unknown-value",
    /// Something was called that is not a procedure.
    NotProcedure = "not-a-procedure",
    /// Too few or too many arguments.
    ArgumentCount = "argument-count",
    /// A value of the wrong type.
    WrongType = "wrong-type",
    /// A value outside its range.
    OutOfRange = "out-of-range",
    /// A regular expression that cannot be read.
    BadRegex = "bad-regex",
    /// A network address that Seatbelt does not know.
    BadAddress = "bad-address",
    /// A rule without an operation.
    NoOperation = "no-operation",
    /// Something in a rule that is no operation, filter or modifier.
    IllegalArgument = "illegal-argument",
    /// A filter on an operation that does not have its value.
    FilterNotApplicable = "filter-not-applicable",
    /// An operation that is asked inside message filters only.
    OperationNotApplicable = "operation-not-applicable",
    /// A modifier on an action or operation that does not take it.
    ModifierNotApplicable = "modifier-not-applicable",
    /// A modifier given twice.
    DuplicateModifier = "duplicate-modifier",
    /// `(version N)` is missing, late, unknown or contradicted.
    Version = "version",
    /// An import that cannot be had.
    Import = "import",
    /// The profile itself called `error`.
    Raised = "raised",
    /// Steps, memory or depth ran out.
    Limit = "limit",
    /// A word of another system that is passed over.
    OtherSystem = "other-system",
    /// A name outside the language that is taken as profiles mostly define it.
    Assumed = "assumed",
    /// Understood but not carried into the policy.
    Unsupported = "unsupported",
}

/// A place with a remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub origin: Origin,
    /// What is there.
    pub message: String,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// What kind.
    pub code: Code,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where; `None` if it is about the whole profile.
    pub origin: Option<Origin>,
    /// Other places that explain it.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn warning(code: Code, message: impl Into<String>, origin: Option<Origin>) -> Self {
        let severity = Severity::Warning;
        Self {
            severity,
            ..Self::error(code, message, origin)
        }
    }

    pub(crate) fn error(code: Code, message: impl Into<String>, origin: Option<Origin>) -> Self {
        let message = message.into();
        Self {
            severity: Severity::Error,
            code,
            message,
            origin,
            labels: Vec::new(),
            help: None,
        }
    }
}
