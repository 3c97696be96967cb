//! `lapbelt world`.

#[path = "../../macho/tests/extract/support.rs"]
mod support;

use assert_cmd::Command;
use lapbelt_policy::world::{World, shipped_text};
use serde_json::Value;
use support::{ARM64E, DYLIB, FILESET, Make, Store, X86_64, fat, macho, macos_13};

fn lapbelt(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("lapbelt")
        .expect("the command is built")
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("it ends");
    (code, text(output.stdout), text(output.stderr))
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = lapbelt(arguments);
    (
        code,
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")),
    )
}

#[test]
fn list_names_every_world_with_what_it_lacks() {
    let (code, text, _) = lapbelt(&["world", "list"]);
    assert_eq!(code, 0);
    assert!(
        text.lines()
            .any(|line| line.starts_with("macos-14.4.1 ") && line.contains(" 196 "))
    );
    let (code, list) = json(&["world", "list", "--json"]);
    assert_eq!(code, 0);
    let of = |name: &str| {
        let all = list.as_array().expect("a list");
        all.iter()
            .find(|world| world["name"] == name)
            .expect("a world")
            .clone()
    };
    assert_eq!(of("macos-14.4.1")["lacks"], serde_json::json!([]));
    assert_eq!(of("macos-14.4.1")["layout"], "macos-14");
    assert_eq!(of("macos-13.0.0")["operations"], 191);
    assert_eq!(of("ios-17")["operations"], Value::Null);
    assert_eq!(of("ios-17")["filters"], 89);
    assert_eq!(of("ios-17")["lacks"][0], "operations");
}

#[test]
fn show_tells_the_evidence_of_each_fact() {
    let (code, world) = json(&["world", "show", "macos-12.5", "--json"]);
    assert_eq!((code, &world["id"]), (0, &Value::from("macos-12.5.0")));
    let operation = &world["operations"][36];
    assert_eq!(operation["name"], "file-write-setugid");
    assert_eq!(operation["own_default"], "deny");
    for kind in ["operations", "filters", "modifiers"] {
        for fact in world[kind].as_array().expect("a list") {
            let keys = fact["evidence"].as_array().expect("keys");
            assert!(!keys.is_empty(), "{fact}");
            for key in keys {
                let key = key.as_str().expect("a key");
                assert!(world["evidence"][key].is_string(), "{key}");
            }
        }
    }
    let (_, world) = json(&["world", "show", "macos-14.4.1", "--json"]);
    let implied = &world["implied"][3];
    assert_eq!(implied["rule"], "(allow signal (target self))");
    assert_eq!(implied["evidence"][0], "implied-bytes");
    let inferred = &world["inferred"][1];
    assert_eq!(inferred["when"], "from (version 2) on");
    let (_, text, _) = lapbelt(&["world", "show", "macos-14.4.1"]);
    assert!(
        text.contains("(allow syscall-unix (syscall-number SYS_kill)), if a rule allows any signal, from (version 2) on  [mask-bytes]"),
        "{text}"
    );
    let (code, text, _) = lapbelt(&["world", "show", "ios-13"]);
    assert_eq!(code, 0);
    assert!(
        text.contains("file-read-data") && text.contains("Proteas/ios13"),
        "{text}"
    );
    let (code, _, error) = lapbelt(&["world", "show", "macos-9"]);
    assert_eq!(code, 2);
    assert!(error.contains("macos-9"), "{error}");
}

#[test]
fn check_tells_the_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        path.to_str().expect("a path").to_owned()
    };
    let head = "world w\nevidence e seen\noperation 0 default parent=- default=deny evidence=e\n";
    let good = file("good.world", head);
    assert_eq!(lapbelt(&["world", "check", &good]).0, 0);
    let odd = file("odd.world", &format!("{head}evidence never cited\n"));
    let (code, text, _) = lapbelt(&["world", "check", &odd]);
    assert_eq!(
        (code, text),
        (1, format!("{odd}:4: no fact cites the evidence `never`\n"))
    );
    let bad = file(
        "bad.world",
        &format!("{head}operation 2 a parent=default evidence=e\n"),
    );
    let (code, _, error) = lapbelt(&["world", "check", &bad]);
    assert_eq!(code, 2);
    assert!(error.contains(&format!("{bad}:4: ")), "{error}");
    assert_eq!(lapbelt(&["world", "check", "none.world"]).0, 2);
}

