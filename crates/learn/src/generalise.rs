//! Names that differ from run to run, as patterns: temporary names, process ids.
//!
//! A component of a path is a process id below `/proc`, or it varies: it was met in one run only,
//! and another run met a name of the same build in the same place. A rule for one such name would
//! never be used again, so the rule is written for the build.

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;

use crate::atom::Atom;

/// Shortest varying part that is taken for random, in bytes; digits may be shorter.
const RANDOM_FROM: usize = 4;

/// Folders in which any two lone names are taken for temporary ones.
const TEMPORARY: [&[u8]; 4] = [b"/tmp", b"/var/tmp", b"/dev/shm", b"/run/user"];

/// The build of a varying component: what is fixed at its ends, and what stands between.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Build {
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Digits,
    Letters,
    Name,
    Any,
}

impl Class {
    fn of(text: &[u8]) -> Self {
        if text.iter().all(u8::is_ascii_digit) {
            Self::Digits
        } else if text.iter().all(u8::is_ascii_alphanumeric) {
            Self::Letters
        } else if text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(b))
        {
            Self::Name
        } else {
            Self::Any
        }
    }

    fn accepts(self, text: &[u8]) -> bool {
        !text.is_empty() && Self::of(text) <= self
    }

    fn regex(self) -> &'static str {
        match self {
            Self::Digits => "[0-9]+",
            Self::Letters => "[0-9A-Za-z]+",
            Self::Name => "[0-9A-Za-z_.-]+",
            Self::Any => "[^/]+",
        }
    }
}

impl Build {
    /// The build that two names share, if what differs looks made up.
    fn shared(one: &[u8], other: &[u8], temporary: bool) -> Option<Self> {
        let prefix = one.iter().zip(other).take_while(|(a, b)| a == b).count();
        let room = one.len().min(other.len()) - prefix;
        let ends = one.iter().rev().zip(other.iter().rev());
        let suffix = ends.take(room).take_while(|(a, b)| a == b).count();
        let (first, second) = (
            &one[prefix..one.len() - suffix],
            &other[prefix..other.len() - suffix],
        );
        let class = Class::of(first).max(Class::of(second));
        let looks_made_up = match class {
            Class::Digits => !first.is_empty() && !second.is_empty(),
            _ => {
                let separators = |text: &[u8]| -> Vec<bool> {
                    text.iter().map(|b| !b.is_ascii_alphanumeric()).collect()
                };
                first.len() >= RANDOM_FROM
                    && separators(first) == separators(second)
                    && (is_mixed(first) || is_mixed(second))
            }
        };
        let anchored = prefix + suffix > 0 || temporary || first.len() >= 2 * RANDOM_FROM;
        (looks_made_up && anchored && class < Class::Any).then(|| Self {
            prefix: one[..prefix].to_vec(),
            suffix: one[one.len() - suffix..].to_vec(),
            class,
        })
    }

    fn accepts(&self, name: &[u8]) -> bool {
        name.strip_prefix(self.prefix.as_slice())
            .and_then(|rest| rest.strip_suffix(self.suffix.as_slice()))
            .is_some_and(|middle| self.class.accepts(middle))
    }
}

