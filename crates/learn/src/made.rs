//! What a run left of what it made, to tell a person what a smaller profile changes of it although
//! the run succeeds: a compiler may well ignore that it cannot make its output executable.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::Policy;

use crate::summary::shown;

/// The part of a mode that is permissions (chmod(2)).
const PERMISSIONS: u32 = 0o7777;

/// What a run left of what our runs made, and of the files that were there before and that they
/// wrote to or took away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    made: BTreeMap<PathBuf, State>,
    /// `None` for those that are gone.
    earlier: BTreeMap<PathBuf, Option<State>>,
}

/// What is compared; contents may differ with the time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    mode: u32,
    is_empty: bool,
    is_written: bool,
    /// Whether the program set when it was last written to or read.
    has_times: bool,
    /// Where it leads to, if it is a symbolic link.
    target: Option<PathBuf>,
}

impl State {
    /// That of what is at a path after a run that began at `begun`, by the clock of files.
    fn at(path: &Path, begun: SystemTime, has_times: bool) -> Option<Self> {
        let meta = fs::symlink_metadata(path).ok()?;
        Some(Self {
            mode: meta.mode(),
            is_empty: meta.is_file() && meta.size() == 0,
            is_written: meta.modified().is_ok_and(|written| written > begun),
            has_times,
            target: fs::read_link(path).ok(),
        })
    }

    /// What a later run left otherwise.
    fn differs(&self, later: &Self) -> Option<String> {
        let (old, new) = (self.mode & PERMISSIONS, later.mode & PERMISSIONS);
        if self.mode ^ old != later.mode ^ new {
            Some("as another kind of file".to_string())
        } else if let (Some(old), Some(new)) = (&self.target, &later.target)
            && old != new
        {
            Some(format!(
                "leading to {} instead of {}",
                shown(new),
                shown(old)
            ))
        } else if self.is_empty != later.is_empty {
            Some(if later.is_empty { "empty" } else { "not empty" }.to_string())
        } else if old != new {
            Some(format!("with mode {new:04o} instead of {old:04o}"))
        } else if self.is_written && !later.is_written {
            Some("unchanged".to_string())
        } else if self.has_times && !later.has_times {
            Some("without the times that it was given".to_string())
        } else {
            None
        }
    }
}

impl Made {
    /// What there is now at paths that were made, and at those of files that were there before a run
    /// that began at `begun` and set the times of some.
    pub(crate) fn at<'p>(
        made: impl Iterator<Item = &'p Path>,
        earlier: impl Iterator<Item = &'p Path>,
        begun: SystemTime,
        has_times: impl Fn(&Path) -> bool,
    ) -> Self {
        let named = |path: &Path| {
            let state = State::at(path, begun, has_times(path));
            (path.to_path_buf(), state)
        };
        let is_there = |(path, state): (PathBuf, Option<State>)| Some((path, state?));
        Self {
            made: made.map(named).filter_map(is_there).collect(),
            earlier: earlier.map(named).collect(),
        }
    }

    /// What a later run left otherwise, a phrase each. What only one of them made is told only if
    /// its name is `steady`, or if the other made nothing of another name in its place.
    pub(crate) fn compare(&self, later: &Self, steady: impl Fn(&Path) -> bool) -> Vec<String> {
        let is_gone = |path: &Path| self.made.contains_key(path) && !later.made.contains_key(path);
        let made = self.made.iter().filter_map(|(path, before)| {
            let shown = shown(path);
            let Some(after) = later.made.get(path) else {
                let is_first = !path.parent().is_some_and(is_gone);
                return (is_first && steady(path)).then(|| format!("no {shown}"));
            };
            Some(format!("{shown} {}", before.differs(after)?))
        });
        let is_new = |path: &Path| later.made.contains_key(path) && !self.made.contains_key(path);
        let has_like = |path: &Path| {
            let beside = |other: &&PathBuf| other.parent() == path.parent() && !steady(other);
            self.made.keys().any(|other| beside(&other))
        };
        let left = later.made.keys().filter(|path| {
            let is_first = !path.parent().is_some_and(is_new);
            is_new(path) && is_first && (steady(path) || !has_like(path))
        });
        let left = left.map(|path| format!("{} behind", shown(path)));
        let earlier = self.earlier.iter().filter_map(|(path, before)| {
            let shown = shown(path);
            match (before, later.earlier.get(path)?) {
                (None, Some(_)) => Some(format!("{shown} behind")),
                (Some(_), None) => Some(format!("no {shown}")),
                (Some(before), Some(after)) => Some(format!("{shown} {}", before.differs(after)?)),
                (None, None) => None,
            }
        });
        made.chain(left).chain(earlier).collect()
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
        let state = |kind, is_empty, is_written| State {
            mode: kind,
            is_empty,
            is_written,
            has_times: false,
            target: None,
        };
        let timed = |has_times| State {
            has_times,
            ..state(0o100_644, false, true)
        };
        let link = |target: &str| State {
            target: Some(target.into()),
            ..state(0o120_777, false, true)
        };
        let file = |mode: u32, is_empty| state(0o100_000 | mode, is_empty, false);
        let of = |states: &[(&str, State)], earlier: &[(&str, Option<State>)]| Made {
            made: states
                .iter()
                .map(|(p, state)| ((*p).into(), state.clone()))
                .collect(),
            earlier: earlier
                .iter()
                .map(|(p, state)| ((*p).into(), state.clone()))
                .collect(),
        };
        let plain = || file(0o644, false);
        let folder = || state(0o040_755, false, false);
        let written = || state(0o100_644, false, true);
        let before = of(
            &[
                ("a", file(0o755, false)),
                ("b", plain()),
                ("c", plain()),
                ("d", plain()),
                ("gone", folder()),
                ("gone/file", plain()),
                ("link", link("one")),
                ("same", link("one")),
                ("timed", timed(true)),
                ("tmpAb3xYz", plain()),
                ("untimed", timed(false)),
            ],
            &[
                ("e", Some(written())),
                ("f", Some(written())),
                ("g", None),
                ("h", Some(plain())),
                ("i", Some(written())),
            ],
        );
        let after = of(
            &[
                ("a", plain()),
                ("b", file(0o644, true)),
                ("c", folder()),
                ("d", plain()),
                ("left", folder()),
                ("left/file", plain()),
                ("link", link("two")),
                ("same", link("one")),
                ("timed", timed(false)),
                ("tmpQw9pLm", plain()),
                ("place/tmpQw9pLm", plain()),
                ("untimed", timed(true)),
            ],
            &[
                ("e", Some(plain())),
                ("f", Some(written())),
                ("g", Some(plain())),
                ("h", None),
                ("other", Some(plain())),
            ],
        );
        let steady = |path: &Path| !path.display().to_string().contains("tmp");
        let wanted = [
            "a with mode 0644 instead of 0755",
            "b empty",
            "c as another kind of file",
            "no gone",
            "link leading to two instead of one",
            "timed without the times that it was given",
            "left behind",
            "place/tmpQw9pLm behind",
            "e unchanged",
            "g behind",
            "no h",
        ];
        assert_eq!(before.compare(&after, steady), wanted);
        assert_eq!(after.compare(&after, |_| true), [""; 0]);
    }
}
