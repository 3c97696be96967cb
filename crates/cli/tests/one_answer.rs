//! A profile, what it compiles to and what that decompiles to are asked the same and compared.

use std::path::Path;

use assert_cmd::Command;

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command.current_dir(folder).args(arguments).output();
    let output = output.expect("a run");
    let text = String::from_utf8(output.stdout).expect("text");
    (output.status.code(), text)
}

/// Asks a profile in its three forms, and compares each two of them.
fn asked(rules: &str, question: &[&str]) -> Vec<Option<i32>> {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("a.sb"), rules).expect("a profile");
    let done = (Some(0), String::new());
    assert_eq!(run(folder, &["compile", "-q", "a.sb", "-o", "a.bin"]), done);
    let decompile = ["decompile", "-q", "a.bin", "-o", "d.sb"];
    assert_eq!(run(folder, &decompile), done);
    for (one, other) in [("a.sb", "a.bin"), ("a.bin", "d.sb"), ("a.sb", "d.sb")] {
        let (code, text) = run(folder, &["diff", one, other]);
        assert_eq!(code, Some(0), "{rules}: {text}");
    }
    let forms = ["a.sb", "a.bin", "d.sb"].into_iter();
    let ask = |form| {
        let mut arguments = vec!["query", form];
        arguments.extend(question);
        run(folder, &arguments).0
    };
    forms.map(ask).collect()
}

#[test]
fn what_the_compiler_infers_is_known_of_text() {
    let allowed = vec![Some(0); 3];
    let rules = "(version 2)(allow default)\
        (deny syscall-unix (syscall-number SYS_exit) (syscall-number SYS_open))";
    assert_eq!(asked(rules, &["syscall-unix", "SYS_exit"]), allowed);
    assert_eq!(asked(rules, &["syscall-unix", "SYS_open"]), [Some(1); 3]);
    // Decompiled as of version 2, where the last rule is one that the compiler infers.
    let rules = "(version 1)(allow default)\
        (deny syscall-unix (syscall-number SYS_exit) (syscall-number SYS_open))\
        (allow syscall-unix (syscall-number SYS_exit))";
    assert_eq!(asked(rules, &["syscall-unix", "SYS_exit"]), allowed);
    let rules = "(version 1)(deny default)(allow network-outbound (subpath \"/x\"))\
        (deny network-outbound (control-name \"com.apple.flow-divert\"))";
    let divert = "control-name=com.apple.flow-divert";
    let question = ["network-outbound", "--filter", divert];
    assert_eq!(asked(rules, &question), allowed);
}

#[test]
fn who_inferred_a_rule_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = "(version 2)(deny default)";
    std::fs::write(folder.path().join("a.sb"), rules).expect("a profile");
    let question = ["query", "a.sb", "syscall-unix", "SYS_exit"];
    let said = "allow syscall-unix SYS_exit\n  by a rule that the system's compiler adds\n";
    assert_eq!(run(folder.path(), &question), (Some(0), said.to_owned()));
    let opted_out = [&question[..], &["-D", "NO_IMPLICIT_RULES=1"]].concat();
    assert_eq!(run(folder.path(), &opted_out).0, Some(1));
}

#[test]
fn port_0_is_any_port_in_each_form() {
    let rules = "(version 1)(allow default)(deny network-inbound (local udp \"*:0\"))";
    let question = |target| asked(rules, &["network-inbound", target]);
    assert_eq!(question("udp:127.0.0.1:80"), [Some(1); 3]);
    assert_eq!(question("tcp:127.0.0.1:80"), [Some(0); 3]);
}
