//! What a run leaves in its directory: nothing of another's, and what a later command needs to know.

mod learning;
mod supervised;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use learning::learn;
use serde_json::Value;
use supervised::skipped;

/// Runs `lapbelt` in a folder; its exit code and what it said on standard error.
fn lapbelt(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("a run");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("an exit code"), text)
}

fn manifest(folder: &Path) -> Value {
    let text = fs::read(folder.join("run.json")).expect("a manifest");
    serde_json::from_slice(&text).expect("JSON")
}

/// Lines of the metrics of a phase.
fn noted(phase: &Path) -> usize {
    let text = fs::read_to_string(phase.join("metrics.jsonl")).expect("metrics");
    text.lines().count()
}

/// A folder with a file `data`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data"), "precious").expect("a file");
    folder
}

#[test]
fn what_another_program_left_is_not_taken_for_its_own() {
    if skipped() {
        return;
    }
    let folder = folder();
    let (code, text) = learn(folder.path(), &[], "cat data");
    assert_eq!(code, 0, "{text}");
    let out = folder.path().join("lapbelt-out");
    let (shrunk, phase) = (out.join("profiles/shrunk.sb"), out.join("phases/shrink"));
    let profile = fs::read(&shrunk).expect("a profile");
    let shrink = |script: &str| {
        let profile = "lapbelt-out/profiles/trace.sb";
        shrink(folder.path(), profile, &[], script)
    };

    let (code, text) = shrink("exit 3");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("is kept in"), "{text}");
    assert!(!shrunk.exists());
    assert_eq!(noted(&phase), 1);
    assert!(!phase.join("validation/post_shrink_fresh.json").exists());
    let kept = out.join("earlier");
    assert_eq!(
        fs::read(kept.join("profiles/shrunk.sb")).ok(),
        Some(profile)
    );
    assert_eq!(manifest(&kept)["shrink"]["status"], "success");
    assert!(noted(&kept.join("phases/shrink")) > 1);

    // The same once more goes on with what was tried.
    assert_eq!(shrink("cat data").0, 0);
    let before = noted(&phase);
    assert_eq!(shrink("cat data").0, 0);
    assert_eq!(noted(&phase), before);
    assert_eq!(manifest(&out)["runs"], 4);
}

#[test]
fn a_third_run_in_a_row_is_learnt_from_if_three_are_asked_for() {
    if skipped() {
        return;
    }
    let folder = folder();
    let script = "if [ -e b ]; then read x < data || :; elif [ -e a ]; then :> b; else :> a; fi";
    for (streak, has_read) in [("2", false), ("3", true)] {
        let (code, text) = lapbelt(
            folder.path(),
            &[
                "trace",
                "--profile",
                "learnt.sb",
                "--out",
                streak,
                "--success-streak",
                streak,
                "--cmd",
                "/bin/sh",
                "--",
                "-c",
                script,
            ],
        );
        assert_eq!(code, 0, "{text}");
        let learnt = folder.path().join("learnt.sb");
        let profile = fs::read_to_string(&learnt).expect("a profile");
        assert_eq!(profile.contains("/data\""), has_read, "{profile}");
        fs::remove_file(learnt).expect("a file");
    }
}

/// Shrinks a profile for a shell script; exit code and messages.
fn shrink(folder: &Path, profile: &str, options: &[&str], script: &str) -> (i32, String) {
    let words = [
        &["shrink", "--profile", profile],
        options,
        &["--cmd", "/bin/sh", "--", "-c", script],
    ];
    lapbelt(folder, &words.concat())
}

const GIVEN: &str = "(version 1)(deny default)(allow file-read* process* file-map-executable)\n";

