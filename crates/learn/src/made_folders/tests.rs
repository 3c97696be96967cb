use lapbelt_policy::world::shipped;

use super::*;
use crate::session::Start;

fn atom(world: &World, operation: &str, path: &str) -> Atom {
    let id = world.operation_named(operation).expect("an operation").id;
    let test = lapbelt_policy::filter::Test {
        filter: world.filter_named("path").expect("a filter").id,
        argument: Argument::Pattern(Pattern::Literal(path.into())),
    };
    Atom::allow(id, Some(Filter::Test(test)))
}

fn generalised(
    made: &[&str],
    runs: &[&[&str]],
    wanted: impl IntoIterator<Item = (&'static str, String)>,
) -> BTreeSet<String> {
    let world = shipped("linux").expect("shipped").expect("it parses");
    let wanted = wanted.into_iter();
    let atoms = wanted.map(|(operation, path)| atom(&world, operation, &path));
    generalised_atoms(made, runs, atoms.collect(), &world)
}

fn generalised_atoms(
    made: &[&str],
    runs: &[&[&str]],
    mut atoms: Vec<Atom>,
    world: &World,
) -> BTreeSet<String> {
    let folders = MadeFolders {
        made: made.iter().map(|path| path.as_bytes().to_vec()).collect(),
    };
    let runs = runs.iter();
    let names = Generaliser::new(runs.map(|run| (Start::Fresh, run.iter().map(|p| p.as_bytes()))));
    folders.generalise(&mut atoms, world, &names);
    let rules = atoms
        .iter()
        .map(|one| crate::profile_text::rules(std::slice::from_ref(one), world));
    rules.map(|rule| rule.trim_end().to_string()).collect()
}

fn files(folder: &str, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |n| format!("{folder}/f{n}"))
}

#[test]
fn a_made_folder_with_many_files_is_one_rule_for_each_operation() {
    let wanted = files("/w/new", MANY).map(|path| ("file-write-create", path));
    let few = files("/w/new", MANY - 1).map(|path| ("file-read-data", path));
    let control = files("/w/new", MANY).map(|path| ("file-ioctl", path));
    let rules = generalised(&["/w/new"], &[], wanted.chain(few).chain(control));
    assert!(rules.contains(r#"(allow file-ioctl (subpath "/w/new"))"#));
    assert!(rules.contains(r#"(allow file-write-create (subpath "/w/new"))"#));
    assert!(rules.contains(r#"(allow file-read-data (literal "/w/new/f0"))"#));
    assert_eq!(rules.len(), MANY + 1);
}

#[test]
fn a_folder_that_was_there_keeps_a_rule_for_each_file() {
    let wanted = files("/w/old", 3 * MANY).map(|path| ("file-write-create", path));
    let rules = generalised(&["/w/old/f1", "/w/old/f2"], &[], wanted);
    assert_eq!(rules.len(), 3 * MANY);
}

#[test]
fn a_made_folder_that_holds_one_folder_only_leaves_it_to_that_one() {
    // A program that finds no ~/.cache makes it, and its own folder in it.
    let inner = files("/h/.cache/mine", MANY).map(|path| ("file-write-create", path));
    let outer = ["/h/.cache", "/h/.cache/mine"].map(|p| ("file-write-create", p.to_string()));
    let rules = generalised(&["/h/.cache", "/h/.cache/mine"], &[], inner.chain(outer));
    let expected = [
        r#"(allow file-write-create (literal "/h/.cache"))"#,
        r#"(allow file-write-create (subpath "/h/.cache/mine"))"#,
    ];
    assert_eq!(rules, expected.map(String::from).into());
}

#[test]
fn a_made_folder_whose_name_varies_has_a_pattern() {
    let (one, other) = ("/tmp/tmpAb3xYz", "/tmp/tmpQw9pLm");
    let full = files(one, MANY).map(|path| ("file-write-create", path));
    // The other run got no further than this.
    let short = files(other, 2).map(|path| ("file-write-create", path));
    let rules = generalised(&[one, other], &[&[one], &[other]], full.chain(short));
    let expected = r#"(allow file-write-create (regex #"^/tmp/tmp[0-9A-Za-z_]+(/|$)"))"#;
    assert_eq!(rules, [expected.to_string()].into());
}

#[test]
fn programs_of_a_made_folder_are_run_by_name() {
    let wanted = files("/w/new", 2 * MANY).map(|path| ("process-exec*", path));
    let rules = generalised(&["/w/new"], &[], wanted);
    assert_eq!(rules.len(), 2 * MANY);
}

#[test]
fn attributes_of_many_files_in_a_made_folder_are_one_rule_each() {
    let world = shipped("linux").expect("shipped").expect("it parses");
    let xattr = world.filter_named("xattr").expect("a filter").id;
    let mut atoms = Vec::new();
    for (name, count) in [("security.selinux", MANY), ("system.posix_acl_access", 2)] {
        for path in files("/w/new", count) {
            let mut atom = atom(&world, "file-read-xattr", &path);
            let attribute = Filter::Test(Test {
                filter: xattr,
                argument: Argument::Text(name.into()),
            });
            atom.filter = atom.filter.map(|path| Filter::All(vec![path, attribute]));
            atoms.push(atom);
        }
    }
    let few: Vec<Atom> = atoms[..MANY - 1]
        .iter()
        .chain(&atoms[MANY..])
        .cloned()
        .collect();
    let rule = |name| {
        format!(r#"(allow file-read-xattr (require-all (subpath "/w/new") (xattr "{name}")))"#)
    };
    let rules = generalised_atoms(&["/w/new"], &[], atoms, &world);
    assert_eq!(
        rules,
        ["security.selinux", "system.posix_acl_access"]
            .map(rule)
            .into()
    );
    let rules = generalised_atoms(&["/w/new"], &[], few, &world);
    assert_eq!(rules.len(), MANY - 1 + 2, "not so many files");
}
