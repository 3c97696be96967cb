//! What is compiled here, held against what the compiler of the system made of the same source.

use crate::support::{WORLD, Witness, bytes, witnesses};
use lapbelt_blob::encode::{Encoded, Write, encode_logged};
use lapbelt_sbpl::{NoImports, Source, evaluate};
use serde_json::Value;

/// Witnesses whose bytes are made again, of the forty there are.
const IDENTICAL: usize = 40;

fn compile(witness: &Witness) -> Encoded {
    let source = Source {
        name: &witness.id,
        text: &witness.source,
    };
    let evaluation = evaluate(&source, &witness.params, &NoImports, &WORLD);
    let policy = evaluation.policy.expect("a policy");
    encode_logged(&policy, &WORLD).expect("a profile")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn bytes_are_those_of_the_system() {
    let witnesses = witnesses();
    if witnesses.is_empty() {
        return;
    }
    let mut identical = 0;
    let mut differing = Vec::new();
    for witness in &witnesses {
        let encoded = compile(witness);
        if encoded.bytes == witness.blob {
            identical += 1;
            let derived = &encoded.fidelity.derived;
            assert!(
                derived.is_empty(),
                "{}: witnessed, but {derived:?}",
                witness.id
            );
        } else {
            let at = encoded
                .bytes
                .iter()
                .zip(&witness.blob)
                .position(|(ours, theirs)| ours != theirs);
            differing.push(format!(
                "{} at {at:?}\n  {}\n  {}",
                witness.id,
                hex(&encoded.bytes),
                hex(&witness.blob)
            ));
        }
    }
    println!("{identical}/{} byte-identical", witnesses.len());
    assert!(identical >= IDENTICAL, "{}", differing.join("\n"));
}

/// The writes into the buffer of the profile, without those that the tracer saw twice.
fn trace(text: &str) -> Vec<Write> {
    let mut writes: Vec<(String, Write)> = Vec::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).expect("a record");
        let write = Write {
            cursor: record["cursor"].as_u64().expect("a cursor") as usize,
            bytes: bytes(record["hex"].as_str().expect("bytes")),
        };
        let buffer = record["buf"].as_str().expect("a buffer").to_owned();
        if writes.last() != Some(&(buffer.clone(), write.clone())) {
            writes.push((buffer, write));
        }
    }
    let profile = writes.last().expect("a write").0.clone();
    let of_profile = writes.into_iter().filter(|(buffer, _)| *buffer == profile);
    of_profile.map(|(_, write)| write).collect()
}

#[test]
fn writes_come_in_the_order_of_the_system() {
    let Some(folder) = lapbelt_corpus::folder().map(|path| path.join("witness")) else {
        return;
    };
    let mut traced = 0;
    for witness in witnesses() {
        let path = folder.join(format!("{}.writes.jsonl", witness.id));
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        traced += 1;
        assert_eq!(compile(&witness).writes, trace(&text), "{}", witness.id);
    }
    assert!(traced >= 6, "only {traced} traces");
}
