//! What of the corpus is kept, formatted and evaluated, in figures: `docs/corpus.md`.
//!
//! `LAPBELT_UPDATE=1 cargo test -p lapbelt-sbpl --test corpus_figures` writes them anew.
#![allow(missing_docs)]

mod exceptions;
mod setting;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::diag::{Code, Severity};
use lapbelt_sbpl::{Evaluation, Source, evaluate, expand, fmt, print, syntax};

use exceptions::{EXCEPTIONS, Reason};
use setting::Setting;

/// One profile of the corpus.
struct Profile {
    name: String,
    /// Its group in the table.
    group: &'static str,
    text: String,
    /// Whether the index says that it starts with a version.
    has_version: bool,
}

fn profiles(corpus: &Path) -> Vec<Profile> {
    let mut all = Vec::new();
    for index in ["INDEX.tsv", "INDEX_EXTRA.tsv"] {
        let index = fs::read_to_string(corpus.join("profiles").join(index)).expect("an index");
        for line in index.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let group = match fields[6] {
                "system" => "of a system",
                "decompiled" | "malformed" => "decompiled",
                "template" | "fragment" | "excerpt" => "templates and excerpts",
                _ => "handwritten and rendered",
            };
            let path = corpus.join("profiles").join(fields[0]);
            let name = format!("profiles/{}", fields[0]);
            all.push(profile(&path, name, group, fields[8] != "-"));
        }
    }
    for (folder, group) in [
        ("runtime/profiles", "run by a Mac"),
        ("witness", "compiled by a Mac"),
    ] {
        let entries = fs::read_dir(corpus.join(folder)).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<_> = paths
            .filter(|path| path.extension().is_some_and(|e| e == "sb"))
            .collect();
        paths.sort();
        for path in paths {
            let file = path.file_name().expect("a name").to_string_lossy();
            all.push(profile(&path, format!("{folder}/{file}"), group, true));
        }
    }
    all
}

fn profile(path: &Path, name: String, group: &'static str, has_version: bool) -> Profile {
    let bytes = fs::read(path).expect("a profile");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Profile {
        name,
        group,
        text,
        has_version,
    }
}

/// What came of a profile.
#[derive(Default)]
struct Tally {
    profiles: usize,
    lossless: usize,
    formatted: usize,
    evaluated: usize,
}

impl Tally {
    fn row(&self, name: &str) -> String {
        let share = |count: usize| {
            format!(
                "{count} ({:.1} %)",
                100.0 * count as f64 / self.profiles as f64
            )
        };
        format!(
            "| {name} | {} | {} | {} | {} |\n",
            self.profiles,
            share(self.lossless),
            share(self.formatted),
            share(self.evaluated)
        )
    }
}

fn world(name: &str) -> World {
    shipped(name)
        .expect("a shipped world")
        .expect("a good world file")
}

/// The rules of an evaluation, or else what is wrong, without places.
fn outcome(evaluation: &Evaluation, world: &World) -> Result<String, Vec<String>> {
    match &evaluation.policy {
        Some(policy) => Ok(print::policy(policy, world)),
        None => {
            let errors = evaluation.diagnostics.iter();
            let errors = errors.filter(|d| d.severity == Severity::Error);
            Err(errors.map(|d| d.message.clone()).collect())
        }
    }
}

#[test]
fn the_figures_are_as_written() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let world = world("macos-14.4.1");
    let setting = Setting::new(&corpus, &world);
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut failed: BTreeMap<String, String> = BTreeMap::new();
    for profile in profiles(&corpus) {
        let tally = tallies.entry(profile.group).or_default();
        tally.profiles += 1;
        let name = &profile.name;
        let parse = syntax::parse(&profile.text);
        let tokens = parse.tokens().iter().map(|t| t.span.slice(&profile.text));
        tally.lossless += usize::from(tokens.collect::<String>() == profile.text);
        let evaluation = setting.evaluate(&profile);
        let ours = outcome(&evaluation, &world);
        match fmt::format(&profile.text) {
            Ok(once) => {
                let again = fmt::format(&once).expect("what is formatted can be formatted");
                assert_eq!(again, once, "{name}: the formatter changes its own text");
                let formatted = Profile {
                    text: once,
                    name: name.clone(),
                    ..profile
                };
                let theirs = outcome(&setting.evaluate(&formatted), &world);
                assert_eq!(ours, theirs, "{name}: formatting changes its meaning");
                tally.formatted += 1;
            }
            Err(error) => println!("{name}: not formatted: {error}"),
        }
        match (&evaluation.policy, &ours) {
            (Some(policy), _) => {
                let text = expand::expand(policy, &evaluation.imported_at, &world);
                let source = Source {
                    name: "expanded",
                    text: &text,
                };
                let none = BTreeMap::new();
                let flat = evaluate(&source, &none, &lapbelt_sbpl::NoImports, &world);
                assert_eq!(
                    outcome(&flat, &world),
                    ours,
                    "{name}: expanding changes its meaning"
                );
                tally.evaluated += 1;
            }
            (None, Err(errors)) => {
                failed.insert(name.clone(), errors.join("; "));
            }
            (None, Ok(_)) => unreachable!("rules without a policy"),
        }
    }
    check_exceptions(&failed);
    let page = page(&tallies, &misfits(&corpus));
    println!("{page}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/corpus.md");
    if std::env::var_os("LAPBELT_UPDATE").is_some() {
        fs::write(&path, &page).expect("written");
    }
    let written = fs::read_to_string(&path).expect("docs/corpus.md; set LAPBELT_UPDATE=1");
    assert!(
        written == page,
        "docs/corpus.md is out of date: set LAPBELT_UPDATE=1"
    );
}

