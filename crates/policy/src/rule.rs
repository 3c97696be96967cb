//! Rules and the policy they make.

use crate::filter::Filter;
use crate::origin::Origin;
use crate::world::{ModifierId, OperationId};

/// What a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Let the operation go on.
    Allow,
    /// Refuse it.
    Deny,
}

impl Action {
    /// What a rule of the language starts with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// `(with NAME [ARGUMENT])` on a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Modifier {
    /// Which modifier of the world.
    pub modifier: ModifierId,
    /// Its argument, where it takes one.
    pub argument: Option<ModifierArgument>,
}

/// The argument of a modifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ModifierArgument {
    /// A signal or an errno, in macOS numbering (the language's own constants).
    Integer(i64),
    /// A message, a profile, a class.
    Text(Vec<u8>),
    /// Rules for the messages that what was allowed may pass on, in source order. Their operations
    /// are those of the world that have no slot in the op table.
    MessageFilter(Vec<Rule>),
}

/// A filter of a rule with the place it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleFilter {
    /// The filter.
    pub filter: Filter,
    /// Where it stands, if it came from text.
    pub origin: Option<Origin>,
}

/// One rule: an action on operations, for requests that match any of the filters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Allow or deny.
    pub action: Action,
    /// The operations named, wildcards unexpanded, in source order; never empty.
    pub operations: Vec<OperationId>,
    /// Alternatives; empty means unconditional.
    pub filters: Vec<RuleFilter>,
    /// Modifiers in source order.
    pub modifiers: Vec<Modifier>,
    /// Where the rule stands, if it came from text.
    pub origin: Option<Origin>,
}

impl Rule {
    /// The rules of its message filter; `None` if it has none.
    pub fn message_filter(&self) -> Option<&[Rule]> {
        self.modifiers.iter().find_map(|one| match &one.argument {
            Some(ModifierArgument::MessageFilter(rules)) => Some(rules.as_slice()),
            _ => None,
        })
    }
}

/// Language version of a profile, from `(version N)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// `(version 1)`
    #[default]
    V1,
    /// `(version 2)`
    V2,
    /// `(version 3)`
    V3,
}

/// A whole evaluated profile: its rules in source order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Language version; decides own defaults of operations.
    pub version: Version,
    /// Rules in the order they took effect.
    pub rules: Vec<Rule>,
    /// Names of the texts that [`Origin`]s point into.
    pub sources: Vec<String>,
    /// False if the profile opted out of the world's implied rules.
    pub implied: bool,
}

/// Which rule, and which of its filters, led to a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleRef {
    /// Index in [`Policy::rules`].
    pub rule: u32,
    /// Index in [`Rule::filters`]; `None` for an unconditional rule.
    pub filter: Option<u32>,
}
