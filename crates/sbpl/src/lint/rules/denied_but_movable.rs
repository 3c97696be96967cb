//! Denied places that may be moved to where they are not.

use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::Action;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::Probe;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB414",
    name: "denied-but-movable",
    title: "what a rule denies may be renamed to where nothing denies it",
    level: Level::Warning,
    explanation: "A profile decides by the path that a file has now. Who may rename a denied file, \
        or a folder above it, gives it another path, reads or writes it there, and may put it \
        back: `mv ~/.ssh ~/x` undoes a deny of reading ~/.ssh. Renaming asks file-write-unlink of \
        the old path and file-write-create of the new one, for the file or folder that is renamed \
        and not for what is in it. Places that \
        only root renames are left out. Deny file-write-unlink for the place and each folder above it \
        that may be written. The finding is made by asking the profile for each step.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* file-write* (subpath \"/Users/me/project\"))\n\
         (deny file-read* (subpath \"/Users/me/project/keys\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* file-write* (subpath \"/Users/me/project\"))\n\
         (deny file-read* (subpath \"/Users/me/project/keys\"))\n\
         (deny file-write-unlink (literal \"/Users/me/project\")\n    \
         (subpath \"/Users/me/project/keys\"))\n",
    ),
    check,
};

/// What a deny is worth protecting: the denied operation, and what it is called.
const DENIED: &[(&str, &str)] = &[("file-read-data", "read"), ("file-write-data", "written")];

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    for (leaf, path) in context.paths() {
        let inside = match leaf.pattern() {
            Some(Pattern::Literal(_)) => "",
            Some(Pattern::Subpath(_)) => "/lapbelt-sample",
            _ => continue,
        };
        let Ok(path) = std::str::from_utf8(path) else {
            continue;
        };
        if leaf.rule.action != Action::Deny || !leaf.direct || path.len() < 2 || path.ends_with('/')
        {
            continue;
        }
        let file = format!("{path}{inside}");
        for (operation, done) in DENIED {
            let named = context
                .world
                .operation_named(operation)
                .is_some_and(|operation| {
                    let mut named = leaf.rule.operations.iter();
                    named.any(|id| context.world.falls_back_to(operation.id, *id))
                });
            if !named || allows(&probe, operation, &file) {
                continue;
            }
            if let Some(moved) = movable(&probe, operation, path, &file) {
                let (what, help) = if moved == path {
                    (
                        "it".to_owned(),
                        format!("deny `file-write-unlink` of `{path}`"),
                    )
                } else {
                    let help = format!("deny `file-write-unlink` of `{moved}`");
                    (format!("`{moved}` above it"), help)
                };
                let message = format!(
                    "`{path}` may not be {done}, but {what} may be renamed, and then it may be"
                );
                out.at(leaf.origin, message).help(format!(
                    "{help}, and of each folder above that may be written"
                ));
                break;
            }
        }
    }
}

/// Places that only the system's own user may rename anything in, or nobody.
const FIXED: &[&str] = &[
    "/System/",
    "/usr/",
    "/bin/",
    "/sbin/",
    "/dev/",
    "/Library/",
    "/etc/",
    "/var/",
    "/private/etc/",
    "/private/var/run/",
    "/private/var/db/",
    "/private/var/root/",
];

/// Whether anybody else may rename it: the folders at the root, homes and the folders for
/// temporary files as such stay where they are.
fn is_movable(path: &str) -> bool {
    let depth = path.matches('/').count();
    depth > 2
        && path != "/private/var/folders"
        && !FIXED.iter().any(|fixed| path.starts_with(fixed))
}

fn allows(probe: &Probe<'_, '_>, operation: &str, path: &str) -> bool {
    let verdict = probe.verdict(operation, Some(path));
    verdict.is_some_and(|verdict| verdict.action == Action::Allow)
}

/// The denied place or the nearest folder above it that may be renamed so that the file in it can
/// be had.
fn movable<'p>(
    probe: &Probe<'_, '_>,
    operation: &str,
    path: &'p str,
    file: &str,
) -> Option<&'p str> {
    let slashes = path.rmatch_indices('/').map(|(at, _)| at);
    let ends = std::iter::once(path.len()).chain(slashes.filter(|at| *at > 0));
    ends.map(|end| &path[..end])
        .filter(|old| is_movable(old))
        .find(|old| {
            let new = format!("{old}.lapbelt-sample");
            let there = format!("{new}{}", &file[old.len()..]);
            allows(probe, "file-write-unlink", old)
                && allows(probe, "file-write-create", &new)
                && allows(probe, operation, &there)
        })
}
