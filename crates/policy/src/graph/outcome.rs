//! What a rule comes to, apart from where it stands.

use crate::rule::{Action, Modifier, ModifierArgument, Rule, RuleFilter};
use crate::world::World;

/// A decision with the modifiers that change anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Allow or deny.
    pub action: Action,
    /// In the order of their numbers, none twice.
    pub modifiers: Vec<Modifier>,
}

impl Outcome {
    /// A decision without modifiers.
    pub fn plain(action: Action) -> Self {
        Self {
            action,
            modifiers: Vec::new(),
        }
    }

    /// What a rule decides. A deny reports by itself and an allow does not, so neither is said.
    pub fn of(rule: &Rule, world: &World) -> Self {
        let said_anyway = match rule.action {
            Action::Allow => "no-report",
            Action::Deny => "report",
        };
        let mut modifiers: Vec<Modifier> = rule
            .modifiers
            .iter()
            .filter(|one| world.modifier(one.modifier).name != said_anyway)
            .map(|one| Modifier {
                modifier: one.modifier,
                argument: one.argument.as_ref().map(without_origins),
            })
            .collect();
        modifiers.sort_by_key(|one| one.modifier);
        modifiers.dedup();
        let flags = |one: &Modifier| {
            let info = world.modifier(one.modifier);
            (info.mask, info.flags)
        };
        let all: Vec<(u32, u32)> = modifiers.iter().map(flags).collect();
        // What another says with more besides.
        modifiers.retain(|one| {
            let (mask, own) = flags(one);
            let more = |(other, says): &(u32, u32)| {
                *other != mask && other & mask == mask && says & mask == own
            };
            mask == 0 || !all.iter().any(more)
        });
        Self {
            action: rule.action,
            modifiers,
        }
    }
}

fn without_origins(argument: &ModifierArgument) -> ModifierArgument {
    let ModifierArgument::MessageFilter(rules) = argument else {
        return argument.clone();
    };
    let plain = |rule: &Rule| Rule {
        filters: rule
            .filters
            .iter()
            .map(|one| RuleFilter {
                filter: one.filter.clone(),
                origin: None,
            })
            .collect(),
        origin: None,
        ..rule.clone()
    };
    ModifierArgument::MessageFilter(rules.iter().map(plain).collect())
}