/// Whether a text mixes letters with digits, or small letters with capitals, as words do not.
fn is_mixed(text: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| text.iter().any(kind);
    let letters = has(u8::is_ascii_alphabetic);
    (letters && has(u8::is_ascii_digit))
        || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

/// Paths of several runs, component by component.
#[derive(Clone, Debug, Default)]
struct Tree {
    children: BTreeMap<Vec<u8>, Tree>,
    runs: BTreeSet<usize>,
}

impl Tree {
    fn add(&mut self, run: usize, path: &[u8]) {
        let mut at = self;
        for component in path.split(|b| *b == b'/') {
            at = at.children.entry(component.to_vec()).or_default();
            at.runs.insert(run);
        }
    }

    fn merge(&mut self, other: Self) {
        self.runs.extend(other.runs);
        for (name, child) in other.children {
            self.children.entry(name).or_default().merge(child);
        }
    }
}

/// What was learnt about names, component by component.
#[derive(Clone, Debug, Default)]
struct Names {
    exact: BTreeMap<Vec<u8>, Names>,
    varying: Vec<(Build, Names)>,
}

/// Knows which parts of which paths vary.
#[derive(Clone, Debug, Default)]
pub struct Generaliser {
    names: Names,
}

impl Generaliser {
    /// Compares the paths of several runs.
    pub fn new<'p>(runs: impl IntoIterator<Item = impl IntoIterator<Item = &'p [u8]>>) -> Self {
        let mut tree = Tree::default();
        for (number, run) in runs.into_iter().enumerate() {
            for path in run {
                tree.add(number, path);
            }
        }
        Self {
            names: learn(&tree, &mut Vec::new()),
        }
    }

    /// The regular expression that stands for a path, if a part of it varies.
    pub fn regex(&self, path: &[u8]) -> Option<String> {
        // The expression language is text; a path that is not stays as it is.
        std::str::from_utf8(path).ok()?;
        let mut varies = false;
        let mut text = String::from("^");
        let mut at = Some(&self.names);
        for (index, component) in path.split(|b| *b == b'/').enumerate() {
            if index > 0 {
                text.push('/');
            }
            let build = at.and_then(|n| n.varying.iter().find(|(b, _)| b.accepts(component)));
            if let Some(child) = at.and_then(|names| names.exact.get(component)) {
                push_escaped(&mut text, component);
                at = Some(child);
            } else if let Some((build, child)) = build {
                push_escaped(&mut text, &build.prefix);
                text.push_str(build.class.regex());
                push_escaped(&mut text, &build.suffix);
                varies = true;
                at = Some(child);
            } else {
                push_escaped(&mut text, component);
                at = None;
            }
        }
        text.push('$');
        varies.then_some(text)
    }

    /// The atom with each literal path that varies replaced by its pattern.
    pub fn atom(&self, atom: &Atom) -> Atom {
        let mut atom = atom.clone();
        if let Some(filter) = &mut atom.filter {
            self.filter(filter);
        }
        atom
    }

    fn filter(&self, filter: &mut Filter) {
        match filter {
            Filter::Any(parts) | Filter::All(parts) => {
                parts.iter_mut().for_each(|part| self.filter(part));
            }
            Filter::Not(inner) => self.filter(inner),
            Filter::Test(test) => {
                if let Argument::Pattern(Pattern::Literal(path)) = &test.argument
                    && let Some(source) = self.regex(path)
                    && let Ok(regex) = Regex::new(&source)
                {
                    test.argument = Argument::Pattern(Pattern::Regex(regex));
                }
            }
        }
    }
}

/// `place` is the path of `tree`, its varying parts under one of their names.
fn learn(tree: &Tree, place: &mut Vec<u8>) -> Names {
    let mut names = Names::default();
    let (stable, lone) = split(tree, place);
    for (name, child) in stable {
        let length = place.len();
        descend(place, name);
        names.exact.insert(name.clone(), learn(child, place));
        place.truncate(length);
    }
    for (build, members) in lone {
        let mut merged = Tree::default();
        let mut shown = Vec::new();
        for (name, child) in members {
            merged.merge(child.clone());
            shown.clone_from(name);
        }
        let length = place.len();
        descend(place, &shown);
        names.varying.push((build, learn(&merged, place)));
        place.truncate(length);
    }
    names
}

fn descend(place: &mut Vec<u8>, name: &[u8]) {
    if !name.is_empty() {
        place.push(b'/');
        place.extend_from_slice(name);
    }
}

type Member<'t> = (&'t Vec<u8>, &'t Tree);