#[test]
fn what_was_tried_holds_for_the_same_profile_program_and_times_only() {
    if skipped() {
        return;
    }
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("given.sb"), GIVEN).expect("a profile");
    fs::copy("/bin/sh", at("program")).expect("a program");
    let runs = |profile: &str, options: &[&str]| {
        let words = [
            &["shrink", "--profile", profile],
            options,
            &["--cmd", "./program", "--", "-c", "test -s data"],
        ];
        let (code, text) = lapbelt(folder.path(), &words.concat());
        assert_eq!(code, 0, "{text}");
        manifest(&at("lapbelt-out"))["runs"]
            .as_u64()
            .expect("a number")
    };
    let all = runs("given.sb", &[]);
    assert_eq!(runs("given.sb", &[]), 4);
    assert_eq!(runs("given.sb", &["--timeout", "500"]), all);
    assert_eq!(runs("given.sb", &["--timeout", "500"]), 4);
    assert_eq!(runs("given.sb", &["--timeout", "600"]), all);
    assert_eq!(runs("given.sb", &["--linger", "0.7"]), all);
    // What follows the last section is no part of the program, but of its file.
    let mut rebuilt = fs::read(at("program")).expect("a program");
    rebuilt.push(0);
    fs::write(at("program"), rebuilt).expect("a program");
    assert_eq!(runs("given.sb", &["--linger", "0.7"]), all);
    fs::write(
        at("given.sb"),
        GIVEN.replace(" process*", " signal process*"),
    )
    .expect("a profile");
    assert!(runs("given.sb", &["--linger", "0.7"]) > 4);
    let journal = at("lapbelt-out/phases/shrink/metrics.jsonl");
    let prechecks = || {
        let text = fs::read_to_string(&journal).expect("metrics");
        text.matches("\"precheck\"").count()
    };
    assert_eq!(prechecks(), 1);
    // What is imported may have changed as well.
    fs::write(at("import.sb"), "(import \"given.sb\")").expect("a profile");
    runs("import.sb", &[]);
    let noted = || fs::read(&journal).expect("metrics");
    let before = noted();
    assert_eq!(runs("import.sb", &[]), 4);
    assert_eq!(noted(), before);
    fs::write(at("given.sb"), GIVEN).expect("a profile");
    assert!(runs("import.sb", &[]) > 4);
    assert!(prechecks() == 1 && !noted().starts_with(&before));
}

#[test]
fn a_result_that_is_shrunk_again_is_kept_until_that_succeeds() {
    if skipped() {
        return;
    }
    let folder = folder();
    let (code, text) = learn(folder.path(), &[], "test -s data");
    assert_eq!(code, 0, "{text}");
    let out = folder.path().join("lapbelt-out");
    let shrunk = fs::read(out.join("profiles/shrunk.sb")).expect("a profile");
    fs::write(folder.path().join("data"), "").expect("a file");
    let profile = "lapbelt-out/profiles/shrunk.sb";
    let (code, text) = shrink(folder.path(), profile, &[], "test -s data");
    assert_eq!(code, 1, "{text}");
    let kept = fs::read(out.join("earlier/profiles/shrunk.sb"));
    assert_eq!(kept.ok(), Some(shrunk));
}

#[test]
fn a_run_is_kept_whole_until_another_succeeds() {
    if skipped() {
        return;
    }
    let folder = folder();
    let out = folder.path().join("lapbelt-out");
    fs::write(folder.path().join("other.sb"), GIVEN).expect("a profile");
    let traced = out.join("profiles/trace.sb");
    let traced = traced.to_str().expect("a name");
    for profile in [traced, "lapbelt-out/profiles/trace.sb", "other.sb"] {
        let (code, text) = learn(folder.path(), &[], "cat data");
        assert_eq!(code, 0, "{text}");
        let files = ["trace.sb", "shrunk.sb"].map(|name| out.join("profiles").join(name));
        let learnt = files.map(|path| fs::read(path).expect("a profile"));
        assert_eq!(shrink(folder.path(), profile, &[], "exit 3").0, 1);
        let kept = || {
            let kept = out.join("earlier");
            let files = ["trace.sb", "shrunk.sb"].map(|name| kept.join("profiles").join(name));
            assert_eq!(files.map(|path| fs::read(path).expect("a profile")), learnt);
            assert_eq!(manifest(&kept)["trace"]["status"], "success");
            assert!(noted(&kept.join("phases/trace")) > 0);
            assert!(noted(&kept.join("phases/shrink")) > 1);
        };
        kept();
        assert_eq!(shrink(folder.path(), profile, &[], "exit 4").0, 1);
        kept();
        let (code, text) = learn(folder.path(), &["--max-iters", "1"], "cat data");
        assert_eq!(code, 1, "{text}");
        kept();
    }
}

