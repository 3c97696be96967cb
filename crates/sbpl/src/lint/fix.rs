//! Applying fixes, each checked before it is kept.

use std::collections::BTreeMap;

use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::graph::{Inclusion, includes, lower};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Modifier, Policy, Rule};
use lapbelt_policy::world::{OperationId, World};

use super::finding::{Effect, Finding, Fix};
use super::plain_regex::plain;
use super::{Subject, lint};
use crate::{Imports, Source};

/// A fix that was tried.
#[derive(Clone, Debug)]
pub struct Tried {
    /// What was found.
    pub finding: Finding,
    /// Why the fix was not kept; `None` if it was.
    pub refused: Option<Refusal>,
}

/// Why a fix was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The text is not what the finding saw any more.
    #[error("another fix already changed this place")]
    Overlaps,
    /// There is no meaning to compare.
    #[error("the profile does not evaluate, so that the fix cannot be checked")]
    Unchecked,
    /// The mended text has an error that the text did not have.
    #[error("the profile would not evaluate any more")]
    Breaks,
    /// What should stay as it is would change.
    #[error("it would change what the profile means")]
    ChangesMeaning,
}

/// A text with the fixes that were asked for.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The mended text.
    pub text: String,
    /// What was tried: what was kept, round by round, and what the last round refused; in each the
    /// last place first, in the text as it then was.
    pub tried: Vec<Tried>,
}

/// Most rounds of fixes: what one round changes shows the next what to mend.
const ROUNDS: usize = 16;

/// Applies the fixes that `wanted` asks for, again and again until none is left that can be kept.
/// Each is kept only if the text still evaluates and means what it should: the same as before for a
/// fix that [keeps](Effect::Keeps) the meaning, the same in all rules that it does not touch for one
/// that [changes](Effect::Changes) it.
pub fn fix(
    source: &Source<'_>,
    params: &BTreeMap<String, String>,
    imports: &dyn Imports,
    world: &World,
    wanted: impl Fn(&Finding) -> bool,
) -> Fixed {
    let mut fixed = Fixed {
        text: source.text.to_owned(),
        tried: Vec::new(),
    };
    for _ in 0..ROUNDS {
        let named = Source {
            name: source.name,
            text: &fixed.text,
        };
        let round = round(&named, params, imports, world, &wanted);
        let is_done = round.text == fixed.text;
        fixed.text = round.text;
        // What was refused is tried again in the next round.
        fixed.tried.retain(|tried| tried.refused.is_none());
        fixed.tried.extend(round.tried);
        if is_done {
            break;
        }
    }
    fixed
}

/// Tries each fix of what is found in a text once, from its end to its start.
fn round(
    source: &Source<'_>,
    params: &BTreeMap<String, String>,
    imports: &dyn Imports,
    world: &World,
    wanted: &impl Fn(&Finding) -> bool,
) -> Fixed {
    let mut before = Subject::examine(source, params, imports, world);
    let mut findings = lint(&before, world);
    findings.retain(|finding| finding.fix.is_some() && wanted(finding));
    findings.sort_by_key(|finding| finding.fix.as_ref().map(|fix| fix.edit.start));
    let mut fixed = Fixed {
        text: source.text.to_owned(),
        tried: Vec::new(),
    };
    let mut untouched = source.text.len();
    for finding in findings.into_iter().rev() {
        let Some(fix) = &finding.fix else { continue };
        let refused = if fix.edit.end > untouched {
            Some(Refusal::Overlaps)
        } else {
            let mut text = fixed.text.clone();
            text.replace_range(fix.edit.start..fix.edit.end, &fix.edit.text);
            let named = Source {
                name: source.name,
                text: &text,
            };
            let after = Subject::examine(&named, params, imports, world);
            let verdict = judge(&before, &after, fix, world);
            if verdict.is_none() {
                untouched = fix.edit.start;
                (fixed.text, before) = (text, after);
            }
            verdict
        };
        fixed.tried.push(Tried { finding, refused });
    }
    fixed
}

