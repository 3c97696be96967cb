//! `lapbelt lab writes run` on programs that are not ours: built here by the C compiler.
#![cfg(target_os = "linux")]

use std::path::PathBuf;

use assert_cmd::Command;
use object::{Object, ObjectSymbol};
use serde_json::{Value, json};

const SINK: &str = "
#include <string.h>
struct sink { unsigned char bytes[4096]; };
void sink_write(struct sink *to, size_t cursor, const void *from, size_t length) {
    memcpy(to->bytes + cursor, from, length);
}
int sink_done(struct sink *to) { return to->bytes[0]; }
";

/// Copies what it reads in pieces of five bytes. With the argument `wait` it waits for a signal then;
/// with another it aborts once: if there is no such file, which it makes.
const PROGRAM: &str = "
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
struct sink;
#ifdef LATE
static void (*sink_write)(struct sink *, size_t, const void *, size_t);
static int (*sink_done)(struct sink *);
#else
void sink_write(struct sink *, size_t, const void *, size_t);
int sink_done(struct sink *);
#endif
int main(int argc, char **argv) {
#ifdef LATE
    void *library = dlopen(LATE, RTLD_NOW | RTLD_LOCAL);
    if (!library) return 9;
    *(void **)&sink_write = dlsym(library, \"sink_write\");
    *(void **)&sink_done = dlsym(library, \"sink_done\");
#endif
    char text[4096];
    size_t size = fread(text, 1, sizeof text, stdin);
    struct sink *sink = calloc(1, 4096);
    for (size_t at = 0; at < size; at += 5)
        sink_write(sink, at, text + at, size - at < 5 ? size - at : 5);
    sink_done(sink);
    fwrite(sink, 1, size, stdout);
    fflush(stdout);
    if (argc > 1 && !strcmp(argv[1], \"wait\")) pause();
    if (argc > 1 && access(argv[1], F_OK) != 0) {
        fclose(fopen(argv[1], \"w\"));
        abort();
    }
    return 0;
}
";

/// A compiler with the functions of `libsandbox`: it writes each word of a source as it reads it,
/// `$` before a word stands for a parameter, and without that it gives up. Built with `OURS`, it
/// has the names of our own compiler's routines, and offers them to the loader.
const COMPILER: &str = "
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct buffer { unsigned char bytes[4096]; };
struct profile { char *builtin; unsigned char *data; size_t size; };
struct params { const char *key, *value; };
#ifdef OURS
#define HIDDEN
#define ROUTINE(name) _ZN12lapbelt_blob6encode6buffer6Buffer##name##17h0123456789abcdefE
#define _sb_mutable_buffer_write ROUTINE(5write)
#define _sb_mutable_buffer_make_immutable ROUTINE(14make_immutable)
#else
#define HIDDEN static
#endif
__attribute__((noinline)) HIDDEN void
_sb_mutable_buffer_write(struct buffer *to, size_t at, const void *from, size_t length) {
    memcpy(to->bytes + at, from, length);
    __asm__ volatile(\"\" ::: \"memory\");
}
__attribute__((noinline)) HIDDEN struct buffer *_sb_mutable_buffer_make_immutable(struct buffer *it) {
    __asm__ volatile(\"\" : \"+r\"(it) :: \"memory\");
    return it;
}
struct params *sandbox_create_params(void) { return calloc(1, sizeof(struct params)); }
int sandbox_set_param(struct params *to, const char *key, const char *value) {
    to->key = key;
    to->value = value;
    return 0;
}
void sandbox_free_params(struct params *params) { free(params); }
struct profile *sandbox_compile_string(const char *text, struct params *params, char **error) {
    struct buffer *buffer = calloc(1, sizeof *buffer);
    char *copy = strdup(text);
    size_t at = 0;
    for (char *word = strtok(copy, \" \\n\"); word; word = strtok(0, \" \\n\")) {
        if (*word == '$' && (!params->key || strcmp(params->key, word + 1))) {
            *error = strdup(\"invalid data type of path filter; expected pattern, got boolean\");
            return 0;
        }
        const char *what = *word == '$' ? params->value : word;
        _sb_mutable_buffer_write(buffer, at, what, strlen(what));
        at += strlen(what);
    }
    struct profile *profile = calloc(1, sizeof *profile);
    profile->data = _sb_mutable_buffer_make_immutable(buffer)->bytes;
    profile->size = at;
    return profile;
}
struct profile *sandbox_compile_file(const char *path, struct params *params, char **error) {
    char text[4096] = {0};
    FILE *file = fopen(path, \"r\");
    if (!file || !fread(text, 1, sizeof text - 1, file)) abort();
    return sandbox_compile_string(text, params, error);
}
void sandbox_free_profile(struct profile *profile) { free(profile->data); free(profile); }
";

struct Built {
    dir: tempfile::TempDir,
}

impl Built {
    /// Builds the library, and programs that have it from the start, load it late, or hold it;
    /// says so where there is no compiler.
    fn new() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a directory");
        let built = Self { dir };
        std::fs::write(built.path("sink.c"), SINK).expect("a source");
        std::fs::write(built.path("main.c"), PROGRAM).expect("a source");
        std::fs::write(built.path("in.txt"), "what is written, piece by piece").expect("a text");
        let late = format!("-DLATE=\"{}\"", built.path("libsink.so").display());
        std::fs::write(built.path("compiler.c"), COMPILER).expect("a source");
        let library = ["-shared", "-fPIC", "compiler.c", "-o"];
        let runs: [&[&str]; 6] = [
            &[&library[..], &["libsandbox.so"]].concat(),
            &[&library[..], &["libours.so", "-DOURS"]].concat(),
            &["-shared", "-fPIC", "sink.c", "-o", "libsink.so"],
            &[
                "main.c",
                "-o",
                "linked",
                "-L.",
                "-lsink",
                "-Wl,-rpath,$ORIGIN",
            ],
            &[&late, "main.c", "-o", "late", "-ldl"],
            &["main.c", "sink.c", "-o", "whole"],
        ];
        for arguments in runs {
            let mut compiler = std::process::Command::new("cc");
            compiler.arg("-O1").args(arguments);
            match compiler.current_dir(built.dir.path()).output() {
                Ok(output) => {
                    let said = String::from_utf8_lossy(&output.stderr).into_owned();
                    assert!(output.status.success(), "{said}");
                }
                Err(error) => {
                    lapbelt_corpus::say_skipped(&format!("no C compiler: {error}"));
                    return None;
                }
            }
        }
        Some(built)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn json(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.path(name)).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Runs into the folder `out`; `None`, and said so, where the host does not let us.
    fn run(&self, arguments: &[&str]) -> Option<i32> {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        command.args(["--json", "lab", "writes", "run", "--out", "out"]);
        command.current_dir(self.dir.path()).args(arguments);
        let output = command.output().expect("a run");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        if error.contains("the system refuses") {
            lapbelt_corpus::say_skipped(&error);
            return None;
        }
        let code = output.status.code().expect("an exit code");
        assert_ne!(code, 2, "{error}");
        let manifest = self.json("out/manifest.json");
        let why = manifest["inputs"][0]["hook"]["hook_error"].as_str();
        if let Some(why) = why.filter(|why| why.starts_with("debug registers")) {
            lapbelt_corpus::say_skipped(why);
            return None;
        }
        Some(code)
    }

    /// What is found of the last run.
    fn findings(&self) -> Vec<Value> {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        command.args(["--json", "lab", "writes", "analyze", "out"]);
        let output = command.current_dir(self.dir.path()).output();
        let answer: Value = serde_json::from_slice(&output.expect("a run").stdout).expect("JSON");
        answer["findings"].as_array().expect("findings").clone()
    }

    fn stats(&self, id: &str) -> Value {
        self.json(&format!("out/stats/{id}.stats.json"))
    }

    /// What was recorded, without the addresses of buffers.
    fn records(&self, id: &str) -> Vec<Value> {
        let path = self.path(&format!("out/traces/{id}.jsonl"));
        let text = std::fs::read_to_string(path).expect("a trace");
        let lines = text.lines().map(|line| {
            let mut record: Value = serde_json::from_str(line).expect("a record");
            record["buf"] = Value::Null;
            record
        });
        lines.collect()
    }

    /// The address that a file gives a symbol.
    fn unslid(&self, file: &str, name: &str) -> u64 {
        let data = std::fs::read(self.path(file)).expect("a file");
        let file = object::File::parse(&*data).expect("an image");
        let mut symbols = file.symbols().chain(file.dynamic_symbols());
        let found = symbols.find(|symbol| symbol.name() == Ok(name));
        found.expect("a symbol").address()
    }
}

/// Seven pieces, each as it was handed over, and the buffer that was finished.
fn assert_all_was_seen(built: &Built, what: &str) {
    let stats = built.stats("in");
    assert_eq!(stats["break_hits"], 7, "{what} {stats}");
    let text = std::fs::read(built.path("in.txt")).expect("a text");
    let pieces = text.chunks(5).zip(0..).map(|(piece, seq)| {
        let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"seq": seq, "input": "in", "buf": null, "cursor": 5 * seq, "len": piece.len(),
               "reported_len": piece.len(), "chunk_offset": 0, "bytes_hex": hex})
    });
    assert_eq!(built.records("in"), pieces.collect::<Vec<_>>(), "{what}");
    let blob = std::fs::read(built.path("out/blobs/in.sb.bin")).expect("what it printed");
    assert_eq!(blob, text, "{what}");
}

#[test]
fn libraries_that_are_there_or_come_late_and_the_program_itself() {
    let Some(built) = Built::new() else { return };
    for mode in ["hw-breakpoint", "patch", "interpose"] {
        for (program, image) in [
            ("./linked", Some("libsink.so")),
            ("./late", Some("./libsink.so")),
            ("./whole", None),
        ] {
            let mut arguments = vec!["--mode", mode, "--profile", "in.txt"];
            arguments.extend(image.iter().flat_map(|image| ["--image", image]));
            arguments.extend(["--symbol", "sink_write", "--immutable-symbol", "sink_done"]);
            arguments.extend(["--target-program", program]);
            let Some(code) = built.run(&arguments) else {
                return;
            };
            let triage = built.json("out/triage/in.json");
            let modes = triage["modes"].as_array().expect("modes");
            let verdict = modes.iter().find(|one| one["mode"] == mode);
            let verdict = verdict.expect("a verdict");
            // A hook comes before libraries that are there from the start, and nothing else.
            let can_work = mode != "interpose" || program == "./linked";
            assert_eq!(verdict["can_work"], can_work, "{mode} {program} {verdict}");
            if !can_work {
                assert_eq!((code, &triage["hook_status"]), (1, &"hook_failed".into()));
                assert_eq!(triage["hook_error"], verdict["reason"]);
                continue;
            }
            assert_eq!(code, 0, "{mode} {program}");
            assert_all_was_seen(&built, program);
            let stats = built.stats("in");
            let steps = if mode == "interpose" { 0 } else { 8 };
            assert_eq!(
                (&stats["immutable_hits"], &stats["step_hits"]),
                (&1.into(), &steps.into())
            );
            let trace = std::fs::read_to_string(built.path("out/traces/in.jsonl"));
            let buf = format!(
                "{:#x}",
                stats["immutable_buf"].as_u64().expect("an address")
            );
            assert!(trace.expect("a trace").contains(&buf));
        }
    }
}

#[test]
fn a_routine_is_found_by_address_with_and_without_the_slide() {
    let Some(built) = Built::new() else { return };
    let base = ["--profile", "in.txt", "--target-program"];
    let unslid = format!("{:#x}", built.unslid("libsink.so", "sink_write"));
    let by_slide = ["--image", "./libsink.so", "--unslid-address", &unslid];
    let Some(code) = built.run(&[&by_slide[..], &base, &["./late"]].concat()) else {
        return;
    };
    assert_eq!(code, 0);
    assert_all_was_seen(&built, "by the slide");
    // What triage says of one run without randomisation holds for the next.
    let unslid = format!("{:#x}", built.unslid("whole", "sink_write"));
    // Every position-independent program is there then (ELF_ET_DYN_BASE of the kernel).
    let guess = 0x5555_5555_4000 + built.unslid("whole", "sink_write");
    let address = match cfg!(target_arch = "x86_64") {
        true => format!("{guess:#x}"),
        false => return,
    };
    let Some(code) = built.run(&[&["--address", &address][..], &base, &["./whole"]].concat())
    else {
        return;
    };
    assert_eq!(
        (code, built.json("out/triage/in.json")["address"].as_u64()),
        (0, Some(guess))
    );
    assert_all_was_seen(&built, "by the address");
    // An entry of a list overrides both.
    let list = json!([
        {"file": "in.txt"},
        {"file": "in.txt", "id": "other", "mode": "patch", "unslid_address": unslid},
    ]);
    std::fs::write(built.path("list.json"), list.to_string()).expect("a list");
    let list = ["--inputs", "list.json", "--symbol", "sink_done", "--args"];
    let spec = "buf=arg0,cursor=arg1,src=arg2,len=arg3";
    let run = [
        &list[..],
        &[spec, "--only-id", "other", "--target-program", "./whole"],
    ]
    .concat();
    let Some(code) = built.run(&run) else { return };
    assert_eq!((code, &built.stats("other")["break_hits"]), (0, &7.into()));
    let manifest = built.json("out/manifest.json");
    assert_eq!(manifest["inputs"][0]["mode"], "patch");
    assert_eq!(manifest["inputs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_program_that_is_killed_is_tried_again_and_marked_if_it_always_is() {
    let Some(built) = Built::new() else { return };
    let symbol = ["--profile", "in.txt", "--symbol", "sink_write"];
    let target = ["--target-program", "./whole"];
    let Some(code) = built.run(&[&symbol[..], &target, &["once"]].concat()) else {
        return;
    };
    let input = &built.json("out/manifest.json")["inputs"][0];
    assert_eq!(
        (code, &input["compile"]["attempts"]),
        (0, &json!([{"signaled": 6}, {"exited": 0}]))
    );
    assert_all_was_seen(&built, "the second time");
    let run = [
        &symbol[..],
        &["--retries", "1"],
        &target,
        &["no/such/folder/once"],
    ]
    .concat();
    // It cannot make the file, and falls over that instead.
    let code = built.run(&run).expect("as before");
    let input = &built.json("out/manifest.json")["inputs"][0];
    assert_eq!(code, 1);
    assert_eq!(
        input["compile"]["attempts"],
        json!([{"signaled": 11}, {"signaled": 11}])
    );
    let integrity = &input["trace_integrity"];
    assert_eq!(
        (&integrity["whole"], &integrity["ended_by_signal"]),
        (&false.into(), &true.into())
    );
    assert_all_was_seen(&built, "of what died");
}

#[test]
fn an_interrupted_run_keeps_what_was_written_and_marks_it() {
    let Some(built) = Built::new() else { return };
    for mode in ["hw-breakpoint", "interpose"] {
        let out = built.path("out");
        if out.exists() {
            std::fs::remove_dir_all(&out).expect("removed");
        }
        let run = std::process::Command::new(assert_cmd::cargo::cargo_bin!("lapbelt"))
            .args(["lab", "writes", "run", "--out", "out", "--mode", mode])
            .args(["--profile", "in.txt", "--profile", "in.txt"])
            .args(["--image", "libsink.so", "--symbol", "sink_write"])
            .args(["--target-program", "./linked", "wait"])
            .current_dir(built.dir.path())
            .stdout(std::process::Stdio::null())
            .spawn();
        let mut run = run.expect("a run");
        let blob = built.path("out/blobs/in.sb.bin");
        let has_written = || std::fs::metadata(&blob).is_ok_and(|blob| blob.len() > 0);
        while !has_written() {
            if let Some(status) = run.try_wait().expect("a status") {
                lapbelt_corpus::say_skipped(&format!("{mode}: {status}"));
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let mut kill = Command::new("kill");
        kill.args(["-INT", &run.id().to_string()]);
        kill.output().expect("a signal");
        assert_eq!(run.wait().expect("an end").code(), Some(3), "{mode}");
        assert_all_was_seen(&built, mode);
        let manifest = built.json("out/manifest.json");
        assert_eq!(manifest["interrupted"], true);
        assert_eq!(manifest["complete"], false);
        assert_eq!(manifest["not_run"], json!(["in-2"]));
        let integrity = &manifest["inputs"][0]["trace_integrity"];
        assert_eq!(integrity["interrupted"], true, "{manifest:#}");
        assert_eq!(integrity["whole"], false);
        assert_eq!(built.json("out/summary.json")["interrupted"], true);
    }
}

#[test]
fn a_folder_that_is_used_again_has_only_what_the_last_run_found() {
    let Some(built) = Built::new() else { return };
    std::fs::copy(built.path("in.txt"), built.path("other.txt")).expect("a copy");
    let words = ["--symbol", "sink_write", "--target-program", "./whole"];
    let run = |profile| built.run(&[&["--profile", profile][..], &words].concat());
    if run("other.txt").is_none() {
        return;
    }
    std::fs::write(built.path("out/traces/note.txt"), "mine").expect("a file");
    assert_eq!(run("in.txt"), Some(0));
    let left = |part: &str| {
        let files = std::fs::read_dir(built.path("out").join(part)).expect("a folder");
        let mut names: Vec<_> = files
            .map(|file| file.expect("a file").file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(left("traces"), ["in.jsonl", "note.txt"]);
    assert_eq!(left("blobs"), ["in.sb.bin"]);
    assert_eq!(left("stats"), ["in.stats.json"]);

    // What is not of such a run stays, and is not mixed with one.
    std::fs::remove_file(built.path("out/manifest.json")).expect("removed");
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    command.args([
        "lab",
        "writes",
        "run",
        "--out",
        "out",
        "--profile",
        "in.txt",
    ]);
    let output = command.args(words).current_dir(built.dir.path()).output();
    let output = output.expect("a run");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("choose another --out"), "{said}");
    assert_eq!(left("blobs"), ["in.sb.bin"]);
}

#[test]
fn what_is_missing_is_said() {
    let Some(built) = Built::new() else { return };
    let said = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        command
            .args(["lab", "writes", "run", "--out", "out"])
            .args(arguments);
        let output = command
            .current_dir(built.dir.path())
            .output()
            .expect("a run");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let none = said(&["--target-program", "./whole"]);
    assert!(none.contains("--symbol"), "{none}");
    let library = said(&[
        "--image",
        "libno.so",
        "--symbol",
        "x",
        "--target-program",
        "./whole",
    ]);
    assert!(library.contains("needs no library libno.so"), "{library}");
    let input = said(&[
        "--symbol",
        "sink_write",
        "--target-program",
        "./whole",
        "{input}",
    ]);
    assert!(input.contains("--profile"), "{input}");
    let address = said(&["--unslid-address", "0x10", "--target-program", "./whole"]);
    assert!(address.contains("no code at 0x10"), "{address}");
    std::fs::write(built.path("empty.json"), "[]").expect("a list");
    let list = said(&["--inputs", "empty.json"]);
    assert!(list.contains("the list is empty"), "{list}");
    let file = said(&["--library", "none.so", "--profile", "in.txt"]);
    assert!(file.contains("there is no file none.so"), "{file}");
    let other = said(&[
        "--image",
        "in.txt",
        "--symbol",
        "x",
        "--target-program",
        "./whole",
    ]);
    assert!(other.contains("no executable or library"), "{other}");
    let input = said(&["--profile", "in.txt", "--only-id", "no"]);
    assert!(input.contains("there are in"), "{input}");
    let symbol = said(&["--symbol", "drain", "--target-program", "./whole"]);
    assert!(symbol.contains("no symbol `drain`"), "{symbol}");
    let other = said(&[
        "--symbol",
        "sink_write",
        "--immutable-symbol",
        "drain",
        "--target-program",
        "./whole",
    ]);
    assert!(other.contains("no symbol `drain`"), "{other}");
}

#[test]
fn words_of_the_command_stand_for_files_and_parameters() {
    let Some(built) = Built::new() else { return };
    let list = json!([{"string": "text of a list", "id": "one", "params": {"HOW": "cat"}}]);
    std::fs::write(built.path("list.json"), list.to_string()).expect("a list");
    let script = "{HOW} \"{input}\" > \"{output}\"";
    let Some(code) = built.run(&[
        "--inputs",
        "list.json",
        "--symbol",
        "sink_write",
        "--image",
        "./libsink.so",
        "--allow-zero-hits",
        "--target-program",
        "/bin/sh",
        "-c",
        script,
    ]) else {
        return;
    };
    assert_eq!(code, 0);
    let blob = std::fs::read_to_string(built.path("out/blobs/one.sb.bin"));
    assert_eq!(blob.expect("a file"), "text of a list");
    let input = &built.json("out/manifest.json")["inputs"][0];
    assert_eq!(input["hook"]["hook_status"], "not_loaded");
}

#[test]
fn the_compiler_of_a_library_leaves_what_it_wrote_before_an_error() {
    let Some(built) = Built::new() else { return };
    let text = "first second $ROOT last";
    let entry = |id: &str, params: Value| json!({"string": text, "id": id, "params": params});
    let list = json!([
        entry("with", json!({"ROOT": "/private/tmp"})),
        entry("without", json!({})),
        {"file": "in.txt"},
    ]);
    std::fs::write(built.path("list.json"), list.to_string()).expect("a list");
    for (library, mode) in [
        ("./libsandbox.so", "hw-breakpoint"),
        ("./libsandbox.so", "patch"),
        ("./libours.so", "hw-breakpoint"),
        ("./libours.so", "patch"),
        // The system's library does not export its routines.
        ("./libours.so", "interpose"),
    ] {
        let is_ours = library == "./libours.so";
        let run = [
            "--mode",
            mode,
            "--library",
            library,
            "--inputs",
            "list.json",
        ];
        let Some(code) = built.run(&run) else {
            return;
        };
        // One of the three was not compiled.
        assert_eq!(code, 1);
        let words = |id: &str| -> Vec<String> {
            let records = built.records(id).into_iter();
            records
                .map(|record| {
                    let hex = record["bytes_hex"].as_str().expect("digits").to_string();
                    let digits = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
                    let bytes = digits.map(|two| u8::from_str_radix(two, 16).expect("digits"));
                    String::from_utf8(bytes.collect()).expect("text")
                })
                .collect()
        };
        assert_eq!(words("with"), ["first", "second", "/private/tmp", "last"]);
        assert_eq!(words("without"), ["first", "second"]);
        assert_eq!(words("in").concat(), "whatiswritten,piecebypiece");
        let blob = std::fs::read_to_string(built.path("out/blobs/with.sb.bin"));
        assert_eq!(blob.expect("a profile"), "firstsecond/private/tmplast");
        let manifest = built.json("out/manifest.json");
        assert_eq!(manifest["target"]["library_is_ours"], is_ours);
        let found = built.findings();
        let tier = if is_ours { "derived" } else { "witnessed" };
        assert!(found.iter().all(|finding| finding["tier"] == tier));
        let failed = &manifest["inputs"][1];
        assert_eq!(
            (&failed["id"], &failed["records"]),
            (&"without".into(), &2.into())
        );
        assert_eq!(failed["compile"]["status"], "failed");
        let why = failed["compile"]["stderr"].as_str().expect("text");
        assert!(why.contains("expected pattern, got boolean"), "{why}");
        let integrity = &failed["trace_integrity"];
        assert_eq!(
            (&integrity["trace"], &integrity["whole"]),
            (&true.into(), &false.into())
        );
        let ends = ["with", "without"].map(|id| built.stats(id)["immutable_hits"].as_u64());
        assert_eq!(ends, [Some(1), Some(0)]);
    }
}
