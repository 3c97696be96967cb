//! Names that differ from run to run, as patterns: temporary names, process ids.
//!
//! A component of a path is a process id below `/proc`, or it varies: it was met after one fresh
//! start only, though not in every run (a repeat run meets what the run before it made), and another
//! run met a name of the same build in the same place. A rule for one such name would
//! never be used again, so the rule is written for the build. A digest may be the same for as long
//! as the clock shows the same second, so that several runs meet it; and it may be spread over
//! folders that are named by its beginning.

mod build;

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_sbpl::print;

use crate::atom::Atom;
use crate::session::Start;
use build::{Build, Class, is_digest, widen};

pub(crate) use build::tells_time;

/// Longest name of a folder that holds the digests of one beginning, in bytes.
const FAN_OUT_TO: usize = 3;

/// What [`is_chosen_for_socket`] of.
const CHOSEN_FOR_SOCKETS: &str = "^@[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]$";

/// Folders in which any two lone names are taken for temporary ones.
const TEMPORARY: [&[u8]; 4] = [b"/tmp", b"/var/tmp", b"/dev/shm", b"/run/user"];

/// A run by its number, after the number of the last fresh start.
type Met = (usize, usize);

/// Paths of several runs, component by component.
#[derive(Clone, Debug, Default)]
struct Tree {
    children: BTreeMap<Vec<u8>, Tree>,
    runs: BTreeSet<Met>,
}

impl Tree {
    fn add(&mut self, run: Met, path: &[u8]) {
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

    /// Whether it was met after one fresh start only.
    fn is_of_one_start(&self) -> bool {
        let start = |met: Option<&Met>| met.map(|met| met.0);
        start(self.runs.first()) == start(self.runs.last())
    }
}

/// What was learnt about names, component by component.
#[derive(Clone, Debug, Default)]
struct Names {
    exact: BTreeMap<Vec<u8>, Names>,
    varying: Vec<(Build, Names)>,
}

impl Names {
    /// The closest build of a name, as names of any build may be met beside those of one.
    fn varying_of(&self, name: &[u8]) -> Option<&(Build, Self)> {
        let accept = self.varying.iter().filter(|(build, _)| build.accepts(name));
        accept.min_by_key(|(build, _)| build.width())
    }
}

/// Knows which parts of which paths vary.
#[derive(Clone, Debug, Default)]
pub struct Generaliser {
    names: Names,
    /// Whether there is anything to compare, so that names which always vary do so here.
    compares: bool,
}

impl Generaliser {
    /// Compares the paths of several runs, in the order in which they were made.
    pub fn new<'p, P: IntoIterator<Item = &'p [u8]>>(
        runs: impl IntoIterator<Item = (Start, P)>,
    ) -> Self {
        let mut tree = Tree::default();
        let mut starts = 0;
        for (number, (start, paths)) in runs.into_iter().enumerate() {
            starts += usize::from(start == Start::Fresh);
            for path in paths {
                tree.add((starts, number), path);
            }
        }
        Self {
            names: learn(&tree, &mut Vec::new()),
            compares: true,
        }
    }

    /// The regular expression that stands for a path, if a part of it varies.
    pub fn regex(&self, path: &[u8]) -> Option<String> {
        if self.compares && is_chosen_for_socket(path) {
            return Some(CHOSEN_FOR_SOCKETS.to_owned());
        }
        let mut varies = false;
        let mut text = b"^".to_vec();
        let mut at = Some(&self.names);
        for (index, component) in path.split(|b| *b == b'/').enumerate() {
            if index > 0 {
                text.push(b'/');
            }
            let build = at.and_then(|names| names.varying_of(component));
            if let Some(child) = at.and_then(|names| names.exact.get(component)) {
                text.extend(print::regex_of(component));
                at = Some(child);
            } else if let Some((build, child)) = build {
                text.extend(print::regex_of(&build.prefix));
                text.extend(build.class.regex().bytes());
                text.extend(print::regex_of(&build.suffix));
                varies = true;
                at = Some(child);
            } else {
                text.extend(print::regex_of(component));
                at = None;
            }
        }
        text.push(b'$');
        // Who reads it expects text; a path that is not stays as it is.
        String::from_utf8(text).ok().filter(|_| varies)
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

/// Whether a name is as Linux chooses one for a unix socket that is bound to none, anew in each
/// run: an abstract one of five hexadecimal digits (unix(7), "Autobind").
fn is_chosen_for_socket(name: &[u8]) -> bool {
    let digit = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    matches!(name, [b'@', digits @ ..] if digits.len() == 5 && digits.iter().all(digit))
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
type Group<'t> = (Build, Vec<Member<'t>>);

/// The children of one place: those with a name of their own, and groups of one build.
fn split<'t>(tree: &'t Tree, place: &[u8]) -> (Vec<Member<'t>>, Vec<Group<'t>>) {
    let temporary = TEMPORARY.iter().any(|folder| place.starts_with(folder));
    let is_process =
        place == b"/proc" || (place.starts_with(b"/proc/") && place.ends_with(b"/task"));
    let mut stable = Vec::new();
    let mut groups: Vec<Group<'t>> = Vec::new();
    let mut lone: Vec<Member<'t>> = Vec::new();
    let mut fan_out: Vec<Member<'t>> = Vec::new();
    for (name, child) in &tree.children {
        let number = !name.is_empty() && name.iter().all(u8::is_ascii_digit);
        if is_process && number {
            join(
                &mut groups,
                Build::whole(Class::Digits),
                vec![(name, child)],
            );
        } else if is_fan_out(name, child) && (child.runs != tree.runs || holds_varying(child)) {
            fan_out.push((name, child));
        } else if child.runs != tree.runs && (child.is_of_one_start() || tells_time(name)) {
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
        match build {
            Some(build) if differ(&members) => join(&mut groups, build, members),
            _ => stable.extend(members),
        }
    }
    if differ(&fan_out) || fan_out.iter().any(|(_, folder)| holds_varying(folder)) {
        join(&mut groups, Build::whole(Class::Letters), fan_out);
    } else {
        stable.extend(fan_out);
    }
    (stable, groups)
}

/// Puts members with those of the same build: no name tells the one from the other.
fn join<'t>(groups: &mut Vec<Group<'t>>, build: Build, members: Vec<Member<'t>>) {
    match groups.iter_mut().find(|(known, _)| *known == build) {
        Some((_, known)) => known.extend(members),
        None => groups.push((build, members)),
    }
}

/// Whether some were met in other runs than others.
fn differ(members: &[Member<'_>]) -> bool {
    members
        .windows(2)
        .any(|pair| pair[0].1.runs != pair[1].1.runs)
}

/// Whether a folder holds digests that differ from run to run: by chance of one beginning.
fn holds_varying(folder: &Tree) -> bool {
    let digests = folder.children.iter().filter(|(name, _)| is_digest(name));
    differ(&digests.collect::<Vec<_>>())
}

/// Whether a folder holds digests, under a short name that may be their beginning.
fn is_fan_out(name: &[u8], folder: &Tree) -> bool {
    let short = name.len() <= FAN_OUT_TO && name.iter().all(u8::is_ascii_hexdigit);
    !name.is_empty() && short && folder.children.keys().any(|child| is_digest(child))
}

#[cfg(test)]
mod tests;
