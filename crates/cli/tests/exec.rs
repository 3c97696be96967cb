//! `lapbelt exec` as a stand-in for `sandbox-exec`, and what it says of denials.

mod supervised;

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use supervised::skipped;

fn lapbelt(args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    command.args(args).output().expect("a run")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Whether whoever started the tests had the interrupt ignored, as a shell does for what it starts
/// in the background: it stays so in every program run here.
fn interrupt_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(mask.expect("a mask").trim(), 16).expect("hex");
    mask & (1 << (2 - 1)) != 0
}

const ALL: &str = "(version 1)(allow default)";

#[test]
fn exit_status_and_signals_pass_through() {
    if skipped() {
        return;
    }
    for (script, code) in [("exit 0", 0), ("exit 7", 7)] {
        let output = lapbelt(&["exec", "-p", ALL, "/bin/sh", "-c", script]);
        assert_eq!(output.status.code(), Some(code), "{script}");
        assert_eq!(stderr(&output), "", "{script}");
    }
    // A shell goes on with its script after a program that handles the key of its user, and not
    // after one that dies of it.
    for signal in [2, 9, 11, 13, 15] {
        let script = format!("kill -{signal} $$");
        let output = lapbelt(&["exec", "-p", ALL, "/bin/sh", "-c", &script]);
        let ended = (signal != 2 || !interrupt_is_ignored()).then_some(signal);
        assert_eq!(output.status.signal(), ended, "{output:?}");
        assert!(!output.status.core_dumped(), "{output:?}");
        assert_eq!(stderr(&output), "", "{script}");
    }
}

#[test]
fn options_may_stand_right_before_their_values_and_unknown_ones_are_refused() {
    if skipped() {
        return;
    }
    let all = format!("-p{ALL}");
    for words in [
        &["-DX=1", "-p", ALL, "true"][..],
        &["-p", ALL, "-DX=1", "sh", "-c", "exit 0"],
        &[&all, "true", "--bogus", "-DX=1"],
        &["-nno-write", "true"],
    ] {
        let output = lapbelt(&[&["exec"], words].concat());
        assert_eq!(output.status.code(), Some(0), "{words:?} {output:?}");
    }
    for before in [
        &[][..],
        &["--quiet"],
        &["-q", "--color", "never"],
        &["--color=never"],
    ] {
        let output = lapbelt(&[before, &["exec", "-p", ALL, "--bogus", "true"]].concat());
        assert_eq!(output.status.code(), Some(64), "{before:?} {output:?}");
    }
    let output = lapbelt(&["--quiet", "query", "--bogus"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_closed_standard_stream_stays_closed() {
    if skipped() {
        return;
    }
    let is_open = |number: u8, redirection: &str| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("exec \"$@\" {redirection}"), "sh"]);
        command.arg(env!("CARGO_BIN_EXE_lapbelt"));
        let test = format!("test -e /proc/$$/fd/{number}");
        command.args(["exec", "-q", "-p", ALL, "/bin/sh", "-c", &test]);
        let status = command.output().expect("a run").status;
        status.code().expect("an exit code") == 0
    };
    for number in 0..3 {
        assert!(is_open(number, ""), "{number}");
        assert!(!is_open(number, &format!("{number}>&-")), "{number}");
        assert!(is_open(number, &format!("{number}<>/dev/null")), "{number}");
    }
}

