//! Every regular expression of the corpus compiles.

use std::collections::BTreeSet;
use std::path::Path;

use lapbelt_policy::pattern::regex::Regex;

/// Texts of all `#"…"` in a profile, outside comments at the start of a line.
fn literals(text: &str, found: &mut BTreeSet<String>) {
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with(';'))
    {
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("#\"") {
            let Some((literal, more)) = after.split_once('"') else {
                break;
            };
            found.insert(literal.to_owned());
            rest = more;
        }
    }
}

fn walk(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).expect("a directory of the corpus") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "sb") {
            let bytes = std::fs::read(&path).expect("a profile of the corpus");
            literals(&String::from_utf8_lossy(&bytes), found);
        }
    }
}

#[test]
fn all_compile() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let mut found = BTreeSet::new();
    walk(&corpus, &mut found);
    assert!(found.len() > 500, "only {} expressions found", found.len());
    found.retain(|source| Regex::new(source).is_err());
    assert_eq!(found, BTreeSet::new());
}