#[test]
fn a_world_is_named_alike_everywhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        path.to_str().expect("a path").to_owned()
    };
    let profile = file("p.sb", "(version 1)(allow default)");
    let (_, id) = json(&["world", "show", "macos-14.4.1", "--json"]);
    let id = id["id"].as_str().expect("an id");
    // By its whole id, and in a file whose name says nothing.
    let mine = file("mine", &format!("world mine\nbased-on {id}\n"));
    for command in [
        &["world", "check", &mine][..],
        &["world", "show", &mine],
        &["query", "--world", &mine, &profile, "file-read-data", "/a"],
    ] {
        let (code, _, error) = lapbelt(command);
        assert_eq!(code, 0, "{command:?}: {error}");
    }
}

#[test]
fn diff_tells_what_a_build_added() {
    let (code, text, _) = lapbelt(&["world", "diff", "macos-13.0.0", "macos-14.4.1"]);
    assert_eq!(code, 1);
    let has = |line: &str| assert!(text.lines().any(|own| own.trim() == line), "{line}: {text}");
    has("+ syscall-mig (153)");
    has("- process-codesigning* (118)");
    assert!(text.contains(" renumbered, "));
    let (code, _, _) = lapbelt(&["world", "diff", "ios-13", "ios-13"]);
    assert_eq!(code, 0);
    let (code, delta) = json(&["world", "diff", "ios-17", "macos-15", "--json"]);
    assert_eq!(code, 1);
    assert_eq!(delta["not_compared"][0], "operations");
    let changes = delta["changes"].as_array().expect("a list");
    assert!(changes.iter().all(|change| change["kind"] != "operation"));
    let added = |c: &&Value| c["name"] == "profile-flag" && c["change"] == "added" && c["to"] == 93;
    assert_eq!(changes.iter().filter(added).count(), 1);
}

#[test]
fn other_builds_are_not_compiled_for_in_this_layout() {
    let mut command = Command::cargo_bin("lapbelt").expect("the command is built");
    let arguments = ["compile", "-", "-o", "-", "--world", "ios-13"];
    let run = command
        .args(arguments)
        .write_stdin("(version 1)(deny default)")
        .output();
    let output = run.expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[test]
fn extract_says_what_could_not_be_told_and_the_rest_checks() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("libsandbox.1.dylib");
    // Paths and other patterns have one type, which is as good as none.
    let text = shipped_text("macos-13.0.0").expect("a shipped world");
    let text = text.replace("kind=path-pattern ", "kind=pattern ");
    let world = World::parse(&text, &shipped_text).expect("a world");
    let make = Make {
        cpu: X86_64,
        filetype: DYLIB,
        base: 0x1_8a00_0000,
        store: Store::Plain,
        is_whole: true,
    };
    std::fs::write(&path, macho(&world, make)).expect("it is written");
    let path = path.to_str().expect("a path");
    let out = format!("{path}.world");
    let (code, told, _) = lapbelt(&["world", "extract", path, "-o", &out]);
    assert_eq!(code, 0);
    assert!(
        told.contains("of 89 filters the kind of argument could not be told"),
        "{told}"
    );
    let text = std::fs::read_to_string(&out).expect("a world");
    assert!(
        text.contains(
            "\n;   filter 1 path category=path kind=path-pattern cost=0 evidence=filters\n"
        )
    );
    assert!(
        text.contains("\n; evidence filters __DATA_CONST,__const at 0x"),
        "{text}"
    );
    let (code, told, error) = lapbelt(&["world", "check", &out]);
    assert_eq!(code, 0, "{told}{error}");
}

