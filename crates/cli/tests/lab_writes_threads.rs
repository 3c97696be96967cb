//! Twenty threads that compile at once, watched.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use lapbelt_analysis::writes::{Write, rebuild};
use lapbelt_blob::encode::{Encoded, encode_logged};
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::{NoImports, Source, evaluate};
use serde_json::Value;

const THREADS: usize = 20;
const ROUNDS: usize = 3;

fn world() -> World {
    shipped("macos-14.4.1").expect("shipped").expect("whole")
}

/// Profiles that differ as threads do.
fn policy(thread: usize, world: &World) -> Policy {
    let text = format!(
        "(version 1) (allow default) (deny file-read* (literal \"/threads/{thread}\") \
         (subpath \"/of/{thread}\"))"
    );
    let source = Source {
        name: "thread.sb",
        text: &text,
    };
    let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, world);
    evaluation.policy.expect("a good profile")
}

fn compiled(thread: usize, world: &World) -> Encoded {
    encode_logged(&policy(thread, world), world).expect("a profile")
}

/// What is watched: this test is run by the other one only, as a program.
#[test]
#[ignore = "the program that the other test watches"]
fn compile_in_twenty_threads() {
    let world = &world();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    std::hint::black_box(compiled(thread, world));
                }
            });
        }
    });
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn no_write_of_twenty_compiling_threads_is_lost() {
    let own = std::env::current_exe().expect("a path");
    let world = world();
    let expected: Vec<Encoded> = (0..THREADS)
        .map(|thread| compiled(thread, &world))
        .collect();
    let hits: usize = expected.iter().map(|one| ROUNDS * one.writes.len()).sum();
    for mode in ["hw-breakpoint", "patch"] {
        let dir = tempfile::tempdir().expect("a directory");
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        command.args(["--json", "lab", "writes", "run", "--mode", mode, "--out"]);
        command.arg(dir.path());
        command.args(["--symbol", "lapbelt_blob::encode::buffer::Buffer::write"]);
        command.arg("--immutable-symbol");
        command.arg("lapbelt_blob::encode::buffer::Buffer::make_immutable");
        command.arg("--target-program").arg(&own);
        command.args(["--exact", "compile_in_twenty_threads", "--ignored"]);
        let output = command.output().expect("a run");
        let error = String::from_utf8_lossy(&output.stderr);
        if error.contains("the system refuses") {
            return lapbelt_corpus::say_skipped(&error);
        }
        let manifest = json(&dir.path().join("manifest.json"));
        let input = &manifest["inputs"][0];
        let why = input["hook"]["hook_error"].as_str().unwrap_or_default();
        if why.starts_with("debug registers") {
            return lapbelt_corpus::say_skipped(why);
        }
        assert_eq!(output.status.code(), Some(0), "{manifest:#} {error}");
        let id = input["id"].as_str().expect("a name");
        let stats = json(&dir.path().join(format!("stats/{id}.stats.json")));
        let count = |key: &str| stats[key].as_u64().expect("a number") as usize;
        let ends = THREADS * ROUNDS;
        assert_eq!((count("break_hits"), count("immutable_hits")), (hits, ends));
        assert_eq!(count("step_hits"), hits + ends);
        for none in ["ring_dropped", "capture_truncated", "arm_failures"] {
            assert_eq!(count(none), 0, "{none}");
        }
        // The threads, and those that run the test.
        assert!(count("threads") > THREADS);

        let text = std::fs::read_to_string(dir.path().join(format!("traces/{id}.jsonl")));
        let writes: Vec<Write> = text.expect("a trace").lines().map(write).collect();
        let mut rounds = vec![0; THREADS];
        for buffer in rebuild(&writes, &[]) {
            let is_its = |one: &Encoded| {
                let found = buffer.align(&one.bytes);
                found.is_some_and(|found| found.shift == 0) && buffer.writes == one.writes.len()
            };
            let thread = expected
                .iter()
                .position(is_its)
                .expect("a profile of a thread");
            rounds[thread] += 1;
        }
        assert_eq!(rounds, [ROUNDS; THREADS], "{mode}");
    }
}

fn write(line: &str) -> Write {
    let record: Value = serde_json::from_str(line).expect("a record");
    let number = |key: &str| record[key].as_u64().expect("a number");
    let hex = record["bytes_hex"].as_str().expect("digits");
    let buf = record["buf"].as_str().expect("an address");
    Write {
        seq: number("seq"),
        process: 0,
        buf: u64::from_str_radix(&buf[2..], 16).expect("digits"),
        at: number("cursor") + number("chunk_offset"),
        bytes: (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("digits"))
            .collect(),
    }
}
