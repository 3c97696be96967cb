//! How long it takes to read compiled profiles and to write their rules, and to compile: bundles
//! that differ in size only, the largest witness, and the largest profile of the corpus.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lapbelt_analysis::decompile::decompile;
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::decode::{Blob, Profile, decode};
use lapbelt_blob::encode::encode;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::{NoImports, Source, evaluate};

fn main() {
    divan::main();
}

fn world() -> World {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
}

/// A bundle: nodes ask for one subpath each, in chains of ten; profiles start at different nodes.
fn bundle(nodes: u16, profiles: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let words = |out: &mut Vec<u8>, all: &[u16]| {
        all.iter().for_each(|word| out.extend(word.to_le_bytes()));
    };
    words(&mut out, &[0x8000, nodes + 2]);
    out.extend([190, 0, 0, 0]);
    words(&mut out, &[profiles, 0, 0]);
    for profile in 0..profiles {
        words(&mut out, &[0, 0]);
        for slot in 0..190 {
            words(&mut out, &[(profile * 7 + slot) % nodes]);
        }
    }
    out.resize(out.len().next_multiple_of(8), 0);
    for node in 0..nodes {
        let next = if node % 10 == 9 {
            nodes + 1
        } else {
            (node + 1).min(nodes + 1)
        };
        out.extend([0, 1]);
        words(&mut out, &[1 + 4 * node, nodes, next]);
    }
    out.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    out.extend([1, 5, 0, 0, 0, 0, 0, 0]);
    let base = out.len();
    out.extend(b"\x05\x00name\x00");
    for node in 0..nodes {
        out.resize(base + 8 + 32 * usize::from(node), 0);
        let path = format!("/usr/lib/{node:08}");
        let code = [
            &[0x3f + path.len() as u8],
            path.as_bytes(),
            b"\x0f\x40/\x80\x0a\x00\x0f\x0a",
        ];
        let code = code.concat();
        words(&mut out, &[code.len() as u16]);
        out.extend(code);
    }
    out
}

/// The rules of a profile: how many.
fn rules(blob: &Blob, profile: &Profile, world: &World) -> usize {
    let compiled = compiled(blob, profile, world).expect("a policy");
    let subject = Subject::of_bytes(compiled.graph, &compiled.rules, compiled.written, world);
    decompile(&subject).expect("rules").rules.len()
}

#[divan::bench(args = [(750, 125), (1500, 250), (3000, 500), (6000, 1000)])]
fn decode_bundle(bencher: divan::Bencher<'_, '_>, (nodes, profiles): (u16, u16)) {
    let world = world();
    let bytes = bundle(nodes, profiles);
    bencher
        .counter(divan::counter::BytesCount::of_slice(&bytes))
        .bench(|| decode(&bytes, &world).expect("a bundle"));
}

#[divan::bench(args = [(750, 125), (1500, 250), (3000, 500)], sample_count = 1)]
fn decompile_bundle(bencher: divan::Bencher<'_, '_>, (nodes, profiles): (u16, u16)) {
    let world = world();
    let bytes = bundle(nodes, profiles);
    bencher
        .counter(divan::counter::ItemsCount::new(profiles))
        .bench_local(|| {
            let blob = decode(&bytes, &world).expect("a bundle");
            let all = blob.profiles.iter();
            all.map(|one| rules(&blob, one, &world)).sum::<usize>()
        });
}

/// As a learner writes them: each for one file of one kind.
#[divan::bench(args = [500, 1000, 2000, 4000], sample_count = 1)]
fn decompile_rules(bencher: divan::Bencher<'_, '_>, count: u32) {
    let world = world();
    let rules = (0..count).map(|n| {
        format!(
            "(allow file-read-data (require-all (literal \"/d{n}\") (vnode-type REGULAR-FILE)))\n"
        )
    });
    let text = format!("(version 1)(deny default){}", rules.collect::<String>());
    let source = Source {
        name: "profile",
        text: &text,
    };
    let policy = evaluate(&source, &BTreeMap::new(), &NoImports, &world).policy;
    let bytes = encode(&policy.expect("a policy"), &world)
        .expect("a profile")
        .bytes;
    let blob = decode(&bytes, &world).expect("a profile");
    bencher
        .counter(divan::counter::ItemsCount::new(count))
        .bench(|| self::rules(&blob, &blob.profiles[0], &world));
}

/// Files of the corpus with an ending, largest first; none without the corpus.
fn largest(ending: &str) -> Vec<PathBuf> {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return Vec::new();
    };
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    let mut open = vec![corpus];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|one| one == ending) {
                found.push((path.metadata().expect("a size").len(), path));
            }
        }
    }
    found.sort();
    found.into_iter().rev().map(|one| one.1).collect()
}

#[divan::bench]
fn decode_and_decompile_largest_witness(bencher: divan::Bencher<'_, '_>) {
    let Some(path) = largest("hex").into_iter().next() else {
        return;
    };
    let text = fs::read_to_string(path).expect("digits");
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("digits")
    };
    let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
    let world = world();
    bencher.bench(|| {
        let blob = decode(&bytes, &world).expect("a profile");
        rules(&blob, &blob.profiles[0], &world)
    });
}

fn policy(path: &Path, world: &World) -> Option<Policy> {
    let text = fs::read_to_string(path).ok()?;
    let source = Source {
        name: "profile",
        text: &text,
    };
    evaluate(&source, &BTreeMap::new(), &NoImports, world).policy
}

/// Of the largest profile that needs nothing but itself.
#[divan::bench]
fn compile_largest_profile(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    let policies = largest("sb").into_iter();
    let mut policies = policies.filter_map(|path| policy(&path, &world));
    let Some(policy) = policies.find(|policy| encode(policy, &world).is_ok()) else {
        return;
    };
    bencher
        .counter(divan::counter::ItemsCount::new(policy.rules.len()))
        .bench(|| encode(&policy, &world).expect("a profile").bytes);
}
