//! Folders that the program made and works in with many files, as one rule for each operation.
//!
//! What is in such a folder is the program's own: a rule for each file says no more than one for
//! the folder, and a package manager or a build would need thousands, each tried by a run.

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::world::{OperationId, World};

use crate::atom::Atom;
use crate::generalise::Generaliser;

/// From how many paths on one rule stands for them.
const MANY: usize = 16;

/// What the program asked to create where nothing was.
#[derive(Clone, Debug, Default)]
pub(crate) struct MadeFolders {
    made: BTreeSet<Vec<u8>>,
}

/// The paths of one operation, component by component.
#[derive(Debug, Default)]
struct Tree<'p> {
    children: BTreeMap<&'p [u8], Tree<'p>>,
    paths: usize,
}

impl MadeFolders {
    /// Notes what one run made.
    pub(crate) fn add<'e>(&mut self, events: impl Iterator<Item = &'e Event>, world: &World) {
        let create = world.operation_named("file-write-create").map(|o| o.id);
        for event in events.filter(|e| Some(e.operation) == create && !e.exists) {
            let path = event.values.iter().find_map(|(_, value)| match value {
                OwnedValue::Text(text) if text.starts_with(b"/") => Some(text),
                _ => None,
            });
            self.made.extend(path.cloned());
        }
    }

    /// Puts the folder in the place of its files, in rules on reading, writing and controlling
    /// them. A folder whose name varies has a pattern.
    pub(crate) fn generalise(&self, atoms: &mut [Atom], world: &World, names: &Generaliser) {
        let mut wide: BTreeMap<OperationId, BTreeMap<Name, Pattern>> = BTreeMap::new();
        // A file may have several rules, for one attribute each.
        let within = atoms
            .iter()
            .filter_map(|atom| Some((atom.operation, self.path_within(atom, world)?)));
        let paths: BTreeSet<(OperationId, &[u8])> = within.collect();
        let mut trees: BTreeMap<OperationId, Tree<'_>> = BTreeMap::new();
        for (operation, path) in paths {
            trees.entry(operation).or_default().add(path);
        }
        for (operation, tree) in &trees {
            let mut folders = Vec::new();
            self.find(tree, &mut Vec::new(), &mut folders);
            let names = folders.iter().map(|folder| Name::of(folder, names));
            let patterns = names.filter_map(|name| Some((name.clone(), name.whole()?)));
            wide.insert(*operation, patterns.collect());
        }
        for atom in atoms {
            let Some(found) = wide.get(&atom.operation).filter(|found| !found.is_empty()) else {
                continue;
            };
            let Some(path) = path_of(atom) else {
                continue;
            };
            let folder = ancestors(path).find_map(|folder| found.get(&Name::of(folder, names)));
            let test = atom.filter.as_mut().and_then(path_test);
            if let (Some(folder), Some(test)) = (folder, test) {
                test.argument = Argument::Pattern(folder.clone());
            }
        }
    }

    /// The path of a rule on the use of one file, if the file is in a folder that was made.
    fn path_within<'a>(&self, atom: &'a Atom, world: &World) -> Option<&'a [u8]> {
        let name = &world.operation(atom.operation).name;
        // A copier has its file share the blocks of another (FICLONE of ioctl_ficlonerange(2)).
        let used = ["file-read", "file-write", "file-ioctl"];
        if !used.iter().any(|start| name.starts_with(start)) {
            return None;
        }
        let path = path_of(atom)?;
        ancestors(path)
            .any(|folder| self.made.contains(folder))
            .then_some(path)
    }

    /// The outermost folders that were made and hold many paths, not all of them in one folder.
    fn find(&self, tree: &Tree<'_>, place: &mut Vec<u8>, found: &mut Vec<Vec<u8>>) {
        if tree.paths < MANY {
            return;
        }
        if tree.children.len() > 1 && self.made.contains(place.as_slice()) {
            found.push(place.clone());
            return;
        }
        for (name, child) in &tree.children {
            let length = place.len();
            if !name.is_empty() {
                place.push(b'/');
                place.extend_from_slice(name);
            }
            self.find(child, place, found);
            place.truncate(length);
        }
    }
}

impl<'p> Tree<'p> {
    fn add(&mut self, path: &'p [u8]) {
        let mut at = self;
        at.paths += 1;
        for component in path.split(|b| *b == b'/') {
            at = at.children.entry(component).or_default();
            at.paths += 1;
        }
    }
}

/// A path and the folders above it, the innermost first.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = (1..path.len()).rev().filter(|at| path[*at] == b'/');
    std::iter::once(path.len())
        .chain(ends)
        .map(|end| &path[..end])
}

/// The path of a rule on one file, or on one thing about it, such as an extended attribute.
pub(crate) fn path_of(atom: &Atom) -> Option<&[u8]> {
    let mut tests = match atom.filter.as_ref()? {
        Filter::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    }
    .iter();
    tests.find_map(|filter| match filter {
        Filter::Test(Test {
            argument: Argument::Pattern(Pattern::Literal(path)),
            ..
        }) => Some(path.as_slice()),
        _ => None,
    })
}

/// The test of a filter that [`path_of`] found the path in.
pub(crate) fn path_test(filter: &mut Filter) -> Option<&mut Test> {
    let parts = match filter {
        Filter::All(parts) => parts.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    parts.iter_mut().find_map(|filter| match filter {
        Filter::Test(test) if matches!(test.argument, Argument::Pattern(Pattern::Literal(_))) => {
            Some(test)
        }
        _ => None,
    })
}

/// A folder, the same for those whose names vary in the same way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Path(Vec<u8>),
    /// The expression of a path that varies.
    Varies(String),
}

impl Name {
    fn of(folder: &[u8], names: &Generaliser) -> Self {
        match names.regex(folder) {
            Some(regex) => Self::Varies(regex),
            None => Self::Path(folder.to_vec()),
        }
    }

    /// What stands for the folder and all in it.
    fn whole(self) -> Option<Pattern> {
        match self {
            Self::Path(folder) => Some(Pattern::Subpath(folder)),
            Self::Varies(regex) => {
                let regex = Regex::new(format!("{}(/|$)", regex.strip_suffix('$')?)).ok()?;
                Some(Pattern::Regex(regex))
            }
        }
    }
}

#[cfg(test)]
mod tests;
