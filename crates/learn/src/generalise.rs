//! Names that differ from run to run, as patterns: temporary names, process ids.
//!
//! A component of a path is a process id below `/proc`, or it varies: it was not met in every run,
//! and another run met a name of the same build in the same place. A rule for one such name would
//! never be used again, so the rule is written for the build. A digest may be the same for as long
//! as the clock shows the same second, so that several runs meet it; and it may be spread over
//! folders that are named by its beginning.

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;

use crate::atom::Atom;

/// Shortest varying part that is taken for random, in bytes; digits may be shorter.
const RANDOM_FROM: usize = 4;

/// Shortest name that is taken for a digest, in bytes.
const DIGEST_FROM: usize = 16;

/// Two random names may end in fewer equal letters than this.
const CHANCE_BELOW: usize = 3;

/// Longest name of a folder that holds the digests of one beginning, in bytes.
const FAN_OUT_TO: usize = 3;

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
    /// Letters, digits and `_`, of which Python's and Perl's temporary names are made: few names
    /// show all of them, so that each stands for all.
    Letters,
    Name,
    Any,
}

impl Class {
    fn of(text: &[u8]) -> Self {
        if text.iter().all(u8::is_ascii_digit) {
            Self::Digits
        } else if text.iter().all(is_letter) {
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
            Self::Letters => "[0-9A-Za-z_]+",
            Self::Name => "[0-9A-Za-z_.-]+",
            Self::Any => "[^/]+",
        }
    }
}

impl Build {
    /// The build that two names share, if what differs looks made up.
    fn shared(one: &[u8], other: &[u8], temporary: bool) -> Option<Self> {
        if is_digest(one) && is_digest(other) && one.len() == other.len() {
            // How far two digests agree is chance.
            return Some(Self::whole(Class::Letters));
        }
        let prefix = one.iter().zip(other).take_while(|(a, b)| a == b).count();
        let prefix = clock_starts_at(one, other, prefix).unwrap_or(prefix);
        let room = one.len().min(other.len()) - prefix;
        let ends = one.iter().rev().zip(other.iter().rev());
        let suffix = ends.take(room).take_while(|(a, b)| a == b).count();
        let middles = |suffix| {
            let (first, second) = (
                &one[prefix..one.len() - suffix],
                &other[prefix..other.len() - suffix],
            );
            (first, second, Class::of(first).max(Class::of(second)))
        };
        let end = &one[one.len() - suffix..];
        let chance = end.len() < CHANCE_BELOW && end.iter().all(is_letter);
        let suffix = match middles(suffix) {
            (_, _, Class::Letters) if chance => 0,
            _ => suffix,
        };
        let (first, second, class) = middles(suffix);
        let looks_made_up = match class {
            Class::Digits => !first.is_empty() && !second.is_empty(),
            _ => {
                let separators =
                    |text: &[u8]| -> Vec<bool> { text.iter().map(|b| !is_letter(b)).collect() };
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

    /// A name of which nothing is fixed.
    fn whole(class: Class) -> Self {
        Self {
            prefix: Vec::new(),
            suffix: Vec::new(),
            class,
        }
    }

    fn accepts(&self, name: &[u8]) -> bool {
        name.strip_prefix(self.prefix.as_slice())
            .and_then(|rest| rest.strip_suffix(self.suffix.as_slice()))
            .is_some_and(|middle| self.class.accepts(middle))
    }
}

fn is_letter(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || *b == b'_'
}

/// Whether a text mixes letters with digits, or small letters with capitals, as words do not.
fn is_mixed(text: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| text.iter().any(kind);
    let letters = has(u8::is_ascii_alphabetic);
    (letters && has(u8::is_ascii_digit))
        || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

/// Whether a name is long, of letters and digits only, and mixed.
pub(crate) fn is_digest(name: &[u8]) -> bool {
    name.len() >= DIGEST_FROM && name.iter().all(u8::is_ascii_alphanumeric) && is_mixed(name)
}

/// Where a number of small letters and digits starts in which two names differ, if it starts
/// before they do: a clock that is written so moves its first digits too, only later.
fn clock_starts_at(one: &[u8], other: &[u8], prefix: usize) -> Option<usize> {
    let separator = |b: &u8| !b.is_ascii_alphanumeric();
    let start = one[..prefix].iter().rposition(separator)? + 1;
    let number = |name: &[u8]| {
        let number = name[start..].split(separator).next().unwrap_or_default();
        let digits = number.iter().filter(|b| b.is_ascii_digit()).count();
        let small = number.iter().all(|b| !b.is_ascii_uppercase());
        (digits > 0 && small && number.len() >= 2 * RANDOM_FROM).then_some(number.len())
    };
    // A bare dot would leave every hidden file.
    (start > 1 && number(one)? == number(other)?).then_some(start)
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
    let mut fan_out: Vec<Member<'t>> = Vec::new();
    for (name, child) in &tree.children {
        let number = !name.is_empty() && name.iter().all(u8::is_ascii_digit);
        if is_process && number {
            let any = Build::whole(Class::Digits);
            match groups.iter_mut().find(|(build, _)| *build == any) {
                Some((_, members)) => members.push((name, child)),
                None => groups.push((any, vec![(name, child)])),
            }
        } else if is_fan_out(name, child) && (child.runs != tree.runs || holds_varying(child)) {
            fan_out.push((name, child));
        } else if child.runs.len() == 1 && tree.runs.len() != 1
            || child.runs != tree.runs && is_digest(name)
        {
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
            Some(build) if differ(&members) => groups.push((build, members)),
            _ => stable.extend(members),
        }
    }
    if differ(&fan_out) || fan_out.iter().any(|(_, folder)| holds_varying(folder)) {
        groups.push((Build::whole(Class::Letters), fan_out));
    } else {
        stable.extend(fan_out);
    }
    (stable, groups)
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
mod tests;