#[test]
fn what_cannot_be_executed_is_71() {
    if skipped() {
        return;
    }
    let output = lapbelt(&["exec", "-p", ALL, "/no/such/program"]);
    assert_eq!(output.status.code(), Some(71));
    assert!(stderr(&output).contains("/no/such/program"));
    let output = lapbelt(&["exec", "-p", "(version 1)(deny default)", "/bin/true"]);
    assert_eq!(output.status.code(), Some(71), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("(allow process-exec* (literal"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_a_script_was_not_let_start_by_is_named() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = script(folder.path(), "script.sh", "#!/bin/sh\n");
    let profile = "(version 1)(allow default)(deny process-exec-interpreter)";
    let output = lapbelt(&["exec", "-p", profile, &script]);
    assert_eq!(output.status.code(), Some(71), "{}", stderr(&output));
    let said = stderr(&output);
    let last = said.lines().last().unwrap_or_default();
    assert!(
        last.ends_with("allow process-exec-interpreter for it"),
        "{said}"
    );
    let needed = said
        .lines()
        .filter(|line| line.contains("script.sh,") || line.ends_with("; script.sh"));
    assert_eq!(needed.count(), 2, "{said}");
}

/// A script that may be executed.
fn script(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a script");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, executable).expect("it is ours");
    path.display().to_string()
}

#[test]
fn a_script_without_a_first_line_of_its_own_is_run_by_the_shell() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let bare = script(folder.path(), "bare", "echo \"$0 $1\"; exit 7\n");
    let output = lapbelt(&["exec", "-p", ALL, &bare, "one"]);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said, format!("{bare} one\n"));
    let shell = std::fs::canonicalize("/bin/sh").expect("a shell");
    let deny = format!("(deny process-exec* (literal \"{}\"))", shell.display());
    let output = lapbelt(&["exec", "-p", &format!("{ALL}{deny}"), &bare]);
    assert_eq!(output.status.code(), Some(71), "{output:?}");
    assert!(stderr(&output).contains("does not let"), "{output:?}");

    let learnt = assert_cmd::Command::cargo_bin("lapbelt")
        .expect("the built command")
        .current_dir(folder.path())
        .args(["workflow", "--success-cmd", "test $LAPBELT_STATUS = 7"])
        .args(["--cmd", "./bare"])
        .output()
        .expect("a run");
    assert!(learnt.status.success(), "{learnt:?}");
}

#[test]
fn an_interpreter_that_is_none_is_named() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let own = tempfile::tempdir().expect("a folder");
    let other = format!("#!{}\n", own.path().display());
    let profile = folder.path().join("given.sb").display().to_string();
    std::fs::write(&profile, ALL).expect("a profile");
    for (text, wanted) in [
        ("#!/no/such\n", "interpreter /no/such is missing"),
        ("#! /no/such -x\ntrue\n", "interpreter /no/such is missing"),
        ("#!/bin/sh\r\ntrue\r\n", "(CR-LF)"),
        (&other, "no program"),
        ("#!/etc/passwd\n", "no program"),
    ] {
        let script = script(folder.path(), "script", text);
        let output = lapbelt(&["exec", "-p", ALL, &script]);
        assert_eq!(output.status.code(), Some(71), "{output:?}");
        let said = stderr(&output);
        assert!(said.contains(wanted), "{said}");
        assert!(said.contains(&script), "{said}");
        for verb in [&["workflow"][..], &["shrink", "--profile", &profile]] {
            let learnt = assert_cmd::Command::cargo_bin("lapbelt")
                .expect("the built command")
                .current_dir(own.path())
                .args([verb, &["--cmd", &script]].concat())
                .output()
                .expect("a run");
            assert_eq!(learnt.status.code(), Some(2), "{learnt:?}");
            assert!(stderr(&learnt).contains(wanted), "{learnt:?}");
            let left = std::fs::read_dir(own.path()).expect("a folder").count();
            assert_eq!(left, 0, "{verb:?} {text}");
        }
    }
}

#[test]
fn an_interpreter_that_env_does_not_find_for_the_line_ends_is_told() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("given.sb"), ALL).expect("a profile");
    script(folder.path(), "script", "#!/usr/bin/env sh\r\ntrue\r\n");
    script(folder.path(), "other", "#!/usr/bin/env sh\nexit 127\r\n");
    let shrinking = ["shrink", "--profile", "given.sb", "--cmd"];
    for (words, code) in [
        (&["exec", "-f", "given.sb"][..], 127),
        (&["workflow", "--cmd"], 2),
        (&shrinking, 1),
    ] {
        for (script, told) in [("./script", true), ("./other", false)] {
            let output = assert_cmd::Command::cargo_bin("lapbelt")
                .expect("the built command")
                .current_dir(folder.path())
                .args([words, &[script]].concat())
                .output()
                .expect("a run");
            let said = stderr(&output);
            assert!(!told || output.status.code() == Some(code), "{output:?}");
            assert_eq!(said.contains("(CR-LF)"), told, "{words:?} {script}: {said}");
        }
    }
}

