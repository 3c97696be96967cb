//! How long decoding takes: of one profile, and of bundles that differ in size only.

use lapbelt_blob::decode::decode;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::world::{World, shipped};

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

#[divan::bench(args = [(300, 50), (3000, 500), (12000, 2000)])]
fn bundles(bencher: divan::Bencher<'_, '_>, (nodes, profiles): (u16, u16)) {
    let world = world();
    let bytes = bundle(nodes, profiles);
    bencher
        .counter(divan::counter::BytesCount::of_slice(&bytes))
        .bench(|| decode(&bytes, &world).expect("a bundle"));
}

#[divan::bench(args = [3000])]
fn policy_of_one(bencher: divan::Bencher<'_, '_>, nodes: u16) {
    let world = world();
    let blob = decode(&bundle(nodes, 1), &world).expect("a bundle");
    bencher.bench(|| compiled(&blob, &blob.profiles[0], &world).expect("a policy"));
}
