//! `lapbelt exec` by way of `sandbox-exec`: what runs is the profile that was written, under the
//! parameters that were given. The stand-ins are scripts that keep how they were called.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

/// Writes how it was called, a line for each argument, and a denial of its own to the log; then
/// becomes the program, or says that it cannot read the profile.
const SANDBOX_EXEC: &str = r#"#!/bin/sh
case "$*" in
    *lapbelt-*-*message*) ;;
    */usr/bin/true) ;;
    *) printf '%s\n' "$@" >>"$0.called" ;;
esac
printf '{"eventMessage":"Sandbox: x(%s) deny(1) process-exec* /usr/bin/true"}\n' "$$" >>"$0.log"
while [ $# -gt 0 ]; do
    case "$1" in
        -D) shift 2 ;;
        -f) profile=$(cat "$2"); shift 2 ;;
        -p) profile=$2; shift 2 ;;
        *) break ;;
    esac
done
case "$profile" in *"(refused)"*) exit 65 ;; esac
exec "$@"
"#;

const LOG: &str = r#"#!/bin/sh
[ "$1" = show ] && exec cat "$(dirname "$0")/sandbox-exec.log"
echo Filtering
exec tail -n +1 -f "$(dirname "$0")/sandbox-exec.log"
"#;

fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a script");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("its mode");
    path
}

fn exec(folder: &Path, args: &[&str]) -> Output {
    let sandbox_exec = script(folder, "sandbox-exec", SANDBOX_EXEC);
    let log = script(folder, "log", LOG);
    std::fs::write(folder.join("sandbox-exec.log"), "").expect("a log");
    Command::cargo_bin("lapbelt")
        .expect("the built command")
        .args(["exec", "--backend", "macos"])
        .args(args)
        .env("LAPBELT_SANDBOX_EXEC", sandbox_exec)
        .env("LAPBELT_LOG", log)
        .output()
        .expect("a run")
}

#[test]
fn the_file_and_the_parameters_are_passed_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("own.sb");
    // A comment and a parameter, which rules of ours would not have.
    let text = "(version 1) ; mine\n(allow default)\n\
                (deny file-read-data (literal (param \"SECRET\")))\n";
    std::fs::write(&profile, text).expect("a profile");
    let file = profile.to_str().expect("a name");
    let output = exec(
        folder.path(),
        &[
            "-f",
            file,
            "-D",
            "SECRET=/a b",
            "-D",
            "X=1",
            "/bin/sh",
            "-c",
            "exit 7",
        ],
    );
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let called = std::fs::read_to_string(folder.path().join("sandbox-exec.called"));
    assert_eq!(
        called.expect("a call"),
        format!("-D\nSECRET=/a b\n-D\nX=1\n-f\n{file}\n/bin/sh\n-c\nexit 7\n")
    );
}

#[test]
fn what_sandbox_exec_does_not_read_is_65_and_a_program_may_end_so_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = "(version 1)(allow default) ; (refused)";
    let output = exec(folder.path(), &["-p", refused, "/bin/true"]);
    assert_eq!(output.status.code(), Some(65), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("does not accept the profile"), "{said}");

    let fine = "(version 1)(allow default)";
    let output = exec(folder.path(), &["-p", fine, "/bin/sh", "-c", "exit 65"]);
    assert_eq!(output.status.code(), Some(65), "{output:?}");
    assert!(
        !String::from_utf8_lossy(&output.stderr).contains("accept"),
        "{output:?}"
    );
}

#[test]
fn what_only_sandbox_exec_can_read_runs_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let newer = "(version 1)(allow default)(deny of-a-later-release)";
    let output = exec(folder.path(), &["-p", newer, "/bin/sh", "-c", "exit 3"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("reads this profile, and we do not"), "{said}");

    // Where neither does, what we know of it is said.
    let wrong = "(version 1)(allow default)(deny of-none) ; (refused)";
    let output = exec(folder.path(), &["-p", wrong, "/bin/true"]);
    assert_eq!(output.status.code(), Some(65), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("unknown operation `of-none`"), "{said}");
}
