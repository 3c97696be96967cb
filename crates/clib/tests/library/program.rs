//! A program in C that is linked with the library.

use std::path::Path;
use std::process::Command;

use crate::library;

#[test]
fn a_program_in_c_compiles_and_is_told_why_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/library/program.c");
    let library = library();
    let folder = library.parent().expect("a folder").display().to_string();
    let mut compiler = Command::new("cc");
    compiler.arg(source).args(["-o", "program"]);
    compiler.args([&format!("-L{folder}"), "-llapbelt_clib"]);
    compiler.arg(format!("-Wl,-rpath,{folder}"));
    match compiler.current_dir(dir.path()).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{said}");
        }
        Err(error) => return lapbelt_corpus::say_skipped(&format!("no C compiler: {error}")),
    }
    let whole = "(version 1)(allow default)(import \"part.sb\")";
    let part = "(deny file-read* (literal (param \"F\")))";
    for (name, text) in [("whole.sb", whole), ("part.sb", part)] {
        std::fs::write(dir.path().join(name), text).expect("a profile");
    }
    let program = dir.path().join("program");
    let mut program = Command::new(program);
    let output = program.arg(dir.path().join("whole.sb")).output();
    let output = output.expect("a run");
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<&str> = said.lines().collect();
    let expected = [
        "without: <string>: 1:53: parameter `F` was not given",
        "set: 0",
        "with: 435 bytes",
        "set again: 0",
        "file: 439 bytes",
        "no file: cannot read none.sb: No such file or directory (os error 2)",
        "no text: the profile is no UTF-8 text",
        "no UTF-8: the profile is no UTF-8 text",
        "no parameters: 440 bytes",
        "no place for the reason: 1",
        "nothing to set: -1 -1",
    ];
    assert_eq!(lines, expected);
}
