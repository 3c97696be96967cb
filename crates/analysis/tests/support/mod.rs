//! Profiles for tests: from text, and from the corpus.
#![allow(dead_code, unreachable_pub)]

pub mod again;
pub mod general;
pub mod generate;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lapbelt_analysis::subject::Subject;
use lapbelt_policy::graph::lower;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::diag::Severity;
use lapbelt_sbpl::{Imports, LoadedSource, Source, evaluate};

pub static WORLD: LazyLock<World> = LazyLock::new(|| world("macos-14.4.1"));

pub fn world(name: &str) -> World {
    shipped(name)
        .expect("a shipped world")
        .expect("a world that parses")
}

/// Imports beside the profile.
struct Beside(PathBuf);

impl Imports for Beside {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let file = Path::new(name).file_name().ok_or("no file name")?;
        let text = fs::read(self.0.join(file)).map_err(|error| error.to_string())?;
        Ok(LoadedSource {
            name: name.to_owned(),
            text: String::from_utf8_lossy(&text).into_owned(),
        })
    }
}

fn evaluated(name: &str, text: &str, folder: &Path, world: &World) -> Result<Policy, String> {
    let names = [
        "HOME",
        "_HOME",
        "WORK_DIR",
        "DYLD_LOG_PATH",
        "TMPDIR",
        "_TMPDIR",
    ];
    let params: BTreeMap<String, String> = names
        .into_iter()
        .map(|name| (name.to_owned(), format!("/private/{name}")))
        .collect();
    let imports = Beside(folder.to_owned());
    let evaluation = evaluate(&Source { name, text }, &params, &imports, world);
    let mut errors = evaluation.diagnostics.iter();
    match errors.find(|one| one.severity == Severity::Error) {
        Some(error) => Err(format!("{}: {}", error.code.as_str(), error.message)),
        None => evaluation.policy.ok_or_else(|| "no policy".to_owned()),
    }
}

/// The policy of a text.
pub fn policy(text: &str) -> Policy {
    evaluated("x.sb", text, Path::new("."), &WORLD).expect("a good profile")
}

/// The policy of a text in another world.
pub fn policy_in(text: &str, world: &World) -> Policy {
    evaluated("x.sb", text, Path::new("."), world).expect("a good profile")
}

/// A policy of the world that tests use, made ready.
pub fn subject(policy: &Policy) -> Subject<'_> {
    Subject::of_rules(lower(policy, &WORLD), &policy.rules, &WORLD)
}

/// All profiles of the corpus that evaluate, largest first; `None` if there is no corpus.
pub fn corpus() -> Option<&'static [(String, Policy)]> {
    static CORPUS: LazyLock<Option<Vec<(String, Policy)>>> = LazyLock::new(read_corpus);
    CORPUS.as_deref()
}

fn read_corpus() -> Option<Vec<(String, Policy)>> {
    let corpus = lapbelt_corpus::folder()?;
    let mut found = Vec::new();
    let mut open = vec![corpus.clone()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "sb") {
                let text = fs::read(&path).expect("a readable file");
                let name = path
                    .strip_prefix(&corpus)
                    .expect("within")
                    .display()
                    .to_string();
                let folder = path.parent().expect("a folder");
                let text = String::from_utf8_lossy(&text);
                if let Ok(policy) = evaluated(&name, &text, folder, &WORLD) {
                    found.push((name, policy));
                }
            }
        }
    }
    found.sort_by_key(|(name, policy)| (std::cmp::Reverse(policy.rules.len()), name.clone()));
    Some(found)
}

/// Profiles of the corpus with the bytes that the system made of them; none without the corpus.
pub fn witnesses() -> Vec<(String, Policy, Vec<u8>)> {
    let Some(folder) = lapbelt_corpus::folder().map(|folder| folder.join("witness")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "hex") {
            let text = fs::read_to_string(path.with_extension("sb")).expect("a source");
            let name = path.display().to_string();
            // One needs a parameter that only its index names.
            let Ok(policy) = evaluated(&name, &text, &folder, &WORLD) else {
                continue;
            };
            found.push((
                name,
                policy,
                bytes(&fs::read_to_string(&path).expect("digits")),
            ));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("a byte")
    };
    digits.chunks(2).map(byte).collect()
}
