//! `lapbelt fmt` as a user runs it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use assert_cmd::Command;

const UGLY: &str = "(version 1)(deny default)\r\n(allow file-read*\t(literal \"/a\")\r\n\
                    (subpath \"/b\")) ; why";
const NEAT: &str = "(version 1)\r\n(deny default)\r\n(allow file-read*\r\n  (literal \"/a\")\r\n  \
                    (subpath \"/b\"))  ; why\r\n";

/// Runs `lapbelt fmt` in a folder: exit code, output, errors.
fn fmt(folder: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let output = Command::cargo_bin("lapbelt")
        .expect("the built command")
        .current_dir(folder)
        .arg("fmt")
        .args(arguments)
        .write_stdin(input)
        .output()
        .expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn files_are_replaced_and_keep_what_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let (real, link) = (folder.path().join("real.sb"), folder.path().join("link.sb"));
    fs::write(&real, UGLY).expect("written");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("set");
    symlink(&real, &link).expect("a link");
    let (code, out, _) = fmt(folder.path(), &["link.sb"], "");
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(&real).expect("text"), NEAT);
    assert!(
        fs::symlink_metadata(&link)
            .expect("it is there")
            .is_symlink()
    );
    let mode = fs::metadata(&real)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
}

#[test]
fn checking_names_what_would_change_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ugly.sb"), UGLY).expect("written");
    fs::write(folder.path().join("neat.sb"), NEAT).expect("written");
    let (code, out, _) = fmt(folder.path(), &["--check", "ugly.sb", "neat.sb"], "");
    assert_eq!((code, out.as_str()), (1, "ugly.sb\n"));
    assert_eq!(fmt(folder.path(), &["--check", "neat.sb"], "").0, 0);
    let (code, out, _) = fmt(folder.path(), &["--diff", "ugly.sb"], "");
    assert_eq!(code, 1);
    assert!(
        out.starts_with("--- ugly.sb\n+++ ugly.sb (formatted)\n"),
        "{out}"
    );
    assert!(out.contains("+  (literal \"/a\")\r\n"), "{out}");
    let (code, out, _) = fmt(folder.path(), &["--check", "--json", "ugly.sb"], "");
    assert_eq!(
        (code, out.as_str()),
        (1, "[{\"file\":\"ugly.sb\",\"changed\":true}]\n")
    );
    let left = fs::read_to_string(folder.path().join("ugly.sb")).expect("text");
    assert_eq!(left, UGLY);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(fmt(folder.path(), &["-"], UGLY).1, NEAT);
    assert_eq!(fmt(folder.path(), &["-"], "").1, "");
    assert_eq!(fmt(folder.path(), &["--check", "-"], UGLY).0, 1);
}

#[test]
fn what_cannot_be_read_is_left_alone_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("open.sb"), "(version 1)\n(allow\n").expect("written");
    fs::write(folder.path().join("ugly.sb"), UGLY).expect("written");
    let (code, _, errors) = fmt(folder.path(), &["open.sb", "none.sb", "ugly.sb"], "");
    assert_eq!(code, 2);
    assert!(errors.contains("open.sb:2:1"), "{errors}");
    assert!(errors.contains("none.sb"), "{errors}");
    let left = fs::read_to_string(folder.path().join("open.sb")).expect("text");
    assert_eq!(left, "(version 1)\n(allow\n");
    let other = fs::read_to_string(folder.path().join("ugly.sb")).expect("text");
    assert_eq!(other, NEAT);
}
