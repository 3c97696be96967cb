//! How sure it is that the bytes are those that the system writes.

use std::fmt;

use lapbelt_policy::origin::Origin;

/// Where the bytes rest on more than profiles that the system compiled itself. The profile decides
/// as the policy does in either case, but for [`Reason::Unloaded`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fidelity {
    /// What no witness shows, in the order of the rules; each reason once a rule.
    pub derived: Vec<Derived>,
}

impl Fidelity {
    /// Whether all that the policy uses is shown by profiles that the system compiled.
    pub fn is_witnessed(&self) -> bool {
        self.derived.is_empty()
    }

    /// Whether the profile is known to decide as the policy does.
    pub fn decides_alike(&self) -> bool {
        let mut reasons = self.derived.iter().map(|one| one.reason);
        reasons.all(|reason| reason != Reason::Unloaded)
    }
}

/// One thing that no witness shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// What.
    pub reason: Reason,
    /// The rule that uses it, an index in [`lapbelt_policy::rule::Policy::rules`].
    pub rule: Option<u32>,
    /// Where that stands, if it came from text.
    pub origin: Option<Origin>,
}

/// What no witness shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The form of a prefix pattern.
    Prefix,
    /// Patterns of which one goes on where another ends, or says what another does.
    PatternGoesOn,
    /// A path with bytes beyond ASCII, whose lower case is not known.
    LowerCase,
    /// A pattern without text, or of a path that does not start at the root.
    Relative,
    /// A run of bytes for which an instruction needs a byte for its length.
    LongRun,
    /// Patterns that take more than a program may: how they are told apart.
    SplitPattern,
    /// A regular expression: which of the two byte codes, and which instructions.
    Regex,
    /// A filter by pattern or number that no profile has whose bytes are known.
    Filter,
    /// Patterns of another filter than path in one program.
    NamesTogether,
    /// Alternatives of a number as one bit mask.
    NumberMask,
    /// Alternatives over a filter whose values the world does not merge.
    Unmerged,
    /// The same filter twice among the rules of an operation, or in one that needs all of several.
    Repeated,
    /// A filter whose value no request of the operation has: some systems refuse it.
    NotApplicable,
    /// The value of an entitlement that the filter does not load. Of which one it is depends on the
    /// order in which filters are asked, and that is by their costs.
    Unloaded,
    /// What must not hold, other than a type of file.
    Negation,
    /// A pattern with `${…}`, which the system may take for a variable.
    Variable,
    /// A string argument.
    Text,
    /// A network address.
    Network,
    /// A truth value or a set of bits.
    Flag,
    /// The order of alternatives over filters of different cost.
    MixedAlternatives,
    /// The order of `require-all` over filters that are made of others.
    MixedRequirements,
    /// Modifiers other than a message filter.
    Modifiers,
    /// Several modifiers with arguments, of which a message filter is one for each operation: how
    /// the list of them is stored.
    ModifierList,
    /// A message filter with conditions or exceptions, without rules, of a rule that has filters, or
    /// of other messages than those to a user client of IOKit.
    MessageFilter,
    /// Which system calls the system infers.
    SystemCalls,
    /// Version 3 of the language.
    Version3,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "prefix patterns",
            Self::PatternGoesOn => "patterns of which one begins with another",
            Self::LowerCase => "paths beyond ASCII",
            Self::Relative => "patterns without text and paths without a leading slash",
            Self::LongRun => "patterns of more than 64 bytes in a row",
            Self::SplitPattern => {
                "patterns of more than 65,535 bytes together, in several programs"
            }
            Self::Regex => "regular expressions",
            Self::Filter => {
                "filters other than path, control-name, vnode-type, target and those of sockets"
            }
            Self::NamesTogether => "several patterns of one filter other than path in a rule",
            Self::NumberMask => "several numbers of one filter in a rule",
            Self::Unmerged => "several values of a filter in a rule, asked one by one",
            Self::Repeated => "a filter given twice, also by what the system adds, asked once",
            Self::NotApplicable => "filters that do not apply to their operation",
            Self::Unloaded => {
                "values of entitlements outside of require-entitlement: of which, depends on the order"
            }
            Self::Negation => "require-not of anything but a vnode-type",
            Self::Variable => "patterns with ${}, taken as they are written",
            Self::Text => "string arguments",
            Self::Network => "network addresses",
            Self::Flag => "truth values and sets of bits",
            Self::MixedAlternatives => "alternatives over filters of different cost",
            Self::MixedRequirements => "require-all over filters made of others",
            Self::Modifiers => "modifiers",
            Self::ModifierList => {
                "several modifiers with arguments, or a message filter of several operations"
            }
            Self::MessageFilter => {
                "message filters with conditions, without rules, beside filters, or not of IOKit"
            }
            Self::SystemCalls => "the system calls inferred from these operations",
            Self::Version3 => "version 3 of the language",
        })
    }
}
