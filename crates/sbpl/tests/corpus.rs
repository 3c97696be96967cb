//! Every profile of the corpus: all parse, and those that a Mac has run evaluate.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::diag::{Code, Diagnostic, Severity};
use lapbelt_sbpl::{Imports, LoadedSource, Source, evaluate, syntax};

fn profiles(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).expect("readable directory") {
            let path = entry.expect("directory entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "sb" || e == "scm") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).expect("readable file")).into_owned()
}

fn world() -> World {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a good world file")
}

/// Imports beside the profile, or in one more directory.
struct Beside(Vec<PathBuf>);

impl Imports for Beside {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let file = Path::new(name).file_name().ok_or("no file name")?;
        let candidates = self.0.iter().map(|directory| directory.join(file));
        let path = candidates
            .into_iter()
            .find(|path| path.is_file())
            .ok_or("not in the corpus")?;
        Ok(LoadedSource {
            name: name.to_owned(),
            text: text(&path),
        })
    }
}

/// Placeholder values for the parameters that real profiles ask for.
fn parameters() -> BTreeMap<String, String> {
    let names = [
        "HOME",
        "_HOME",
        "WORK_DIR",
        "DYLD_LOG_PATH",
        "TMPDIR",
        "_TMPDIR",
    ];
    names
        .into_iter()
        .map(|name| (name.to_owned(), format!("/private/{name}")))
        .collect()
}

/// Profiles that macOS 14.4.1 refused: "operation not applicable in this context".
const REFUSED: &[&str] = &["clo_v8_iokit_external_method.sb"];

#[test]
fn tokens_of_every_profile_concatenate_to_it() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let all = profiles(&corpus);
    assert!(all.len() > 300, "only {} profiles found", all.len());
    for path in all {
        let text = text(&path);
        let parse = syntax::parse(&text);
        let whole: String = parse.tokens().iter().map(|t| t.span.slice(&text)).collect();
        assert_eq!(whole, text, "{}", path.display());
    }
}

#[test]
fn profiles_that_a_mac_has_run_evaluate() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let world = world();
    let all = profiles(&corpus.join("runtime/profiles"));
    assert!(!all.is_empty());
    let mut bad = Vec::new();
    for path in &all {
        let name = path.display().to_string();
        let source = Source {
            name: &name,
            text: &text(path),
        };
        let imports = Beside(vec![path.parent().expect("a parent").to_owned()]);
        let evaluation = evaluate(&source, &parameters(), &imports, &world);
        let mut errors: Vec<Diagnostic> = evaluation.diagnostics;
        errors.retain(|diagnostic| diagnostic.severity == Severity::Error);
        if REFUSED.iter().any(|refused| path.ends_with(refused)) {
            assert_eq!(errors.len(), 1, "{name}: {errors:?}");
            assert_eq!(errors[0].code, Code::OperationNotApplicable);
            continue;
        }
        bad.extend(errors.iter().map(|error| format!("{name}: {error:?}")));
    }
    assert!(
        bad.is_empty(),
        "{} of {}:\n{}",
        bad.len(),
        all.len(),
        bad.join("\n")
    );
}

/// The parameters that a text names, each with some path.
fn named_parameters(text: &str) -> BTreeMap<String, String> {
    let names = text
        .split("(param \"")
        .skip(1)
        .filter_map(|part| part.split('"').next());
    let mut parameters = parameters();
    parameters.extend(names.map(|name| (name.to_owned(), format!("/private/{name}"))));
    parameters
}

#[test]
fn system_profiles_of_an_older_release_evaluate() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let world = world();
    let core = corpus.join("profiles/macos-10.15.2");
    let extra = corpus.join("profiles/extra/macos-10.15.2");
    let all = [profiles(&core), profiles(&extra)].concat();
    let imports = Beside(vec![core, extra]);
    let mut good = 0;
    for path in &all {
        let text = text(path);
        let name = path.display().to_string();
        let source = Source {
            name: &name,
            text: &text,
        };
        let evaluation = evaluate(&source, &named_parameters(&text), &imports, &world);
        good += usize::from(evaluation.policy.is_some());
    }
    // The others miss an import or parameters, or name what 14.4.1 no longer has.
    assert!(
        all.len() > 200 && good * 100 >= all.len() * 85,
        "{good} of {}",
        all.len()
    );
}
