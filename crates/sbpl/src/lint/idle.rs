//! Filters that decide nothing, by the policy graph, gathered by rule.

use std::collections::BTreeMap;

use lapbelt_policy::filter::Argument;
use lapbelt_policy::graph::{Idle, IdleFilter, Source, idle};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Rule, RuleRef};
use lapbelt_policy::world::OperationId;

use super::context::{Context, each_test};
use super::finding::Finding;

/// A filter of a rule that decides nothing for any of the rule's operations, or a rule of which
/// that is so as a whole.
pub(super) struct IdlePart<'a> {
    pub(super) rule: &'a Rule,
    /// The filter's place; the rule's if none of its filters decides anything.
    pub(super) origin: Origin,
    pub(super) is_whole: bool,
    /// Why, for each operation.
    pub(super) whys: Vec<Idle>,
}

impl IdlePart<'_> {
    /// What decides instead, once each.
    pub(super) fn sources(&self) -> Vec<Source> {
        let mut all: Vec<Source> = self
            .whys
            .iter()
            .flat_map(|why| match why {
                Idle::Impossible => &[][..],
                Idle::Shadowed(sources) | Idle::Redundant(sources) => sources,
            })
            .copied()
            .collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether what it matches is decided before it is asked, some of it the other way.
    pub(super) fn is_overruled(&self, context: &Context<'_>) -> bool {
        let shadowed = |why: &Idle| matches!(why, Idle::Shadowed(_));
        self.whys.iter().all(shadowed)
            && self.sources().iter().any(|source| match source {
                Source::Rule(reference) => {
                    context.rules()[reference.rule as usize].action != self.rule.action
                }
                Source::Implied(_) | Source::OwnDefault(_) => false,
            })
    }

    /// Whether it speaks of something that is filled in later: a template's variable, a parameter
    /// that was not given.
    pub(super) fn has_stand_in(&self) -> bool {
        let mut found = false;
        for filter in &self.rule.filters {
            if !self.is_whole && filter.origin != Some(self.origin) {
                continue;
            }
            each_test(&filter.filter, &mut |test| {
                if let Argument::Pattern(pattern) = &test.argument {
                    let text = match pattern {
                        Pattern::Literal(text) | Pattern::Prefix(text) | Pattern::Subpath(text) => {
                            text.as_slice()
                        }
                        Pattern::Regex(regex) => regex.source(),
                    };
                    let inner = text.strip_suffix(b"$").unwrap_or(text);
                    found |= inner.contains(&b'$');
                }
            });
        }
        found
    }

    /// "This rule" or "this filter".
    pub(super) fn name(&self) -> &'static str {
        if self.is_whole {
            "this rule"
        } else {
            "this filter"
        }
    }
}

/// All idle parts of rules in the linted text, a rule that is idle as a whole as one, and the
/// operations for which that cannot be said.
pub(super) fn idle_parts<'a>(context: &Context<'a>) -> (Vec<IdlePart<'a>>, Vec<OperationId>) {
    let Some(policy) = context.policy() else {
        return (Vec::new(), Vec::new());
    };
    let found = idle(policy, context.world);
    let mut by_filter: BTreeMap<RuleRef, Vec<IdleFilter>> = BTreeMap::new();
    for one in found.filters {
        by_filter.entry(one.rule).or_default().push(one);
    }
    let mut parts = Vec::new();
    for (at, rule) in policy.rules.iter().enumerate() {
        let Some(place) = context.place(rule) else {
            continue;
        };
        let filters = match rule.filters.len() as u32 {
            0 => vec![None],
            many => (0..many).map(Some).collect(),
        };
        // Idle for every operation that the rule names.
        let whys: Vec<(Option<u32>, Vec<Idle>)> = filters
            .iter()
            .filter_map(|filter| {
                let reference = RuleRef {
                    rule: at as u32,
                    filter: *filter,
                };
                let idle = by_filter.get(&reference)?;
                let every = rule
                    .operations
                    .iter()
                    .all(|operation| idle.iter().any(|one| one.operation == *operation));
                every.then(|| (*filter, idle.iter().map(|one| one.why.clone()).collect()))
            })
            .collect();
        if whys.len() == filters.len() {
            parts.push(IdlePart {
                rule,
                origin: place,
                is_whole: true,
                whys: whys.into_iter().flat_map(|(_, whys)| whys).collect(),
            });
            continue;
        }
        for (filter, whys) in whys {
            let filter = filter.and_then(|at| rule.filters[at as usize].origin);
            if let Some(origin) = filter.filter(|origin| origin.source == context.main()) {
                parts.push(IdlePart {
                    rule,
                    origin,
                    is_whole: false,
                    whys,
                });
            }
        }
    }
    // What is made in a loop counts only if it is idle each time.
    let made = |origin: Origin| {
        let rules = policy.rules.iter();
        rules.filter(|rule| rule.origin == Some(origin)).count()
    };
    let idle: Vec<Origin> = parts.iter().map(|part| part.origin).collect();
    parts.retain(|part| {
        let times = part.rule.origin.map_or(1, made);
        idle.iter().filter(|origin| **origin == part.origin).count() >= times
    });
    (parts, found.undecided)
}

/// Labels the first few rules that decide instead.
pub(super) fn label_sources(context: &Context<'_>, part: &IdlePart<'_>, finding: &mut Finding) {
    let places = part
        .sources()
        .into_iter()
        .filter_map(|source| match source {
            Source::Rule(reference) => {
                let rule = &context.rules()[reference.rule as usize];
                let filter = reference
                    .filter
                    .and_then(|at| rule.filters[at as usize].origin);
                filter.or(rule.origin)
            }
            Source::Implied(_) | Source::OwnDefault(_) => None,
        });
    let mut places: Vec<Origin> = places.collect();
    places.dedup();
    for origin in places.into_iter().take(3) {
        finding.label(Some(origin), "decided here");
    }
}
