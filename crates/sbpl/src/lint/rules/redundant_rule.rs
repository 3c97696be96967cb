//! Rules that other rules make needless.

use lapbelt_policy::graph::{Idle, Source};

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::idle::{IdlePart, label_sources};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB402",
    name: "redundant-rule",
    title: "a rule or filter that changes no decision, as another rule decides the same",
    level: Level::Note,
    explanation: "Without it every request would be decided as it is, by rules that stand earlier \
        or belong to a more general operation. Decided exactly on the policy graph. A rule that \
        only repeats the default, or an imported rule, is not found: it says something to the \
        reader.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr\"))\n\
         (allow file-read* (subpath \"/usr/lib\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    if !context.subject.missing_imports.is_empty() {
        // What is missing could decide in between.
        return;
    }
    for part in context.idle_parts() {
        let possible = part.whys.iter().all(|why| *why != Idle::Impossible);
        if possible
            && !part.is_overruled(context)
            && by_rules(context, part)
            && !is_copy(context, part)
        {
            let message = format!(
                "{} changes nothing: another rule decides the same",
                part.name()
            );
            label_sources(context, part, out.at(part.origin, message));
        }
    }
}

/// Whether rules of this text do it: what an imported one says may change with the system, and what
/// only repeats a default is said for the reader.
fn by_rules(context: &Context<'_>, part: &IdlePart<'_>) -> bool {
    let root = context.world.root();
    part.sources().iter().all(|source| match source {
        Source::Rule(reference) => {
            let rule = &context.rules()[reference.rule as usize];
            !rule.operations.contains(&root) && context.place(rule).is_some()
        }
        Source::Implied(_) | Source::OwnDefault(_) => false,
    })
}

/// Whether it is the same as a part of what decides, which other lints find.
fn is_copy(context: &Context<'_>, part: &IdlePart<'_>) -> bool {
    part.sources().iter().any(|source| match source {
        Source::Rule(r) => {
            let other = &context.rules()[r.rule as usize];
            let same_filters = part.rule.filters.len() == other.filters.len()
                && (part.rule.filters.iter().zip(&other.filters))
                    .all(|(a, b)| a.filter == b.filter);
            other.origin == part.rule.origin
                || same_filters && other.operations == part.rule.operations
        }
        Source::Implied(_) | Source::OwnDefault(_) => false,
    })
}
