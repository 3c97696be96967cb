//! Rules on a wildcard that do not reach members with rules of their own.

use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::{Action, Rule};
use lapbelt_policy::world::OperationId;

use crate::lint::context::Context;
use crate::lint::cover::{covers, sample};
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::Probe;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB405",
    name: "wildcard-misses-member",
    title: "a later rule on a wildcard that an earlier rule on a member still beats",
    level: Level::Warning,
    explanation: "\"The last match wins\" holds among the rules of one operation. An operation \
        with rules of its own is decided by them first, and asks its wildcard only when none \
        matches: `(deny file-read*)` after `(allow file-read-data F)` still lets F be read. Name \
        the member in the later rule as well: `(deny file-read* file-read-data)`. The finding is \
        made by deciding a request that shows it.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read-data (subpath \"/Users/me\"))\n\
         (deny file-read* (subpath \"/Users/me/.ssh\"))\n",
        "(version 1)\n(deny default)\n(allow file-read-data (subpath \"/Users/me\"))\n\
         (deny file-read* file-read-data (subpath \"/Users/me/.ssh\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    let rules = context.rules();
    let root = context.world.root();
    for (at, wide) in rules.iter().enumerate() {
        let Some(origin) = context.place(wide) else {
            continue;
        };
        for operation in wide.operations.iter().filter(|o| **o != root) {
            let beaten = rules[..at]
                .iter()
                .enumerate()
                .rev()
                .find_map(|(index, narrow)| {
                    let member = beaten_on(context, wide, *operation, narrow)?;
                    let sample = contested(narrow, wide)?;
                    let target = sample.as_deref().map(String::from_utf8_lossy);
                    let name = context.operation_name(member);
                    let verdict = probe.verdict(name, target.as_deref())?;
                    let decides =
                        matches!(verdict.source, Source::Rule(r) if r.rule as usize == index);
                    decides.then_some((member, narrow, target.map(|t| t.into_owned())))
                });
            let Some((member, narrow, target)) = beaten else {
                continue;
            };
            let (name, wildcard) = (
                context.operation_name(member),
                context.operation_name(*operation),
            );
            let (verb, stays) = match wide.action {
                Action::Deny => ("deny", "allowed"),
                Action::Allow => ("allow", "denied"),
            };
            let target = target.map_or(String::new(), |target| format!(" of `{target}`"));
            let finding = out.at(
                origin,
                format!("this does not {verb} `{name}`{target}: an earlier rule on `{name}` wins over `{wildcard}`"),
            );
            finding
                .label(narrow.origin, format!("{stays} here, and asked first"))
                .help(format!("name `{name}` in this rule as well"));
            let catches_rest = wide.filters.is_empty() && !context.denies_by_default();
            // That whoever runs may see that files are there is mostly meant.
            let only_seen = narrow.filters.is_empty()
                && matches!(name, "file-read-metadata" | "file-test-existence");
            if wide.action == Action::Allow || catches_rest || only_seen {
                finding.level(Level::Note);
            }
            break;
        }
    }
}

/// The operation on which an earlier rule is asked before a later, contrary one on a wildcard.
fn beaten_on(
    context: &Context<'_>,
    wide: &Rule,
    operation: OperationId,
    narrow: &Rule,
) -> Option<OperationId> {
    if narrow.action == wide.action {
        return None;
    }
    let name = |id| context.operation_name(id);
    let stem = name(operation).trim_end_matches('*');
    narrow.operations.iter().copied().find(|member| {
        // Some members are none by name, and nobody expects them to be.
        *member != operation
            && name(*member).starts_with(stem)
            && context.world.falls_back_to(*member, operation)
            && !wide.operations.contains(member)
    })
}

/// A value that both rules speak of, if the reader will see it so: one of the two is within the
/// other. An allow that is only narrowed by an earlier deny is what it should be.
fn contested(narrow: &Rule, wide: &Rule) -> Option<Option<Vec<u8>>> {
    match (narrow.filters.as_slice(), wide.filters.as_slice()) {
        ([], []) => Some(None),
        ([], wide) => wide
            .iter()
            .find_map(|filter| sample(&filter.filter))
            .map(Some),
        (narrow, []) if wide.action == Action::Deny => narrow
            .iter()
            .find_map(|filter| sample(&filter.filter))
            .map(Some),
        (_, []) => None,
        (narrow, many) => narrow.iter().find_map(|one| {
            many.iter().find_map(|other| {
                if covers(&one.filter, &other.filter) {
                    sample(&other.filter).map(Some)
                } else if wide.action == Action::Deny && covers(&other.filter, &one.filter) {
                    sample(&one.filter).map(Some)
                } else {
                    None
                }
            })
        }),
    }
}
