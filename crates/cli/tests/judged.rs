//! What counts as a success of a run, and what is said when there is none.

mod learning;
mod supervised;

use learning::learn;
use std::path::Path;
use std::process::Command;
use supervised::skipped;

#[test]
fn a_run_in_which_the_program_was_not_started_is_no_success() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = learn(folder.path(), &["--success-cmd", "true"], "exit 5");
    assert_eq!(code, 0, "{text}");
    let profile = folder.path().join("lapbelt-out/profiles/shrunk.sb");
    let profile = std::fs::read_to_string(profile).expect("a profile");
    assert!(profile.contains("(allow process-exec*"), "{profile}");
    // Nor is one in which it could not be loaded.
    assert!(profile.contains("/libc.so"), "{profile}");
}

#[test]
fn a_program_that_fails_by_itself_leaves_nothing_half_written() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = learn(folder.path(), &[], "exit 5");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("with exit status 5 "), "{text}");
    assert!(!text.contains("standard input"), "{text}");
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "{folder:?}");
    // Nor is there anything of one that cannot be started.
    let (code, text) = learn(folder.path(), &["--fresh-cmd", "false"], "true");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("run it by hand in"), "{text}");
    let (code, text) = learn(folder.path(), &[], "kill -9 $$");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("exit status 137 (SIGKILL)"), "{text}");
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "{folder:?}");
    // A folder of the user's own stays.
    std::fs::create_dir(folder.path().join("given")).expect("a folder");
    let (code, text) = learn(folder.path(), &["--out", "given"], "exit 5");
    assert_eq!(code, 2, "{text}");
    let given = std::fs::read_dir(folder.path().join("given"));
    assert_eq!(given.expect("it is there").count(), 0);
}

#[test]
fn a_run_that_cannot_go_on_says_why_in_its_files_too() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("data"), "").expect("a file");
    let (code, text) = learn(folder.path(), &[], "rm data");
    assert_eq!(code, 2, "{text}");
    let output = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
        .current_dir(folder.path())
        .arg("summary")
        .output()
        .expect("a run");
    let summary = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(summary.contains("\ntrace    failed: "), "{summary}");
    assert!(summary.contains("\nbecause  "), "{summary}");
    let status = folder.path().join("lapbelt-out/phases/trace/status.json");
    let status = std::fs::read_to_string(status).expect("a status");
    assert!(status.contains("deleted or renamed"), "{status}");
}

#[test]
fn what_the_program_last_said_is_kept_of_each_phase() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = learn(folder.path(), &[], "echo one; echo two >&2");
    assert_eq!(code, 0, "{text}");
    for phase in ["trace", "shrink"] {
        let phase = folder.path().join("lapbelt-out/phases").join(phase);
        for (name, said) in [("stdout.txt", "one\n"), ("stderr.txt", "two\n")] {
            let text = std::fs::read_to_string(phase.join(name)).expect(name);
            // The shell may have been denied something that it does without.
            assert!(text.ends_with(said), "{phase:?}: {text}");
        }
    }
}

#[test]
fn input_that_no_run_reads_is_told_of() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("input");
    std::fs::write(&input, "text\n").expect("a file");
    for (input, told) in [(input.as_path(), true), (Path::new("/dev/null"), false)] {
        let input = std::fs::File::open(input).expect("a file");
        let output = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
            .current_dir(folder.path())
            .args(["workflow", "--cmd", "grep", "--", "text"])
            .stdin(input)
            .output()
            .expect("a run");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert_eq!(
            text.contains("read an empty standard input"),
            told,
            "{text}"
        );
    }
}

#[test]
fn the_command_that_judges_is_blamed_for_its_verdict() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = learn(folder.path(), &["--success-cmd", "test -s missing"], "true");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("--success-cmd `test -s missing`"), "{text}");
    assert!(!text.contains("LAPBELT_STATUS\" = 0"), "{text}");
}

#[test]
fn time_is_up_for_the_commands_of_the_user_too() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (option, part) in [
        ("--fresh-cmd", "did not end within --timeout"),
        ("--success-cmd", "within --timeout"),
    ] {
        let options = ["--timeout", "2", option, "sleep 20"];
        let began = std::time::Instant::now();
        let (code, text) = learn(folder.path(), &options, "true");
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(option) && text.contains(part), "{text}");
        assert!(began.elapsed().as_secs() < 19, "{option} went on");
    }
}