/// Profiles with a filter of a category that its operation does not list, among those that a system
/// took: shipped with 10.15.2, and run on 14.4.1. Each against the table of its own system.
fn misfits(corpus: &Path) -> [(usize, usize); 2] {
    let old = world("macos-10.15");
    let new = world("macos-14.4.1");
    [(&old, "macos-10.15.2/"), (&new, "runtime/profiles/")].map(|(world, folder)| {
        let setting = Setting::new(corpus, world);
        let (mut all, mut misfits) = (0, 0);
        let profiles = profiles(corpus);
        for profile in profiles.iter().filter(|one| one.name.contains(folder)) {
            let evaluation = setting.evaluate(profile);
            let mut said = evaluation.diagnostics.iter();
            all += usize::from(evaluation.policy.is_some());
            misfits += usize::from(said.any(|d| d.code == Code::FilterNotApplicable));
        }
        (all, misfits)
    })
}

/// Every profile that does not evaluate is listed, for the reason that is true, and no other.
fn check_exceptions(failed: &BTreeMap<String, String>) {
    let mut wrong = Vec::new();
    for (name, errors) in failed {
        match EXCEPTIONS.iter().find(|(known, ..)| known == name) {
            None => wrong.push(format!("{name} does not evaluate: {errors}")),
            Some((_, _, evidence)) if !errors.contains(evidence) => {
                wrong.push(format!("{name} fails for another reason: {errors}"));
            }
            Some(_) => {}
        }
    }
    let evaluated = EXCEPTIONS
        .iter()
        .filter(|(name, ..)| !failed.contains_key(*name));
    wrong.extend(evaluated.map(|(name, ..)| format!("{name} evaluates by now")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn page(tallies: &BTreeMap<&str, Tally>, misfits: &[(usize, usize); 2]) -> String {
    let mut page = String::from(
        "# The corpus in figures\n\n\
         Written by the test `corpus_figures` of `crates/sbpl`, which holds each figure against the \
         corpus.\n\n\
         *Kept* means that the tokens of a profile put together are its bytes. *Formatted* means that \
         formatting it\ntwice gives what formatting it once gave, and that this evaluates to the same \
         rules, or fails in the same\nway. *Evaluated* means that it gives rules in the world of macOS \
         14.4.1, and that these, expanded to flat\ntext, give the same rules again. A word that only other \
         systems have is passed over, with a warning,\nand so are lines for a C preprocessor. \
         Parameters have placeholder values, imports come from the same release or\nanother in the corpus, and a piece \
         of a profile is evaluated behind the one it is made for.\n\n\
         | profiles | all | kept | formatted | evaluated |\n|---|---|---|---|---|\n",
    );
    let mut sum = Tally::default();
    for (name, tally) in tallies {
        page.push_str(&tally.row(name));
        sum.profiles += tally.profiles;
        sum.lossless += tally.lossless;
        sum.formatted += tally.formatted;
        sum.evaluated += tally.evaluated;
    }
    page.push_str(&sum.row("**all**"));
    page.push_str(
        "\n## Against a Mac\n\n\
         `application.sb` of macOS 10.14.5 gives 253 of the 257 rules (98.4 %) that a Mac with 10.14.6 \
         made of its own,\nin the same order. The four others are of the newer release: \
         `com.apple.CoreDisplay.master`,\n`com_apple_AthenaUserClient`, `kern.tcsm_available`, \
         `kern.tcsm_enable`. The test `oracle` counts.\n",
    );
    let [(shipped, shipped_misfits), (run, run_misfits)] = misfits;
    let _ = write!(
        page,
        "\n## Filters that their operation does not list\n\n\
         The table of a system says which categories of filters an operation takes. A system takes \
         others all the same:\n{shipped_misfits} of the {shipped} profiles that macOS 10.15.2 ships, \
         held against the table of 10.15, have such a filter, and so\nhave {run_misfits} of the {run} \
         that 14.4.1 ran, held against the table it has from 13.0. So it is a warning in every \
         world,\nand no error in any: the filter never holds. None was seen in the profiles of 10.12 to 10.14; \
         that those systems\nrefuse one is not shown.\n\n\
         ## One prelude for every version\n\n\
         Versions 1, 2 and 3 of the language differ in what is allowed without a rule, which the \
         worlds say. No difference\nin what names mean is known: few of the profiles here are of \
         version 2 and none of version 3, and the facts about\nthe library are of releases that had \
         version 1 alone. A difference between releases shows as words that a world\nhas or has not.\n"
    );
    page.push_str("\n## What is not evaluated, and why\n");
    for reason in Reason::ALL {
        let _ = write!(
            page,
            "\n**{}.** {}\n\n",
            reason.title(),
            reason.explanation()
        );
        for (name, _, evidence) in EXCEPTIONS.iter().filter(|(_, own, _)| *own == reason) {
            let _ = writeln!(page, "- {name}: {evidence}");
        }
    }
    page
}
