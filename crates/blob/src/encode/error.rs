//! Why a policy cannot be compiled.

use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::rule::{ModifierArgument, Rule};
use lapbelt_policy::world::World;

/// Why a policy cannot be compiled, and which rule is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct EncodeError {
    /// What is wrong.
    pub problem: Problem,
    /// The rule, an index in [`lapbelt_policy::rule::Policy::rules`]; `None` if no single one.
    pub rule: Option<u32>,
    /// Where that stands which is to blame, the rule or a part of it, if it came from text.
    pub origin: Option<Origin>,
}

impl Problem {
    /// Where in a rule it stands, in a message filter too; `None` where no part of the rule is known
    /// to be it.
    pub(super) fn place(&self, rule: &Rule, world: &World) -> Option<Origin> {
        let Self::Number { name, value } = self else {
            return None;
        };
        let mut filters = rule.filters.iter();
        let filter = filters.find(|one| asks(&one.filter, name, *value, world));
        let filter = filter.and_then(|one| one.origin);
        filter.or_else(|| {
            rule.modifiers.iter().find_map(|one| match &one.argument {
                Some(ModifierArgument::Integer(number)) => {
                    let is_it = number == value && world.modifier(one.modifier).name == *name;
                    rule.origin.filter(|_| is_it)
                }
                Some(ModifierArgument::MessageFilter(rules)) => {
                    rules.iter().find_map(|rule| self.place(rule, world))
                }
                _ => None,
            })
        })
    }
}

/// Whether a filter asks a value for a number.
fn asks(filter: &Filter, name: &str, value: i64, world: &World) -> bool {
    match filter {
        Filter::Test(test) => {
            let is_it = match test.argument {
                Argument::Integer(number) => number == value,
                Argument::Bits(bits) => i64::try_from(bits).unwrap_or(i64::MAX) == value,
                _ => false,
            };
            is_it && world.filter(test.filter).name == name
        }
        Filter::Any(inner) | Filter::All(inner) => {
            inner.iter().any(|one| asks(one, name, value, world))
        }
        Filter::Not(inner) => asks(inner, name, value, world),
    }
}

/// What does not fit into a compiled profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A number beyond the 16 bits that a node has for it.
    #[error("the value {value} of `{name}` does not fit into 16 bits: it must be from 0 to 65535")]
    Number {
        /// The filter or modifier.
        name: String,
        /// The value.
        value: i64,
    },
    /// A regular expression or a pattern beyond the 16 bits of a length.
    #[error("a pattern of `{filter}` takes {bytes} bytes; at most 65535 are possible")]
    PatternTooLong {
        /// The filter.
        filter: String,
        /// What it would take.
        bytes: usize,
    },
    /// A string beyond the 16 bits of a length.
    #[error("a string of {0} bytes; at most 65534 are possible")]
    TextTooLong(usize),
    /// More literals than their 16-bit references reach.
    #[error("the literals of the profile take more than 512 KiB, which nodes cannot refer to")]
    TooManyLiterals,
    /// More nodes than 16 bits count.
    #[error("the profile needs {0} nodes; at most 65535 are possible")]
    TooManyNodes(usize),
    /// More regular expressions or message filters than 16 bits count.
    #[error("more than 65535 regular expressions or message filters")]
    TooManyEntries,
    /// More modifiers with arguments on one rule than 8 bits count.
    #[error("a rule with {0} modifiers that have arguments; at most 255 are possible")]
    TooManyModifiers(usize),
    /// A message filter that filters messages again.
    #[error("a message filter within a message filter cannot be compiled")]
    NestedMessageFilter,
    /// A number of a filter, a modifier or an operation that has no place in a node.
    #[error("`{0}` has a number that does not fit into a node")]
    Vocabulary(String),
    /// An argument that the filter's kind does not store.
    #[error("the argument of `{0}` is not of a kind that is compiled")]
    Argument(String),
    /// A world without op table, or with one that is too long.
    #[error("the world has {0} operations; a compiled profile has 1 to 255")]
    Operations(usize),
}
