//! Asking a profile about places and operations that matter, on the policy graph, so that later
//! denials and rules of members count.

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::ask::ask;
use lapbelt_policy::decide::{Decider, Verdict};
use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::{Action, Rule};

use super::context::Context;

/// Most homes that are asked about.
const HOMES: usize = 4;

/// A profile being asked.
pub(super) struct Probe<'c, 'a> {
    context: &'c Context<'a>,
    decider: &'c Decider,
    homes: Vec<String>,
}

impl<'c, 'a> Probe<'c, 'a> {
    /// `None` if there is no policy to ask.
    pub(super) fn new(context: &'c Context<'a>) -> Option<Self> {
        Some(Self {
            context,
            decider: context.decider()?,
            homes: homes(context),
        })
    }

    /// What is decided of an operation on a target.
    pub(super) fn verdict(&self, operation: &str, target: Option<&str>) -> Option<Verdict> {
        let target = target.map(str::as_bytes);
        let asked = ask(self.context.world, operation, target, &[]).ok()?;
        Some(self.decider.decide(&asked.request()))
    }

    /// The rule that allows it, unless it is one on `default`: what such a profile leaves open is
    /// one finding, not one for each place.
    pub(super) fn allowed_by(&self, operation: &str, target: Option<&str>) -> Option<u32> {
        let verdict = self.verdict(operation, target)?;
        match verdict.source {
            Source::Rule(reference) if verdict.action == Action::Allow => {
                let root = self.context.world.root();
                let rule = self.rule(reference.rule);
                (!rule.operations.contains(&root)).then_some(reference.rule)
            }
            _ => None,
        }
    }

    pub(super) fn rule(&self, index: u32) -> &'a Rule {
        &self.context.rules()[index as usize]
    }

    /// For each rule that allows one of the operations on one of the places, what the places are.
    /// A place that starts with `~` is asked below every home.
    pub(super) fn open(
        &self,
        operations: &[&str],
        places: &[(&'static str, &'static str)],
    ) -> BTreeMap<u32, BTreeSet<&'static str>> {
        let mut found: BTreeMap<u32, BTreeSet<&'static str>> = BTreeMap::new();
        for (place, what) in places {
            for path in self.paths(place) {
                for operation in operations {
                    if let Some(rule) = self.allowed_by(operation, Some(&path)) {
                        found.entry(rule).or_default().insert(what);
                    }
                }
            }
        }
        found
    }

    /// Whether a rule lets everything be written or run, wherever it is.
    pub(super) fn is_everywhere(&self, rule: u32, operation: &str) -> bool {
        [
            "/lapbelt-sample",
            "/opt/lapbelt/sample",
            "/usr/libexec/lapbelt-sample",
        ]
        .iter()
        .all(|path| self.allowed_by(operation, Some(path)) == Some(rule))
    }

    fn paths(&self, place: &str) -> Vec<String> {
        match place.strip_prefix('~') {
            Some(below) => self
                .homes
                .iter()
                .map(|home| format!("{home}{below}"))
                .collect(),
            None => vec![place.to_owned()],
        }
    }
}

/// Homes that the profile or its parameters name, and one that nobody does.
fn homes(context: &Context<'_>) -> Vec<String> {
    let mut homes: BTreeSet<String> = BTreeSet::new();
    let paths = context.leaves().iter().filter_map(|leaf| leaf.path());
    let params = context.subject.params.values().map(String::as_bytes);
    for path in paths.chain(params) {
        let Some(below) = path.strip_prefix(b"/Users/") else {
            continue;
        };
        let name = below.split(|byte| *byte == b'/').next().unwrap_or_default();
        if let Ok(name) = std::str::from_utf8(name)
            && !name.is_empty()
            && name != "Shared"
        {
            homes.insert(format!("/Users/{name}"));
        }
    }
    let mut homes: Vec<String> = homes.into_iter().take(HOMES - 1).collect();
    homes.push("/Users/lapbelt-sample".to_owned());
    homes
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
