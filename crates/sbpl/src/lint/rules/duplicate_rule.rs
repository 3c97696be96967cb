//! The same rule twice.

use std::collections::HashMap;

use lapbelt_policy::rule::Rule;

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB403",
    name: "duplicate-rule",
    title: "the same rule stands in the profile twice",
    level: Level::Note,
    explanation: "The second one decides nothing that the first does not. Where a rule that decides \
        the other way stands between the two, the second does matter and nothing is found.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr/lib\"))\n\
         (allow sysctl-read)\n(allow file-read* (subpath \"/usr/lib\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr/lib\"))\n\
         (allow sysctl-read)\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let rules = context.rules();
    // The rules so far that start alike.
    let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
    for (at, rule) in rules.iter().enumerate() {
        let Some(origin) = context.place(rule) else {
            continue;
        };
        let start = rule.filters.first().map(|one| &one.filter);
        let before = alike.entry((&rule.operations, start)).or_default();
        let earlier = before.iter().rfind(|other| same(rule, &rules[**other]));
        let earlier = earlier.copied();
        before.push(at);
        let Some(earlier) = earlier.filter(|at| rules[*at].origin != rule.origin) else {
            continue;
        };
        let contested = rules[earlier..at].iter().any(|between| {
            between.action != rule.action
                && between
                    .operations
                    .iter()
                    .any(|o| rule.operations.contains(o))
        });
        if contested {
            continue;
        }
        let form = context
            .only_form(rule)
            .filter(|form| context.tree.is_top_level(*form));
        out.at(origin, "this rule stands in the profile already")
            .label(rules[earlier].origin, "here")
            .fix(
                "take it out",
                Effect::Keeps,
                form.map(|form| context.removal(form)),
            );
    }
}

fn same(one: &Rule, other: &Rule) -> bool {
    let filters = |rule: &Rule| rule.filters.len();
    one.action == other.action
        && one.operations == other.operations
        && one.modifiers == other.modifiers
        && filters(one) == filters(other)
        && (one.filters.iter().zip(&other.filters)).all(|(a, b)| a.filter == b.filter)
}
