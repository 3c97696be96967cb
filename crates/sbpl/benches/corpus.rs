//! Parsing, formatting and evaluating every profile of the corpus, in bytes a second; and what the
//! smallest and the largest profile take, end to end.
//!
//! Without a corpus only the smallest is measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::{NoImports, Source, evaluate, fmt, syntax};

fn main() {
    divan::main();
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

/// The texts of all profiles.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = Vec::new();
    let mut open: Vec<PathBuf> = lapbelt_corpus::folder().into_iter().collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sb") {
                texts.extend(fs::read_to_string(&path));
            }
        }
    }
    texts
});

fn bytes() -> BytesCount {
    BytesCount::new(TEXTS.iter().map(String::len).sum::<usize>())
}

fn rules(text: &str) -> usize {
    let source = Source {
        name: "bench",
        text,
    };
    let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, &WORLD);
    evaluation.policy.map_or(0, |policy| policy.rules.len())
}

#[divan::bench(sample_count = 10)]
fn parse(bencher: Bencher<'_, '_>) {
    bencher.counter(bytes()).bench(|| {
        let errors = TEXTS.iter().map(|text| syntax::parse(text).errors().len());
        errors.sum::<usize>()
    });
}

#[divan::bench(sample_count = 10)]
fn format(bencher: Bencher<'_, '_>) {
    bencher.counter(bytes()).bench(|| {
        let formatted = TEXTS.iter().filter_map(|text| fmt::format(text).ok());
        formatted.map(|text| text.len()).sum::<usize>()
    });
}

#[divan::bench(sample_count = 10)]
fn evaluate_all(bencher: Bencher<'_, '_>) {
    bencher
        .counter(bytes())
        .bench(|| TEXTS.iter().map(|text| rules(text)).sum::<usize>());
}

#[divan::bench(sample_count = 10)]
fn evaluate_smallest(bencher: Bencher<'_, '_>) {
    bencher.bench(|| rules(black_box("(version 1)\n(deny default)\n")));
}

#[divan::bench(sample_count = 10)]
fn evaluate_largest(bencher: Bencher<'_, '_>) {
    let largest = TEXTS.iter().max_by_key(|text| text.len());
    let largest = largest.map_or("(version 1)", String::as_str);
    let count = BytesCount::new(largest.len());
    bencher.counter(count).bench(|| rules(black_box(largest)));
}
