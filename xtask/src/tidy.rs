//! The shape of the tree: what no compiler or linter checks.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Which crates of ours those beside the house may depend on; ARCHITECTURE.md draws it for the others.
/// Tests may go beyond.
const BESIDE: &[(&str, &str)] = &[
    ("corpus", ""),
    ("fixtures", "sandbox sbpl policy"),
    ("fuzz", "learn sandbox sbpl blob macho scan policy"),
    ("xtask", ""),
];

/// Crates that speak to the system in blocks of their own.
const UNSAFE: &[&str] = &["sandbox", "tracer", "libsandbox", "clib"];

/// Crates that must name the methods and types they deny.
const PURE: &[&str] = &["policy", "sbpl", "blob", "macho", "scan", "analysis"];

/// Most lines of a source file, and what half of the files must stay below.
const LONGEST: usize = 800;
const MEDIAN: usize = 200;

/// Words that belong to a machine, a tracker or a registry, not to the project. In pieces, so that
/// this file holds none of them.
const WORDS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("issue", " #"),
    concat!("crates", ".io"),
    concat!("docs", ".rs"),
    concat!("shields", ".io"),
];

/// Directories that are not ours to check.
const SKIPPED: &[&str] = &[".git", "target", "artifacts", "lapbelt-out", "node_modules"];

/// Checks the tree at `root`.
///
/// # Errors
/// All findings, one a line.
pub(crate) fn check(root: &Path) -> Result<()> {
    let files = Files::read(root)?;
    let mut findings = Vec::new();
    crates(root, &mut findings)?;
    lengths(&files, &mut findings);
    words(&files, &mut findings);
    dependencies(root, &mut findings)?;
    findings.extend(crate::licences::findings(root)?);
    if findings.is_empty() {
        Ok(())
    } else {
        Err(findings.join("\n").into())
    }
}

/// The text files of the tree, by their path from its root.
struct Files(Vec<(PathBuf, String)>);

impl Files {
    fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        let mut directories = vec![root.to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(&directory)? {
                let entry = entry?;
                let (path, kind) = (entry.path(), entry.file_type()?);
                let skipped = SKIPPED.iter().any(|name| entry.file_name() == *name);
                if kind.is_dir() && !skipped {
                    directories.push(path);
                } else if kind.is_file() && !skipped && entry.file_name() != "Cargo.lock" {
                    // What is not text is not checked.
                    if let Ok(text) = String::from_utf8(std::fs::read(&path)?) {
                        files.push((path.strip_prefix(root)?.to_owned(), text));
                    }
                }
            }
        }
        files.sort();
        Ok(Self(files))
    }
}

fn manifest(path: &Path) -> Result<Table> {
    let text = std::fs::read_to_string(path)?;
    Ok(text
        .parse()
        .map_err(|e| format!("{}: {e}", path.display()))?)
}

fn crates(root: &Path, findings: &mut Vec<String>) -> Result<()> {
    let page = std::fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    let arrows = drawn(&page);
    let beside = ["xtask", "fuzz"];
    let mut manifests = Vec::from(beside.map(|name| (name.to_owned(), root.join(name))));
    for entry in std::fs::read_dir(root.join("crates"))? {
        let entry = entry?;
        manifests.push((
            entry.file_name().to_string_lossy().into_owned(),
            entry.path(),
        ));
    }
    manifests.sort();
    for (name, directory) in manifests {
        let manifest = manifest(&directory.join("Cargo.toml"))?;
        match arrows.get(name.as_str()) {
            Some(allowed) => dependencies_of(&name, &manifest, allowed, findings),
            None => findings.push(format!("{name}: a crate without a place in the house")),
        }
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"));
        if lints != Some(&Value::Boolean(true)) {
            findings.push(format!(
                "{name}: the manifest lacks `[lints] workspace = true`"
            ));
        }
        let roots = roots(&directory)?;
        let says = |line: &str| roots.iter().all(|text| text.lines().any(|own| own == line));
        if !UNSAFE.contains(&name.as_str()) && !says("#![forbid(unsafe_code)]") {
            findings.push(format!(
                "{name}: a crate root lacks `#![forbid(unsafe_code)]`"
            ));
        }
        if PURE.contains(&name.as_str()) {
            if !says("#![deny(clippy::disallowed_methods, clippy::disallowed_types)]") {
                findings.push(format!(
                    "{name}: a pure crate that does not deny impure methods"
                ));
            }
            let list = |of: &str| {
                std::fs::read_to_string(root.join("crates").join(of).join("clippy.toml"))
            };
            if list(&name).ok() != list("policy").ok() {
                findings.push(format!(
                    "{name}: clippy.toml is not that of the policy crate"
                ));
            }
        }
    }
    Ok(())
}

/// Texts of a crate's library and programs.
fn roots(directory: &Path) -> Result<Vec<String>> {
    let source = directory.join("src");
    let mut paths = vec![source.join("lib.rs"), source.join("main.rs")];
    if let Ok(programs) = std::fs::read_dir(source.join("bin")) {
        for program in programs {
            paths.push(program?.path());
        }
    }
    let there = paths.iter().filter(|path| path.is_file());
    Ok(there
        .map(std::fs::read_to_string)
        .collect::<std::io::Result<_>>()?)
}