#[test]
fn a_denial_is_explained_with_the_rule_that_would_allow_it() {
    if skipped() {
        return;
    }
    let profile = "(version 1)\n(allow default)\n(deny file-read-data (literal \"/etc/hostname\"))";
    let output = lapbelt(&["exec", "-p", profile, "/bin/cat", "/etc/hostname"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(
        text.contains("cat: /etc/hostname: Operation not permitted"),
        "{text}"
    );
    assert!(
        text.contains("file-read-data /etc/hostname — cat, by -p:3:1"),
        "{text}"
    );
    assert!(
        text.contains("(allow file-read-data (literal \"/etc/hostname\"))"),
        "{text}"
    );
    let output = lapbelt(&["exec", "-q", "-p", profile, "/bin/cat", "/etc/hostname"]);
    assert!(!stderr(&output).contains("lapbelt"), "{}", stderr(&output));
}

#[test]
fn a_denial_of_nothing_in_particular_is_told_without_a_gap() {
    if skipped() {
        return;
    }
    let profile = "(version 1)(allow default)(deny process-fork)";
    let output = lapbelt(&["exec", "-p", profile, "/bin/sh", "-c", "true & wait"]);
    let said = stderr(&output);
    assert!(
        said.contains("\n  process-fork — sh, by -p:1:27\n"),
        "{said}"
    );
}

/// No profile allows it, so that none is asked for.
#[test]
fn who_supervises_is_out_of_reach() {
    if skipped() {
        return;
    }
    let profile = "(version 1)(allow default)(deny file-write-data (literal \"/none\"))";
    let script = "echo x > /proc/$PPID/mem";
    let output = lapbelt(&["exec", "-p", profile, "/bin/sh", "-c", script]);
    assert_ne!(output.status.code(), Some(0));
    let said = stderr(&output);
    let told = "lapbelt: refused whatever the profile says: 1 call (no program may reach into";
    assert!(said.contains(told), "{said}");
    assert!(!said.contains("only if the profile allows"), "{said}");
}

#[test]
fn denials_that_cannot_be_written_fail() {
    if skipped() {
        return;
    }
    let profile = "(version 1)(allow default)(deny file-read* (literal \"/etc/passwd\"))";
    let words = ["exec", "--violations", "/dev/full", "-p", profile];
    let script = ["/bin/sh", "-c", "cat /etc/passwd; true"];
    let output = lapbelt(&[&words[..], &script].concat());
    assert_eq!(output.status.code(), Some(70), "{output:?}");
    assert!(stderr(&output).contains("cannot write violations"));
}

#[test]
fn json_is_refused_and_where_it_is_to_be_had_is_said() {
    for words in [["--json", "exec"], ["exec", "--json"]] {
        let output = lapbelt(&[&words[..], &["-p", ALL, "/bin/echo", "text"]].concat());
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        assert!(stderr(&output).contains("--violations"), "{output:?}");
    }
}

#[test]
fn named_profiles_do_what_their_names_say() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let file = folder.path().join("file").display().to_string();
    let write = format!("echo x > '{file}'");
    let fails = |name: &str, script: &str| {
        !lapbelt(&["exec", "-q", "-n", name, "/bin/sh", "-c", script])
            .status
            .success()
    };
    assert!(!fails("no-network", &write));
    assert!(fails("no-write", &write));
    assert!(!fails("no-write", "echo x > /dev/null"));
    std::fs::write(&file, "").expect("a file");
    for change in ["ln '{}' '{}2'", "mkfifo '{}2'"] {
        let change = change.replace("{}", &file);
        assert!(fails("no-write", &change), "{change}");
        assert!(fails("no-write-except-temporary", &change), "{change}");
    }
    assert!(fails("no-write-except-temporary", &write));
    assert!(!fails(
        "no-write-except-temporary",
        "f=$(mktemp /tmp/lapbelt-XXXXXX) && rm $f"
    ));
    assert!(fails("pure-computation", &write));
    assert!(!fails("pure-computation", "exit 0"));
    let output = lapbelt(&["exec", "-n", "no-such-name", "/bin/true"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("pure-computation"));
}

/// Writes violations of `script` under a profile that denies reading what is below `folder`.
fn violations(folder: &Path, script: &str) -> std::path::PathBuf {
    let log = folder.join("violations.ndjson");
    let parameter = format!("F={}", folder.display());
    let profile = "(version 1)(allow default)(deny file-read-data (subpath (param \"F\")))";
    let log_name = log.display().to_string();
    lapbelt(&[
        "exec",
        "-q",
        "-p",
        profile,
        "-D",
        &parameter,
        "--violations",
        &log_name,
        "/bin/sh",
        "-c",
        script,
    ]);
    log
}

#[test]
fn suggestions_allow_what_was_denied_and_no_name_breaks_out_of_its_quotes() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let hostile = "x\")(allow default)(\"\n; y";
    std::fs::write(folder.path().join(hostile), "secret").expect("a file");
    let script = format!("cat {}/x*", folder.path().display());
    // The shell must read the folder to find the name.
    let log = violations(
        folder.path(),
        &script.replace("x*", "'x\")(allow default)(\"\n; y'"),
    );
    let output = lapbelt(&["suggest", &log.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let rules = String::from_utf8(output.stdout).expect("text");
    assert_eq!(
        rules.matches("(allow ").count() - rules.matches("(allow default)").count(),
        1,
        "{rules}"
    );
    let profile = folder.path().join("new.sb");
    std::fs::write(&profile, format!("(version 1)\n(deny default)\n{rules}")).expect("a profile");
    let name = profile.display().to_string();
    let inside = folder.path().join(hostile).display().to_string();
    let ask = |path: &str| {
        let question = ["query", &name, "file-read-data", path, "--world", "linux"];
        lapbelt(&question).status.code()
    };
    assert_eq!(ask(&inside), Some(0), "{rules}");
    assert_eq!(ask("/etc/passwd"), Some(1), "{rules}");
}

#[test]
fn what_cannot_be_told_is_refused_by_no_rule() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let written = folder.path().join("violations");
    let written = written.to_str().expect("text");
    let policy = "(version 1)(allow default)(deny file-read-data (subpath \"/nowhere\"))";
    // Deeper than PATH_MAX.
    let script = "name=$(printf %0200d 1); for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 \
                  20 21 22 23 24 25; do mkdir $name && cd -P $name || exit 9; done; \
                  echo text > file; cat < file";
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    command.current_dir(&folder);
    let args = [
        "exec",
        "-p",
        policy,
        "--violations",
        written,
        "sh",
        "-c",
        script,
    ];
    let output = command.args(args).output().expect("a run");
    assert_ne!(output.status.code(), Some(0), "{output:?}");
    let told = stderr(&output);
    assert!(
        told.contains("not by a rule") && told.contains("path of a folder"),
        "{told}"
    );
    assert!(
        !told.contains("root") && !told.contains("would allow"),
        "{told}"
    );
    let kept = std::fs::read_to_string(written).expect("denials");
    assert!(kept.contains(r#""rule":"none: "#), "{kept}");
    let output = lapbelt(&["suggest", written]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "");
    assert!(
        stderr(&output).contains("no rule is suggested"),
        "{output:?}"
    );
}

#[test]
fn what_outlives_the_program_is_told() {
    if skipped() {
        return;
    }
    let run = |options: &[&str]| {
        // By then it has its name.
        let script = "sleep 600 & until grep -q sleep /proc/$!/comm; do :; done";
        let words = [&["exec"], options, &["-p", ALL, "sh", "-c", script]].concat();
        let output = lapbelt(&words);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        stderr(&output)
    };
    let said = run(&[]);
    assert!(
        said.starts_with("lapbelt: killed") && said.contains("(sleep)"),
        "{said}"
    );
    assert!(said.contains("--linger"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(run(&["-q"]), "");
    let said = run(&["--linger", "0.05"]);
    assert!(said.contains("still ran 0.05 s after"), "{said}");
    let output = lapbelt(&["exec", "--linger=-1", "-p", ALL, "true"]);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(stderr(&output).contains("0 or more"), "{output:?}");
    let output = lapbelt(&[
        "exec",
        "--linger",
        "60",
        "-p",
        ALL,
        "sh",
        "-c",
        "sleep 0.1 &",
    ]);
    assert_eq!(stderr(&output), "");
}

#[test]
fn one_that_is_watched_itself_says_so() {
    if skipped() {
        return;
    }
    let own = assert_cmd::cargo::cargo_bin("lapbelt");
    let own = own.to_str().expect("text");
    let output = lapbelt(&["exec", "-p", ALL, own, "exec", "-p", ALL, "true"]);
    assert_eq!(output.status.code(), Some(70), "{output:?}");
    assert!(stderr(&output).contains("run it outside"), "{output:?}");
}