#[test]
fn candidates_have_as_long_as_the_runs_before_suggest() {
    if skipped() {
        return;
    }
    let limit = |options: &[&str]| {
        let folder = folder();
        let (code, text) = learn(folder.path(), options, "cat data");
        assert_eq!(code, 0, "{text}");
        let manifest = manifest(&folder.path().join("lapbelt-out"));
        manifest["shrink"]["time_limit_s"].as_f64().expect("a time")
    };
    assert!((2.0..600.0).contains(&limit(&[])));
    assert_eq!(limit(&["--timeout", "600"]), 600.0);
    let folder = folder();
    fs::write(folder.path().join("all.sb"), "(version 1)(allow default)").expect("a profile");
    let shrink = ["shrink", "--profile", "all.sb", "--timeout", "0.1", "--cmd"];
    let (code, text) = lapbelt(
        folder.path(),
        &[&shrink[..], &["sleep", "--", "60"]].concat(),
    );
    assert_eq!(code, 1, "{text}");
    let told = "did not end within 0.1 s; --timeout gives it more";
    assert!(text.contains(told), "{text}");
}

#[test]
fn a_profile_is_judged_by_the_world_it_was_learnt_in() {
    if skipped() {
        return;
    }
    let folder = folder();
    let (code, text) = learn(folder.path(), &[], "true");
    assert_eq!(code, 0, "{text}");
    // One of which the worlds say different things.
    fs::write(
        folder.path().join("lapbelt-out/profiles/shrunk.sb"),
        "(version 1)(deny default)(allow file-read-data (literal \"/tmp/x\"))\n",
    )
    .expect("a profile");
    let profile = "lapbelt-out/profiles/shrunk.sb";
    let (code, text) = lapbelt(folder.path(), &["lint", profile]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("judged by the world linux"), "{text}");
    // Any other is one for macOS, where /tmp is a link.
    fs::copy(folder.path().join(profile), folder.path().join("alone.sb")).expect("a copy");
    for args in [["alone.sb", "--json"], [profile, "--world=macos-14.4.1"]] {
        let (code, text) = lapbelt(folder.path(), &[&["lint"], &args[..]].concat());
        assert_eq!((code, text.contains("judged by")), (1, false), "{text}");
    }
    // So is one that was learnt there; what is not known is not guessed.
    let run = folder.path().join("lapbelt-out/run.json");
    let recorded = |world: &str| {
        let mut manifest = manifest(&folder.path().join("lapbelt-out"));
        manifest["world_id"] = world.into();
        fs::write(&run, manifest.to_string()).expect("a manifest");
    };
    let judged = || lapbelt(folder.path(), &["lint", profile, "--fix"]);
    recorded("sonoma-14.4.1-23E224-arm64-dyld-2c0602c5");
    let (code, text) = judged();
    assert_eq!((code, text.contains("judged by")), (1, false), "{text}");
    recorded("macos-99");
    let unknown = judged();
    fs::write(&run, "{").expect("a manifest");
    for (code, text) in [unknown, judged()] {
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("--world names one"), "{text}");
    }
    fs::remove_file(&run).expect("a manifest");
    assert_eq!(judged().0, 1);
}

