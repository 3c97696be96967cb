//! `lapbelt expand` as a user runs it.

use std::fs;

use assert_cmd::Command;
use serde_json::Value;

fn run(folder: &std::path::Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let output = Command::cargo_bin("lapbelt")
        .expect("the built command")
        .current_dir(folder)
        .arg("expand")
        .args(arguments)
        .write_stdin(input)
        .output()
        .expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn rules_are_flat_and_say_where_they_stand() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name, text| fs::write(folder.path().join(name), text).expect("written");
    write(
        "a.sb",
        "(version 1)\n(deny default)\n(import \"b.sb\")\n\
         (for-each (lambda (p) (allow file-read* (subpath p))) (list \"/x\" (param \"P\")))\n",
    );
    write("b.sb", "(import \"c.sb\")\n(look \"m\")\n");
    write(
        "c.sb",
        "(define (look name)\n  (allow mach-lookup (global-name name)))\n",
    );
    let (code, out, errors) = run(folder.path(), &["a.sb", "-D", "P=/p"], "");
    assert_eq!((code, errors.as_str()), (0, ""));
    assert_eq!(
        out,
        "(version 1)\n\n\
         ; a.sb:2:1\n(deny default)\n\n\
         ; c.sb:2:3, imported at b.sb:1:1, imported at a.sb:3:1\n\
         (allow mach-lookup (global-name \"m\"))\n\n\
         ; a.sb:4:23\n(allow file-read* (subpath \"/x\"))\n\n\
         ; a.sb:4:23\n(allow file-read* (subpath \"/p\"))\n"
    );
    // What was expanded expands to itself, but for the places.
    let rules = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with(';'));
        lines.map(str::to_owned).collect()
    };
    let (code, again, _) = run(folder.path(), &["-"], &out);
    assert_eq!((code, rules(&again)), (0, rules(&out)));
    let (_, json, _) = run(folder.path(), &["a.sb", "-D", "P=/p", "--json"], "");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["version"], 1);
    assert_eq!(json["implied_rules"], true);
    let rule = &json["rules"][1];
    assert_eq!(rule["operations"][0], "mach-lookup");
    assert_eq!(rule["filters"][0], "(global-name \"m\")");
    assert_eq!(rule["places"][2]["line"], 3);
}

#[test]
fn what_does_not_evaluate_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "(version 1)\n(allow file-read* (subpath (param \"P\")))\n";
    let (code, out, errors) = run(folder.path(), &["-"], text);
    assert_eq!((code, out.as_str()), (2, ""));
    let wanted = "parameter `P` was not given";
    assert!(errors.contains(wanted), "{errors}");
    assert_eq!(run(folder.path(), &["-", "--world", "no-such"], text).0, 2);
    fs::write(folder.path().join("compiled"), [0, 0x80, 0xff, 0xbe]).expect("written");
    let (code, _, errors) = run(folder.path(), &["compiled"], "");
    assert_eq!(code, 2);
    assert!(errors.contains("decompile"), "{errors}");
}
