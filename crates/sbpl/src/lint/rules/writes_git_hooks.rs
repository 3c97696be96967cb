//! Writing a project's git hooks.

use std::collections::BTreeSet;

use lapbelt_policy::pattern::Pattern;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::Probe;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB505",
    name: "writes-git-hooks",
    title: "a rule lets a project's git hooks be written",
    level: Level::Note,
    explanation: "A writable working copy includes .git/hooks and .git/config, and git runs both \
        outside the sandbox the next time its user commits or looks at the diff. Deny \
        `.git/hooks` and `.git/config` after the allow if the program inside need not make \
        commits' hooks. Only folders below a home or given by a parameter are asked about.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/Users/me/project\"))\n",
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/Users/me/project\"))\n\
         (deny file-write* (regex #\"^/Users/me/project/.*/?\\.git/(hooks|config)(/|$)\")\n    \
         (subpath \"/Users/me/project/.git/hooks\") (literal \"/Users/me/project/.git/config\"))\n",
    ),
    check,
};

/// Folders of a home that hold no projects.
const NO_PROJECTS: &[&str] = &[
    "/Library",
    "/.",
    "/Applications",
    "/Pictures",
    "/Music",
    "/Public",
];

/// What parameters for the folder of a project are called.
const PROJECT_WORDS: &[&str] = &[
    "WORK", "PROJECT", "TARGET", "REPO", "SOURCE", "SRC", "CWD", "PWD",
];

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    let mut said = BTreeSet::new();
    for leaf in context.leaves() {
        let Some(Pattern::Subpath(folder)) = leaf.pattern() else {
            continue;
        };
        let Ok(folder) = std::str::from_utf8(folder) else {
            continue;
        };
        if !is_project(folder) {
            continue;
        }
        let hook = format!("{}/.git/hooks/post-checkout", folder.trim_end_matches('/'));
        if let Some(rule) = probe.allowed_by("file-write-create", Some(&hook))
            && probe.rule(rule).origin == leaf.rule.origin
            && said.insert(rule)
        {
            out.at(
                leaf.origin,
                format!("`{folder}/.git/hooks` may be written, and git runs what is there"),
            )
            .help("deny `.git/hooks` and `.git/config` by a later rule on the same operation");
        }
    }
}

/// Below a home and not one of its folders for other things, or given by a parameter that is called
/// so.
fn is_project(folder: &str) -> bool {
    let parameter = folder
        .strip_prefix("/${")
        .and_then(|rest| rest.strip_suffix('}'));
    let given = parameter.is_some_and(|name| {
        let name = name.to_ascii_uppercase();
        PROJECT_WORDS.iter().any(|word| name.contains(word))
    });
    let below = folder
        .strip_prefix("/Users/")
        .and_then(|rest| rest.split_once('/'));
    given
        || below.is_some_and(|(_, rest)| {
            let rest = format!("/{rest}");
            !folder.starts_with("/Users/Shared")
                && !NO_PROJECTS.iter().any(|no| rest.starts_with(no))
        })
}