#[test]
fn a_repeat_run_that_goes_on_as_a_first_one_is_told_of() {
    if skipped() {
        return;
    }
    let folder = folder();
    let script = "if { read line < cache; } 2> /dev/null; then echo used > used; \
                  else { echo made >> cache; } 2> /dev/null; fi; test -f cache";
    let (code, text) = learn(folder.path(), &[], script);
    assert_eq!(code, 0, "{text}");
    let cache = folder.path().canonicalize().expect("a path").join("cache");
    let manifest = manifest(&folder.path().join("lapbelt-out"));
    let denied = manifest["shrink"]["denied_on_repeat"].to_string();
    let asked = format!("file-read-data {}", cache.display());
    assert!(denied.contains(&asked), "{denied}");
    assert!(text.contains("may go on as a first run does"), "{text}");

    let (code, text) = learn(folder.path(), &[], "cat data > copy");
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("as a first run"), "{text}");
}

#[test]
fn a_program_that_reads_its_working_directory_meets_the_run_as_one_folder() {
    if skipped() {
        return;
    }
    let advice = "--out elsewhere keeps it out";
    for script in [
        "find . -type f -exec cat {} + > /dev/null",
        "cp -r . \"$TMPDIR/copy\"",
    ] {
        let (folder, copies) = (folder(), folder());
        let set = format!("TMPDIR={}; {script}", copies.path().display());
        let (code, text) = learn(folder.path(), &[], &set);
        assert_eq!(code, 0, "{script}: {text}");
        assert!(text.contains(advice), "{text}");
        let profile = fs::read_to_string(folder.path().join("lapbelt-out/profiles/shrunk.sb"));
        let profile = profile.expect("a profile");
        let whole = format!("(subpath \"{}/lapbelt-out\")", folder.path().display());
        assert!(profile.contains(&whole), "{profile}");
        let one = format!("(literal \"{}/lapbelt-out", folder.path().display());
        assert!(!profile.contains(&one), "{profile}");
    }
    let folder = folder();
    let args = ["--generalize", "0", "--max-iters", "4"];
    let (code, text) = learn(folder.path(), &args, "find . -type f -exec cat {} +");
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("lapbelt-out; ") && text.contains(advice),
        "{text}"
    );
}

#[test]
fn a_profile_that_is_no_text_is_told_as_elsewhere() {
    let folder = folder();
    fs::write(folder.path().join("odd.sb"), b"(version 1)\n(allow \xff").expect("a file");
    for command in ["trace", "shrink"] {
        let args = [command, "--profile", "odd.sb", "--cmd", "true"];
        let (code, text) = lapbelt(folder.path(), &args);
        assert_eq!(code, 2, "{text}");
        assert!(
            text.contains("odd.sb:2:8: byte 0xff is not UTF-8; "),
            "{text}"
        );
    }
}

#[test]
fn a_learnt_profile_is_asked_about_as_it_was_learnt() {
    if skipped() {
        return;
    }
    let folder = folder();
    let (code, text) = learn(folder.path(), &[], "true");
    assert_eq!(code, 0, "{text}");
    let profile = "lapbelt-out/profiles/shrunk.sb";
    // On macOS /tmp is a link, and what is asked about it is asked about /private/tmp.
    let rules = "(version 1)(deny default)(allow file-read-data (literal \"/tmp/x\"))\n";
    for name in [profile, "alone.sb"] {
        fs::write(folder.path().join(name), rules).expect("a profile");
    }
    let on_macos = ["--world", "macos-14.4.1"];
    let told = "judged by the world linux";
    for words in [
        &["query", profile, "file-read-data", "/tmp/x"][..],
        &["expand", profile],
        &["graph", profile, "--format", "dot"],
        &["diff", profile, "alone.sb"],
        &["diff", "alone.sb", profile],
    ] {
        let (code, text) = lapbelt(folder.path(), words);
        assert_eq!((code, text.contains(told)), (0, true), "{words:?} {text}");
        let (_, text) = lapbelt(folder.path(), &[words, &on_macos].concat());
        assert!(!text.contains(told), "{words:?} {text}");
    }
    let asked = ["query", "alone.sb", "file-read-data", "/tmp/x"];
    let (code, text) = lapbelt(folder.path(), &asked);
    assert_eq!((code, text.contains(told)), (1, false), "{text}");
}
