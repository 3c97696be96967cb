//! What the program reads of the run directory, as one that reads all of its working directory does
//! if that holds it: there is more of it after each run, so one rule stands for the whole.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use lapbelt_policy::filter::Argument;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::world::{OperationId, World};
use lapbelt_sbpl::print;

use crate::atom::Atom;
use crate::made_folders::{path_of, path_test};

/// The run directory, by the name that the system has for it.
pub(crate) struct OwnFiles {
    root: Vec<u8>,
}

impl OwnFiles {
    /// Those of a run directory that is there.
    pub(crate) fn of(root: &Path) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        Self {
            root: root.as_os_str().as_bytes().to_vec(),
        }
    }

    /// Puts the run directory in the place of what is in it, in rules on reading.
    pub(super) fn generalise(&self, atoms: &mut [Atom], world: &World) {
        let reads = |atom: &Atom| {
            let name = &world.operation(atom.operation).name;
            name.starts_with("file-read")
        };
        let wide: BTreeSet<OperationId> = atoms
            .iter()
            .filter(|atom| reads(atom) && self.holds(atom))
            .map(|atom| atom.operation)
            .collect();
        for atom in atoms {
            let is_own = self.holds(atom) || path_of(atom) == Some(&self.root);
            if !is_own || !wide.contains(&atom.operation) {
                continue;
            }
            if let Some(test) = atom.filter.as_mut().and_then(path_test) {
                test.argument = Argument::Pattern(Pattern::Subpath(self.root.clone()));
            }
        }
    }

    /// Whether a rule is on a file in the run directory.
    pub(super) fn holds(&self, atom: &Atom) -> bool {
        path_of(atom)
            .and_then(|path| path.strip_prefix(self.root.as_slice()))
            .is_some_and(|rest| rest.starts_with(b"/"))
    }

    /// Whether a learnt profile has a rule for the run directory as a whole.
    pub(crate) fn are_allowed_by(&self, profile: &str) -> bool {
        profile.contains(&format!("(subpath {})", print::quote(&self.root)))
    }
}

#[cfg(test)]
mod tests {
    use lapbelt_policy::filter::{Filter, Test};
    use lapbelt_policy::world::shipped;

    use super::*;
    use crate::profile_text;

    #[test]
    fn what_is_read_of_the_run_directory_is_one_rule_for_each_operation() {
        let world = shipped("linux").expect("shipped").expect("it parses");
        let atom = |(operation, path): (&str, &str)| {
            let test = Test {
                filter: world.filter_named("path").expect("a filter").id,
                argument: Argument::Pattern(Pattern::Literal(path.into())),
            };
            let id = world.operation_named(operation).expect("an operation").id;
            Atom::allow(id, Some(Filter::Test(test)))
        };
        let own = OwnFiles::of(Path::new("/absent/out"));
        let wanted = [
            ("file-read-data", "/absent/out"),
            ("file-read-data", "/absent/out/run.json"),
            ("file-read-data", "/absent/output"),
            ("file-read-metadata", "/absent/out"),
            ("file-write-data", "/absent/out/run.json"),
        ];
        let mut atoms: Vec<Atom> = wanted.map(atom).into();
        own.generalise(&mut atoms, &world);
        let rules = atoms.iter().map(|atom| {
            let rule = profile_text::rules(std::slice::from_ref(atom), &world);
            rule.trim_end().to_string()
        });
        let rules: Vec<String> = rules.collect();
        let whole = r#"(allow file-read-data (subpath "/absent/out"))"#;
        assert_eq!(
            rules,
            [
                whole,
                whole,
                r#"(allow file-read-data (literal "/absent/output"))"#,
                r#"(allow file-read-metadata (literal "/absent/out"))"#,
                r#"(allow file-write-data (literal "/absent/out/run.json"))"#,
            ]
        );
        assert!(own.are_allowed_by(whole) && !own.are_allowed_by(&rules[2]));
    }
}
