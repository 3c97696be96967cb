//! Lints: what a careful reader would say about a profile that is not simply an error.
//!
//! [`Subject::examine`] evaluates a text, as far as it can be, [`lint`] looks at the subject, and
//! [`mod@fix`] applies what can be mended by a machine. [`LINTS`] is the one table of all lints; each
//! has a file of its own below `rules`.

mod context;
mod cover;
mod example;
mod explain;
mod finding;
pub mod fix;
mod idle;
mod leaf;
mod plain_regex;
mod probe;
mod regex_signs;
mod rules;
mod sizes;
mod subject;
mod suppress;
mod tree;

pub use example::Example;
pub use explain::{markdown, text};
pub use finding::{Edit, Effect, Finding, Fix, Level};
pub use rules::LINTS;
pub use sizes::{PatternBytes, Sizes};
pub use subject::Subject;

use context::Context;
use finding::Sink;
use lapbelt_policy::world::World;

/// One lint: what it is called, what it says, how it looks.
#[derive(Debug)]
pub struct Lint {
    /// Stable, such as `LB201`; never used again for something else.
    pub code: &'static str,
    /// A name that says it, such as `path-alias`.
    pub name: &'static str,
    /// One line without a full stop.
    pub title: &'static str,
    /// How bad its findings are, unless a finding says otherwise.
    pub level: Level,
    /// Why it matters and what to do, in a few sentences.
    pub explanation: &'static str,
    /// A profile that it finds, and the profile mended.
    pub example: Example,
    check: fn(&Context<'_>, &mut Sink),
}

impl Lint {
    /// The lint of a code or a name.
    pub fn named(word: &str) -> Option<&'static Self> {
        LINTS
            .iter()
            .copied()
            .find(|lint| lint.code.eq_ignore_ascii_case(word) || lint.name == word)
    }
}

/// Everything that the lints find in the subject's own text, in the order of the text. What lies in
/// an imported text is left to a run over that text.
pub fn lint(subject: &Subject, world: &World) -> Vec<Finding> {
    let context = Context::new(subject, world);
    let mut findings = Vec::new();
    for lint in LINTS {
        if context.is_readable() || lint.code == rules::DOES_NOT_EVALUATE {
            let mut sink = Sink::new(lint, context.main());
            (lint.check)(&context, &mut sink);
            findings.extend(sink.findings);
        }
    }
    drop_consequences(&mut findings);
    suppress::apply(&context, &mut findings);
    findings.sort_by(|a, b| {
        (a.origin, a.lint.code, &a.message).cmp(&(b.origin, b.lint.code, &b.message))
    });
    findings.dedup_by(|a, b| is_same_place(a, b) && a.message == b.message);
    sum_up(&mut findings);
    findings
}

/// Most findings of one lint at one place that are told one by one.
const TOLD: usize = 3;

fn is_same_place(one: &Finding, other: &Finding) -> bool {
    one.lint.code == other.lint.code && one.origin == other.origin
}

/// A rule in a loop can have hundreds of findings at one place: one stands for all.
fn sum_up(findings: &mut Vec<Finding>) {
    let mut told: Vec<Finding> = Vec::new();
    let mut rest = std::mem::take(findings).into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut same = vec![first];
        while let Some(next) = rest.next_if(|next| is_same_place(&same[0], next)) {
            same.push(next);
        }
        if same.len() > TOLD {
            let more = same.len() - 1;
            same.truncate(1);
            same[0]
                .message
                .push_str(&format!(" (and {more} more here)"));
        }
        told.append(&mut same);
    }
    *findings = told;
}

/// A path that no request has makes its rule dead as well, and a copy is redundant: one finding is
/// enough.
fn drop_consequences(findings: &mut Vec<Finding>) {
    let causes: Vec<_> = findings
        .iter()
        .filter(|finding| rules::CAUSES.contains(&finding.lint.code))
        .map(|finding| finding.origin)
        .collect();
    findings.retain(|finding| {
        let of = |origin: &lapbelt_policy::origin::Origin| {
            finding.origin.start <= origin.start && origin.end <= finding.origin.end
        };
        !rules::CONSEQUENCES.contains(&finding.lint.code) || !causes.iter().any(of)
    });
}
