//! Profiles of all operations, filters and versions, thrown by dice: among their rules are many that
//! contradict themselves, shadow each other, or come to nothing.

use std::fmt::Debug;

use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{ArgumentKind, FilterInfo, ModifierKind, Operation};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::WORLD;

/// Without end, the same each time.
pub struct Profiles(TestRunner);

/// What the rules of a profile are put together of.
struct Pool {
    operations: Vec<&'static Operation>,
    filters: Vec<&'static FilterInfo>,
    depth: usize,
}

impl Profiles {
    pub fn new() -> Self {
        Self(TestRunner::deterministic())
    }

    /// A number below another.
    fn below(&mut self, end: usize) -> usize {
        let tree = (0..end).new_tree(&mut self.0);
        tree.expect("a number").current()
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    /// Up to so many of some, each once.
    fn some<T: Copy + Debug + 'static>(&mut self, of: &[T], most: usize) -> Vec<T> {
        let count = 1 + self.below(most.min(of.len()));
        let chosen = prop::sample::subsequence(of.to_vec(), count).prop_shuffle();
        let tree = chosen.new_tree(&mut self.0);
        tree.expect("a part of a list").current()
    }

    /// An operation with those near it, or those that the system has rules for.
    fn pool(&mut self) -> Pool {
        let all: Vec<&'static Operation> = WORLD
            .operations()
            .iter()
            .filter(|one| one.in_table)
            .collect();
        let of_system = WORLD.implied().iter().map(|rule| rule.operation);
        let of_system = of_system.chain(WORLD.inferred().iter().map(|rule| rule.operation));
        let of_system: Vec<_> = of_system.collect();
        let first = match self.below(3) {
            0 => WORLD.operation(*self.pick(&of_system)),
            _ => *self.pick(&all),
        };
        let behind = std::iter::successors(Some(first), |one| Some(WORLD.operation(one.parent?)));
        let beside = all.iter().copied().filter(|one| one.parent == first.parent);
        let near: Vec<&'static Operation> = behind.chain(beside.take(6)).collect();
        let operations = self.some(&near, 5);
        let fits = |filter: &&FilterInfo| {
            let mut operations = operations.iter();
            let is_plain = !filter.name.starts_with('%');
            is_plain && operations.all(|one| one.categories.contains(&filter.category))
        };
        let filters: Vec<&'static FilterInfo> = WORLD.filters().iter().filter(fits).collect();
        let depth = self.below(4);
        Pool {
            filters: self.some(&filters, 4),
            operations,
            depth,
        }
    }

    fn test(&mut self, pool: &Pool) -> String {
        if self.below(8) == 0 {
            return format!("(require-entitlement \"e{}\")", self.below(2));
        }
        let filter = *self.pick(&pool.filters);
        let name = &filter.name;
        let number = 1 + self.below(4);
        match filter.kind {
            _ if name == "path" => {
                let form = *self.pick(&["literal", "subpath", "prefix"]);
                format!("({form} \"/{number}\")")
            }
            ArgumentKind::PathPattern => format!("({name} \"/{number}\")"),
            ArgumentKind::Pattern | ArgumentKind::Text => format!("({name} \"x{number}\")"),
            ArgumentKind::Integer | ArgumentKind::Bits => format!("({name} {number})"),
            ArgumentKind::Bool => format!("({name})"),
            ArgumentKind::Network => format!("({name} tcp \"*:{number}\")"),
        }
    }

    fn filter(&mut self, pool: &Pool, depth: usize) -> String {
        let form = *self.pick(&["", "", "any", "all", "not", "idle"]);
        let Some(inner) = depth.checked_sub(1).filter(|_| !form.is_empty()) else {
            return self.test(pool);
        };
        let other = self.filter(pool, inner);
        match form {
            "not" => format!("(require-not {other})"),
            "idle" => {
                let one = self.test(pool);
                let form = *self.pick(&["any", "all"]);
                format!("(require-{form} {other} {one} (require-not {one}))")
            }
            _ => format!("(require-{form} {other} {})", self.filter(pool, inner)),
        }
    }

    fn rule(&mut self, pool: &Pool) -> String {
        let action = *self.pick(&[Action::Allow, Action::Deny]);
        let operations = self.some(&pool.operations, 3);
        let names: Vec<&str> = operations.iter().map(|one| one.name.as_str()).collect();
        let filters: Vec<String> = (0..self.below(4))
            .map(|_| self.filter(pool, pool.depth))
            .collect();
        let modifiers = WORLD.modifiers().iter().filter(|one| {
            let takes = match action {
                Action::Allow => one.on_allow,
                Action::Deny => one.on_deny,
            };
            takes && one.only.is_empty() && one.kind == ModifierKind::Flag
        });
        let modifiers: Vec<_> = modifiers.collect();
        let with = match self.below(6) {
            0 => format!(" (with {})", self.pick(&modifiers).name),
            _ => String::new(),
        };
        let action = match action {
            Action::Allow => "allow",
            Action::Deny => "deny",
        };
        format!("({action} {} {}{with})", names.join(" "), filters.join(" "))
    }
}

impl Iterator for Profiles {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let pool = self.pool();
        let version = *self.pick(&[1, 1, 1, 2, 3]);
        let default = *self.pick(&["(deny default)", "(allow default)", ""]);
        let rules: Vec<String> = (0..=self.below(5)).map(|_| self.rule(&pool)).collect();
        Some(format!("(version {version}){default}{}", rules.concat()))
    }
}