/// The children of one place: those with a name of their own, and groups of one build.
fn split<'t>(tree: &'t Tree, place: &[u8]) -> (Vec<Member<'t>>, Vec<(Build, Vec<Member<'t>>)>) {
    let temporary = TEMPORARY.iter().any(|folder| place.starts_with(folder));
    let is_process =
        place == b"/proc" || (place.starts_with(b"/proc/") && place.ends_with(b"/task"));
    let mut stable = Vec::new();
    let mut groups: Vec<(Build, Vec<Member<'t>>)> = Vec::new();
    let mut lone: Vec<Member<'t>> = Vec::new();
    for (name, child) in &tree.children {
        let number = !name.is_empty() && name.iter().all(u8::is_ascii_digit);
        if is_process && number {
            let any = Build {
                prefix: Vec::new(),
                suffix: Vec::new(),
                class: Class::Digits,
            };
            match groups.iter_mut().find(|(build, _)| *build == any) {
                Some((_, members)) => members.push((name, child)),
                None => groups.push((any, vec![(name, child)])),
            }
        } else if child.runs.len() == 1 && tree.runs.len() != 1 {
            lone.push((name, child));
        } else {
            stable.push((name, child));
        }
    }
    while let Some((name, child)) = lone.pop() {
        let mut members = vec![(name, child)];
        let mut build: Option<Build> = None;
        lone.retain(|(other, tree)| {
            let shared = match &build {
                None => Build::shared(name, other, temporary),
                Some(known) => widen(known, name, other, temporary),
            };
            let Some(shared) = shared else { return true };
            build = Some(shared);
            members.push((other, *tree));
            false
        });
        let runs: BTreeSet<usize> = members.iter().flat_map(|(_, t)| &t.runs).copied().collect();
        match build {
            Some(build) if runs.len() > 1 => groups.push((build, members)),
            _ => stable.extend(members),
        }
    }
    (stable, groups)
}

/// A build known from one pair, made to fit a further name.
fn widen(known: &Build, one: &[u8], other: &[u8], temporary: bool) -> Option<Build> {
    let shared = Build::shared(one, other, temporary)?;
    let shorter = |a: &[u8], b: &[u8]| {
        if a.len() < b.len() {
            a.to_vec()
        } else {
            b.to_vec()
        }
    };
    Some(Build {
        prefix: shorter(&known.prefix, &shared.prefix),
        suffix: shorter(&known.suffix, &shared.suffix),
        class: known.class.max(shared.class),
    })
}

fn push_escaped(text: &mut String, part: &[u8]) {
    for c in String::from_utf8_lossy(part).chars() {
        if r"\.^$|()[]{}*+?".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn_from(runs: &[&[&str]]) -> Generaliser {
        Generaliser::new(
            runs.iter()
                .map(|run| run.iter().map(|path| path.as_bytes())),
        )
    }

    #[test]
    fn temporary_names_become_patterns() {
        let known = learn_from(&[
            &["/tmp/rustcAb3xYz/lib.rmeta", "/etc/passwd"],
            &["/tmp/rustcQw9pLm/lib.rmeta", "/etc/passwd"],
        ]);
        assert_eq!(
            known.regex(b"/tmp/rustcAb3xYz/lib.rmeta").as_deref(),
            Some(r"^/tmp/rustc[0-9A-Za-z]+/lib\.rmeta$")
        );
        assert_eq!(known.regex(b"/etc/passwd"), None);
    }

    #[test]
    fn process_ids_become_numbers_even_in_one_run() {
        let known = learn_from(&[&[
            "/proc/4711/stat",
            "/proc/4711/task/4712/comm",
            "/proc/cpuinfo",
        ]]);
        assert_eq!(
            known.regex(b"/proc/4711/stat").as_deref(),
            Some("^/proc/[0-9]+/stat$")
        );
        assert_eq!(
            known.regex(b"/proc/4711/task/4712/comm").as_deref(),
            Some("^/proc/[0-9]+/task/[0-9]+/comm$")
        );
        assert_eq!(known.regex(b"/proc/cpuinfo"), None);
    }

    #[test]
    fn short_or_unlike_names_stay_as_they_are() {
        let first: &[&str] = &["/w/a.txt", "/w/first", "/w/alpha.log"];
        let known = learn_from(&[first, &["/w/b.txt", "/w/second-time", "/w/gamma.log"]]);
        for path in [
            "/w/a.txt",
            "/w/b.txt",
            "/w/first",
            "/w/second-time",
            "/w/alpha.log",
        ] {
            assert_eq!(known.regex(path.as_bytes()), None, "{path}");
        }
    }

    #[test]
    fn numbers_may_differ_in_length() {
        let known = learn_from(&[&["/w/lock.99"], &["/w/lock.1042"]]);
        assert_eq!(
            known.regex(b"/w/lock.99").as_deref(),
            Some(r"^/w/lock\.[0-9]+$")
        );
    }

    #[test]
    fn every_pattern_accepts_the_path_it_stands_for() {
        let runs: [&[&str]; 3] = [
            &["/tmp/a(1).kXq2Zw", "/tmp/d-81273/x+y", "/proc/12/fd/3"],
            &["/tmp/a(1).Pq81mn", "/tmp/d-9/x+y", "/proc/9999/fd/3"],
            &["/tmp/a(1).zz00AA", "/tmp/d-555/x+y", "/proc/7/fd/3"],
        ];
        let known = learn_from(&runs);
        for path in runs.into_iter().flatten() {
            let source = known
                .regex(path.as_bytes())
                .unwrap_or_else(|| panic!("{path} varies"));
            let regex = Regex::new(&source).unwrap_or_else(|e| panic!("{source}: {e}"));
            assert!(regex.is_match(path.as_bytes()), "{source} for {path}");
        }
    }
}
