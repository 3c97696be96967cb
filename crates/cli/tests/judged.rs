//! What counts as a success of a run, and what is said when there is none.

use std::path::Path;
use std::process::{Command, Stdio};

use lapbelt_sandbox::{Backend, LinuxBackend, Support};

fn skipped() -> bool {
    if let Support::None(reason) = LinuxBackend.probe() {
        lapbelt_corpus::say_skipped(&reason);
        return true;
    }
    false
}

/// Runs `lapbelt workflow` on a shell script in a folder; answers with exit code and messages.
fn learn(folder: &Path, options: &[&str], script: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
        .current_dir(folder)
        .arg("workflow")
        .args(options)
        .args(["--cmd", "/bin/sh", "--", "-c", script])
        .stdin(Stdio::null())
        .output()
        .expect("a run");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("an exit code"), text)
}

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
}
