//! Expressions that may match anywhere.

use lapbelt_policy::rule::Action;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::regex_signs::signs;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB302",
    name: "regex-unanchored",
    title: "a regular expression in an allow rule that is not anchored at its start",
    level: Level::Warning,
    explanation: "Expressions are searched for, not matched from the start: `/cache/` allows every \
        path with such a folder anywhere in it, also one that a program makes for the purpose. \
        Start it with `^`. Where anywhere is meant, say so with `^.*`. In a deny rule wide is \
        safe, and nothing is found.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-write* (regex #\"/cache/[0-9]+$\"))\n",
        "(version 1)\n(deny default)\n(allow file-write* (regex #\"^/opt/tool/cache/[0-9]+$\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        let is_path = context.world.filter(leaf.test.filter).name == "path";
        let allows = leaf.rule.action == Action::Allow;
        let expression = leaf.regex().filter(|_| is_path && allows);
        let Some(source) = expression.filter(|_| !is_negated(leaf)) else {
            continue;
        };
        let branches = branches(source);
        let open = |branch: &&str| {
            let start = branch.trim_start_matches('(');
            !start.starts_with('^') && !start.starts_with(".*") && !start.starts_with(".+")
        };
        if let Some(branch) = branches.iter().copied().find(open) {
            let message = if branches.len() > 1 {
                format!("the branch `{branch}` matches anywhere in a path")
            } else {
                "this expression matches anywhere in a path".to_owned()
            };
            out.at(leaf.origin, message)
                .help("start it with `^` and the folder that is meant; `^.*` says anywhere");
        }
    }
}

/// A filter in `require-not` or beside another that bounds it: its width is not the rule's.
fn is_negated(leaf: &crate::lint::leaf::Leaf<'_>) -> bool {
    let direct = leaf.rule.filters.iter().any(|filter| match &filter.filter {
        lapbelt_policy::filter::Filter::Test(test) => test == leaf.test,
        lapbelt_policy::filter::Filter::Any(parts) => parts.iter().any(
            |part| matches!(part, lapbelt_policy::filter::Filter::Test(test) if test == leaf.test),
        ),
        _ => false,
    });
    !direct
}

/// The alternatives at the top of an expression.
fn branches(source: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for sign in signs(source).iter().filter(|sign| sign.is_plain()) {
        match sign.c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                found.push(&source[start..sign.at]);
                start = sign.at + 1;
            }
            _ => {}
        }
    }
    found.push(&source[start..]);
    found
}