#[test]
fn a_run_that_is_too_slow_only_when_confined_is_told_as_such() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // Only what is watched has its output read.
    let script = "test ! -p /dev/fd/1 || sleep 20";
    let (code, text) = learn(folder.path(), &["--timeout", "2"], script);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("give it more time"), "{text}");
    let status = folder.path().join("lapbelt-out/phases/trace/status.json");
    let status = std::fs::read_to_string(status).expect("a status");
    assert!(status.contains("\"timed_out\""), "{status}");
}

#[test]
fn what_a_smaller_profile_changes_of_the_output_is_told() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // As a linker does it, which goes on when it may not.
    let script = "umask 022; echo text > made || exit 3; echo text > other; \
                  chmod 755 made 2> /dev/null || true";
    let (code, text) = learn(folder.path(), &[], script);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("/made with mode 0644 instead of 0755, no "),
        "{text}"
    );
    let judge = [
        "--success-cmd",
        "test \"$LAPBELT_STATUS\" = 0 && test -x made -a -s other",
    ];
    let (code, text) = learn(folder.path(), &judge, script);
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("warning"), "{text}");
}

#[test]
fn what_a_smaller_profile_leaves_of_what_was_there_is_told() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("log"), "first\n").expect("a file");
    let script = "echo more >> log || true; rm -f gone; t=tmp.$$; echo x > $t || exit 1; \
                  rm -f $t; true";
    let (code, text) = learn(folder.path(), &["--fresh-cmd", "touch gone"], script);
    assert_eq!(code, 0, "{text}");
    let status = folder.path().join("lapbelt-out/phases/shrink/status.json");
    let status = std::fs::read_to_string(status).expect("a status");
    for (name, how) in [("log", "unchanged"), ("gone", "behind"), ("tmp.", "behind")] {
        let path = folder.path().join(name).display().to_string();
        let is_told = |line: &str| {
            line.contains(&path) && line.trim_end_matches(',').ends_with(&format!("{how}\""))
        };
        assert!(status.lines().any(is_told), "{name}: {status}");
    }
}

#[test]
fn links_and_times_that_a_smaller_profile_leaves_are_told() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("data"), "").expect("a file");
    let script = "echo x > new || exit 3; touch -d 2020-01-01 new; mv new made || exit 4; \
                  touch -c data; ln -sfn one link; true";
    let (code, text) = learn(folder.path(), &["--fresh-cmd", "ln -sfn two link"], script);
    assert_eq!(code, 0, "{text}");
    let status = folder.path().join("lapbelt-out/phases/shrink/status.json");
    let status = std::fs::read_to_string(status).expect("a status");
    for told in [
        "made without the times that it was given",
        "data unchanged",
        "link leading to two instead of one",
    ] {
        let told = format!("{}/{told}\"", folder.path().display());
        assert!(status.contains(&told), "{told}: {status}");
    }
}

#[test]
fn what_an_earlier_run_has_done_is_not_told_of() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("once"), "").expect("a file");
    let given = "(version 1)(deny default)(allow file-read*)(allow file-write*)(allow process*)";
    std::fs::write(folder.path().join("given.sb"), given).expect("a profile");
    let output = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
        .current_dir(folder.path())
        .args(["shrink", "--profile", "given.sb", "--cmd", "/bin/sh"])
        .args(["--", "-c", "test -s once || echo x > once"])
        .output()
        .expect("a run");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), text.as_str()), (Some(0), ""));
    let once = std::fs::read_to_string(folder.path().join("once"));
    assert_eq!(once.expect("a file"), "x\n");
}

#[test]
fn a_trace_that_ends_with_its_iterations_says_how_to_go_on() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = learn(folder.path(), &["--max-iters", "1"], "true");
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("--resume") && text.contains("--max-iters"),
        "{text}"
    );
}

#[test]
fn a_program_that_fails_now_and_then_is_told_from_one_that_works_once() {
    if skipped() {
        return;
    }
    // The third run and those after it fail, all or as many as it says.
    for (until, said) in [
        (
            "-lt 6",
            "in one run without any sandbox, and succeeded in the next",
        ),
        (
            "-lt 3",
            ", as one before did not; it may do so now and then by itself",
        ),
        ("-ge 0", "what it did the first time is in its way"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("runs"), "").expect("a file");
        let script =
            format!("n=$(wc -l <runs); echo >>runs; ! {{ [ $n -ge 2 ] && [ $n {until} ]; }}");
        let (code, text) = learn(folder.path(), &[], &script);
        assert_ne!(code, 0, "{until}: {text}");
        assert!(text.contains(said), "{until}: {text}");
    }
}