/// The crates each crate may depend on, as the drawing of the house has it: lines like
/// `L2  analysis  what it is  → policy`.
fn drawn(page: &str) -> BTreeMap<&str, Vec<&str>> {
    let lines = page.lines().filter_map(|line| line.split_once('→'));
    let crates = lines.filter_map(|(left, right)| {
        let mut words = left.split_whitespace();
        let level = words.next()?.strip_prefix('L')?;
        level.parse::<u8>().ok()?;
        let to = right.split_whitespace().filter(|word| *word != "nothing");
        Some((words.next()?, to.collect()))
    });
    let beside = BESIDE.iter();
    crates
        .chain(beside.map(|(name, to)| (*name, to.split_whitespace().collect())))
        .collect()
}

fn dependencies_of(name: &str, manifest: &Table, allowed: &[&str], findings: &mut Vec<String>) {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets
        .into_iter()
        .flat_map(|targets| targets.values())
        .filter_map(Value::as_table);
    for table in tables.chain([manifest]) {
        for kind in ["dependencies", "build-dependencies"] {
            let Some(list) = table.get(kind).and_then(Value::as_table) else {
                continue;
            };
            for ours in list.keys().filter_map(|name| name.strip_prefix("lapbelt-")) {
                if !allowed.contains(&ours) {
                    findings.push(format!("{name}: must not depend on {ours}"));
                }
            }
        }
    }
}

fn lengths(files: &Files, findings: &mut Vec<String>) {
    let sources = files
        .0
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|e| e == "rs"));
    let mut lengths = Vec::new();
    for (path, text) in sources {
        let length = text.lines().count();
        if length > LONGEST {
            findings.push(format!(
                "{}: {length} lines, more than {LONGEST}",
                path.display()
            ));
        }
        lengths.push(length);
    }
    lengths.sort_unstable();
    if let Some(median) = lengths
        .get(lengths.len() / 2)
        .filter(|median| **median >= MEDIAN)
    {
        findings.push(format!(
            "the median source file has {median} lines, not below {MEDIAN}"
        ));
    }
}

fn words(files: &Files, findings: &mut Vec<String>) {
    for (path, text) in &files.0 {
        for (index, line) in text.lines().enumerate() {
            for word in WORDS.iter().filter(|word| line.contains(**word)) {
                findings.push(format!("{}:{}: has `{word}`", path.display(), index + 1));
            }
        }
    }
}

fn dependencies(root: &Path, findings: &mut Vec<String>) -> Result<()> {
    let manifest = manifest(&root.join("Cargo.toml"))?;
    let listed = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    let listed = listed
        .and_then(Value::as_table)
        .ok_or("no [workspace.dependencies]")?;
    let mut used: Vec<&str> = listed
        .iter()
        .filter(|(_, how)| how.get("path").is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    // The Python package is a workspace of its own.
    let python = self::manifest(&root.join("crates/py/Cargo.toml"))?;
    let python = python.get("dependencies").and_then(Value::as_table);
    let pythons = python.into_iter().flatten();
    let pythons = pythons.filter(|(_, how)| how.get("path").is_none());
    used.extend(pythons.map(|(name, _)| name.as_str()));
    let page = std::fs::read_to_string(root.join("docs/dependencies.md"))?;
    let told: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    for name in used.iter().filter(|name| !told.contains(*name)) {
        findings.push(format!(
            "docs/dependencies.md does not say why {name} is here"
        ));
    }
    for name in told.iter().filter(|name| !used.contains(*name)) {
        findings.push(format!(
            "docs/dependencies.md tells of {name}, which is not here"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        if let Err(findings) = check(&crate::root()) {
            panic!("\n{findings}");
        }
    }

    #[test]
    fn an_arrow_that_must_not_be() {
        let text = "[dependencies]\nlapbelt-sbpl.workspace = true\nlapbelt-policy.workspace = true\n\
                    [dev-dependencies]\nlapbelt-learn.workspace = true\n\
                    [target.'cfg(unix)'.dependencies]\nlapbelt-tracer.workspace = true\n";
        let manifest: Table = text.parse().expect("a manifest");
        let mut findings = Vec::new();
        let drawing = "text → tree\nL1  blob  bytes → policy\nL0  policy  worlds → nothing\n";
        let arrows = drawn(drawing);
        assert_eq!(
            (arrows["blob"].as_slice(), arrows["policy"].len()),
            (&["policy"][..], 0)
        );
        assert_eq!(arrows.get("attic"), None);
        dependencies_of("blob", &manifest, &arrows["blob"], &mut findings);
        assert_eq!(
            findings,
            [
                "blob: must not depend on tracer",
                "blob: must not depend on sbpl"
            ]
        );
    }

    #[test]
    fn long_files_and_foreign_words() {
        let text = "x\n".repeat(LONGEST + 1);
        let foreign = format!("a\nsee {}12", WORDS[1]);
        let files = Files(vec![("a.rs".into(), text), ("b.md".into(), foreign)]);
        let mut findings = Vec::new();
        lengths(&files, &mut findings);
        assert_eq!(findings.len(), 2, "{findings:?}");
        findings.clear();
        words(&files, &mut findings);
        assert_eq!(findings, [format!("b.md:2: has `{}`", WORDS[1])]);
    }
}