/// What speaks against a fix.
fn judge(before: &Subject, after: &Subject, fix: &Fix, world: &World) -> Option<Refusal> {
    if !after.parse.errors().is_empty() {
        return Some(Refusal::Breaks);
    }
    if before.policy.is_none() && fix.effect == Effect::Keeps {
        return Some(Refusal::Unchecked);
    }
    let Some(new) = &after.policy else {
        return Some(Refusal::Breaks);
    };
    let lost = |before: bool, after: bool| before && !after;
    if lost(before.is_whole(), after.is_whole()) {
        return Some(Refusal::Breaks);
    }
    let same = match (&before.policy, fix.effect) {
        (Some(old), Effect::Keeps) => means_the_same(old, new, world),
        (Some(old), Effect::Changes) => others_stay(before, old, new, fix),
        // A text without meaning has none to lose.
        (None, effect) => effect == Effect::Changes,
    };
    (!same).then_some(Refusal::ChangesMeaning)
}

/// A rule without its place, its expressions made plain.
type Meaning = (
    lapbelt_policy::rule::Action,
    Vec<OperationId>,
    Vec<Filter>,
    Vec<Modifier>,
);

fn meaning(rule: &Rule) -> Meaning {
    let mut filters: Vec<Filter> = Vec::new();
    for filter in &rule.filters {
        let filter = made_plain(&filter.filter);
        if !filters.contains(&filter) {
            filters.push(filter);
        }
    }
    let operations = rule.operations.clone();
    (rule.action, operations, filters, rule.modifiers.clone())
}

fn made_plain(filter: &Filter) -> Filter {
    let all = |parts: &[Filter]| parts.iter().map(made_plain).collect();
    match filter {
        Filter::Any(parts) => Filter::Any(all(parts)),
        Filter::All(parts) => Filter::All(all(parts)),
        Filter::Not(inner) => Filter::Not(Box::new(made_plain(inner))),
        Filter::Test(test) => {
            let mut test = test.clone();
            if let Argument::Pattern(Pattern::Regex(regex)) = &test.argument
                && let Some(pattern) = plain(regex)
            {
                test.argument = Argument::Pattern(pattern);
            }
            Filter::Test(test)
        }
    }
}

/// Whether two policies are the same rules, or, where rules went away, decide every request alike
/// and have no rule that the other lacks.
fn means_the_same(old: &Policy, new: &Policy, world: &World) -> bool {
    let (was, is): (Vec<Meaning>, Vec<Meaning>) = (
        old.rules.iter().map(meaning).collect(),
        new.rules.iter().map(meaning).collect(),
    );
    if old.version != new.version {
        return false;
    }
    if was == is {
        return true;
    }
    let (old, new) = (
        lower(&rebuilt(old, &was), world),
        lower(&rebuilt(new, &is), world),
    );
    was.iter()
        .all(|rule| is.contains(rule) || rule.1.is_empty())
        && is.iter().all(|rule| was.contains(rule))
        && includes(&old, &new) == Inclusion::Proven
        && includes(&new, &old) == Inclusion::Proven
}

/// A policy of meanings.
fn rebuilt(policy: &Policy, meanings: &[Meaning]) -> Policy {
    let rules = policy.rules.iter().zip(meanings).map(|(rule, meaning)| {
        let filters = meaning
            .2
            .iter()
            .map(|filter| lapbelt_policy::rule::RuleFilter {
                filter: filter.clone(),
                origin: None,
            });
        Rule {
            filters: filters.collect(),
            ..rule.clone()
        }
    });
    Policy {
        rules: rules.collect(),
        ..policy.clone()
    }
}

/// Whether all rules but those that the fix lies in are the same.
fn others_stay(before: &Subject, old: &Policy, new: &Policy, fix: &Fix) -> bool {
    let touched = |origin: Option<Origin>| {
        origin.is_some_and(|origin| {
            origin.source == before.main
                && (origin.start as usize) < fix.edit.end.max(fix.edit.start + 1)
                && (origin.end as usize) > fix.edit.start
        })
    };
    old.version == new.version
        && old.rules.len() == new.rules.len()
        && old
            .rules
            .iter()
            .zip(&new.rules)
            .all(|(old, new)| touched(old.origin) || meaning(old) == meaning(new))
}
