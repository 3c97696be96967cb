//! What a run left of what it made, to tell a person what a smaller profile changes of it although
//! the run succeeds: a compiler may well ignore that it cannot make its output executable.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::Policy;

/// The part of a mode that is permissions (chmod(2)).
const PERMISSIONS: u32 = 0o7777;

/// Files and folders that a run made, as they were after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made(BTreeMap<PathBuf, State>);

/// What is compared; contents may differ with the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    mode: u32,
    is_empty: bool,
}

impl Made {
    /// Those of some paths at which there is something now.
    pub(crate) fn at<'p>(paths: impl Iterator<Item = &'p Path>) -> Self {
        let state = |path: &Path| {
            let meta = fs::symlink_metadata(path).ok()?;
            let state = State {
                mode: meta.mode(),
                is_empty: meta.is_file() && meta.size() == 0,
            };
            Some((path.to_path_buf(), state))
        };
        Self(paths.filter_map(state).collect())
    }

    /// What a later run left otherwise, a phrase each. What the later run did not make is told only
    /// if its name is `steady`, as others differ from run to run.
    pub(crate) fn compare(&self, later: &Self, steady: impl Fn(&Path) -> bool) -> Vec<String> {
        let is_gone = |path: &Path| self.0.contains_key(path) && !later.0.contains_key(path);
        let phrase = |(path, before): (&PathBuf, &State)| {
            let shown = path.display();
            let Some(after) = later.0.get(path) else {
                let is_first = !path.parent().is_some_and(is_gone);
                return (is_first && steady(path)).then(|| format!("no {shown}"));
            };
            let (old, new) = (before.mode & PERMISSIONS, after.mode & PERMISSIONS);
            if before.mode ^ old != after.mode ^ new {
                Some(format!("{shown} as another kind of file"))
            } else if before.is_empty != after.is_empty {
                let which = if after.is_empty { "empty" } else { "not empty" };
                Some(format!("{shown} {which}"))
            } else if old != new {
                Some(format!("{shown} with mode {new:04o} instead of {old:04o}"))
            } else {
                None
            }
        };
        self.0.iter().filter_map(phrase).collect()
    }
}

/// Whether a policy names a path, and no pattern in its place.
pub(crate) fn is_named(policy: &Policy, path: &Path) -> bool {
    let path = path.as_os_str().as_bytes();
    let mut filters = policy.rules.iter().flat_map(|rule| &rule.filters);
    filters.any(|one| names(&one.filter, path))
}

fn names(filter: &Filter, path: &[u8]) -> bool {
    match filter {
        Filter::Any(parts) | Filter::All(parts) => parts.iter().any(|part| names(part, path)),
        Filter::Not(inner) => names(inner, path),
        Filter::Test(test) => {
            matches!(&test.argument, Argument::Pattern(Pattern::Literal(name)) if name == path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_run_left_otherwise_is_told() {
        let state = |kind, is_empty| State {
            mode: kind,
            is_empty,
        };
        let file = |mode: u32, is_empty| state(0o100_000 | mode, is_empty);
        let of = |states: &[(&str, State)]| {
            let states = states.iter();
            Made(
                states
                    .map(|(path, state)| ((*path).into(), *state))
                    .collect(),
            )
        };
        let (plain, folder) = (file(0o644, false), state(0o040_755, false));
        let before = of(&[
            ("a", file(0o755, false)),
            ("b", plain),
            ("c", plain),
            ("d", plain),
            ("gone", folder),
            ("gone/file", plain),
            ("tmpAb3xYz", plain),
        ]);
        let after = of(&[
            ("a", plain),
            ("b", file(0o644, true)),
            ("c", folder),
            ("d", plain),
            ("tmpQw9pLm", plain),
        ]);
        let told = before.compare(&after, |path| !path.starts_with("tmpAb3xYz"));
        let wanted = [
            "a with mode 0644 instead of 0755",
            "b empty",
            "c as another kind of file",
            "no gone",
        ];
        assert_eq!(told, wanted);
        assert_eq!(after.compare(&after, |_| true), [""; 0]);
    }
}