#[test]
fn extract_makes_a_world_that_checks_and_shows() {
    let directory = tempfile::tempdir().expect("a directory");
    let make = |cpu, filetype, store| {
        let base = 0x1_8a00_0000;
        let is_whole = true;
        macho(
            &macos_13(),
            Make {
                cpu,
                filetype,
                base,
                store,
                is_whole,
            },
        )
    };
    let intel = make(X86_64, DYLIB, Store::Plain);
    let arm = make(ARM64E, DYLIB, Store::Chained(1));
    let files = [
        (
            "libsandbox.1.dylib",
            fat(&[(X86_64, intel), (ARM64E, arm)]),
            "arm64e",
        ),
        (
            "cached",
            make(ARM64E, DYLIB, Store::Cache { version: 3 }),
            "arm64e",
        ),
        (
            "kernelcache",
            make(X86_64, FILESET, Store::Chained(8)),
            "x86_64",
        ),
    ];
    for (name, bytes, architecture) in files {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).expect("it is written");
        let path = path.to_str().expect("a path");
        let out = format!("{path}.world");
        let (code, text, error) = lapbelt(&["world", "extract", path, "-o", &out]);
        assert_eq!(code, 0, "{error}");
        assert!(
            text.contains("191 operations, 89 filters, 19 modifiers"),
            "{text}"
        );
        assert!(text.contains("__DATA_CONST,__const at 0x"), "{text}");
        let (code, text, error) = lapbelt(&["world", "check", &out]);
        assert_eq!(code, 0, "{text}{error}");
        let (code, world) = json(&["world", "show", &out, "--json"]);
        assert_eq!(code, 0);
        assert_eq!(world["id"], format!("{name}-{architecture}"));
        assert_eq!(world["operations"][0]["evidence"][0], "operations");
        // Nothing is added, removed or renumbered against the world it was made of.
        let (_, delta) = json(&["world", "diff", "macos-13.0.0", &out, "--json"]);
        let changes = delta["changes"].as_array().expect("a list");
        assert_eq!(changes.len(), 0, "{changes:?}");
    }
    let junk = directory.path().join("junk");
    std::fs::write(&junk, "no Mach-O file").expect("it is written");
    let junk = junk.to_str().expect("a path");
    let (code, text, error) = lapbelt(&["world", "extract", junk]);
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(error.contains("no Mach-O file"), "{error}");
}

#[test]
fn without_operations_a_profile_is_read_by_numbers() {
    let directory = tempfile::tempdir().expect("a directory");
    let blob = directory.path().join("p.sb.bin");
    let blob = blob.to_str().expect("a path");
    let mut command = Command::cargo_bin("lapbelt").expect("the command is built");
    let profile = "(version 2)(deny default)(allow file-read-data (literal \"/a\"))";
    let compiled = command
        .args(["compile", "-", "-o", blob])
        .write_stdin(profile)
        .output();
    assert!(compiled.expect("it runs").status.success());
    let (code, text, error) = lapbelt(&["decode", blob, "--world", "ios-17"]);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("path literal \"/a\""), "{text}");
    assert!(
        text.contains("operation 189") && !text.contains("file-read-data"),
        "{text}"
    );
    let (code, _, error) = lapbelt(&["decompile", blob, "--world", "ios-17"]);
    assert_eq!(code, 2);
    assert!(error.contains("does not say which operations"), "{error}");
}

#[test]
fn nothing_is_compiled_for_a_world_without_operations() {
    let profile = env!("CARGO_MANIFEST_DIR").to_owned() + "/../../profiles/no-write.sb";
    let (code, _, error) = lapbelt(&["compile", &profile, "-o", "-", "--world", "ios-17"]);
    assert_eq!(code, 2);
    assert!(
        error.contains("ios-17 has no list of operations"),
        "{error}"
    );
}
