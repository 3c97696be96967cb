//! `lapbelt query` as a user runs it.

use assert_cmd::Command;
use serde_json::Value;

fn lapbelt() -> Command {
    Command::cargo_bin("lapbelt").expect("the built command")
}

fn profile(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new()
        .suffix(".sb")
        .tempfile()
        .expect("a file");
    std::fs::write(file.path(), text).expect("a profile");
    file
}

fn out(command: &mut Command) -> (i32, String) {
    let output = command.output().expect("a run");
    let text = String::from_utf8(output.stdout).expect("text");
    (output.status.code().expect("an exit code"), text)
}

#[test]
fn the_exit_code_is_the_decision_and_the_rule_is_named() {
    let file =
        profile("(version 1)\n(deny default)\n(allow file-read*\n  (subpath \"/private/tmp\"))\n");
    let name = file.path().display().to_string();
    let (code, text) = out(lapbelt().args(["query", &name, "file-read-data", "/tmp/x"]));
    assert_eq!(code, 0);
    assert_eq!(
        text,
        format!(
            "allow file-read-data /private/tmp/x\n  by {name}:3:1\n    \
             (allow file-read* (subpath \"/private/tmp\"))\n"
        )
    );
    let (code, text) = out(lapbelt().args(["query", &name, "file-write-data", "/tmp/x"]));
    assert_eq!(code, 1);
    assert!(
        text.starts_with("deny file-write-data /private/tmp/x\n"),
        "{text}"
    );
}

#[test]
fn the_rule_that_is_told_reads_as_it_is() {
    let rule = "(allow file-write-create ; mkdir\n  \
                (literal \"/w/a  b\") ; mktemp, \"quoted\"\n  #| why |# ( literal \"/w/;c\" ) ; ls\n)";
    let file = profile(&format!("(version 1)\n(deny default)\n{rule} ; cat\n"));
    let name = file.path().display().to_string();
    let ask = |profile: &str| {
        let words = ["query", profile, "file-write-create", "/w/a  b"];
        out(lapbelt().args(words).args(["--world", "linux"]))
    };
    let (code, text) = ask(&name);
    assert_eq!(code, 0, "{text}");
    let told = text.lines().last().expect("a rule").trim();
    let wanted = r#"(allow file-write-create (literal "/w/a  b") (literal "/w/;c"))"#;
    assert_eq!(told, wanted);
    let pasted = profile(&format!("(version 1)\n(deny default)\n{told}\n"));
    assert_eq!(ask(&pasted.path().display().to_string()).0, 0);
    let (_, text) = out(lapbelt().args(["query", &name, "process-fork"]));
    assert!(text.starts_with("deny process-fork\n"), "{text}");
}

#[test]
fn a_path_is_decided_as_given_only_when_asked() {
    let file = profile("(version 1)\n(deny default)\n(allow file-read* (subpath \"/tmp\"))\n");
    let name = file.path().display().to_string();
    let question = ["query", &name, "file-read-data", "/tmp/x"];
    assert_eq!(out(lapbelt().args(question)).0, 1);
    assert_eq!(out(lapbelt().args(question).arg("--no-canonicalize")).0, 0);
    assert_eq!(
        out(lapbelt().args(question).args(["--world", "linux"])).0,
        0
    );
}

#[test]
fn either_spelling_will_do_on_linux() {
    let file = profile(
        "(version 1)\n(deny default)\n(allow file-read* network-outbound (subpath \"/private/tmp\"))\n",
    );
    let name = file.path().display().to_string();
    for path in ["/tmp/x", "/private/tmp/x"] {
        let question = ["query", &name, "file-read-data", path, "--world", "linux"];
        assert_eq!(out(lapbelt().args(question)).0, 0, "{path}");
    }
    for socket in ["/tmp/x", "unix:/tmp/x", "unix:/private/tmp/x"] {
        let question = ["query", &name, "network-outbound", "--world", "linux"];
        let of_target = lapbelt().args(question).arg(socket).output();
        let filter = format!("remote={socket}");
        let of_filter = lapbelt()
            .args(question)
            .args(["--filter", &filter])
            .output();
        for output in [of_target, of_filter] {
            let output = output.expect("it runs");
            assert_eq!(output.status.code(), Some(0), "{socket}: {output:?}");
        }
    }
}

#[test]
fn a_name_that_begins_like_a_path_is_none() {
    let file = profile(
        "(version 1)\n(deny default)\n(allow ipc-posix-shm* (ipc-posix-name \"/tmp/Mine\"))\n\
         (allow mach-lookup (global-name \"/Foo\"))\n",
    );
    let name = file.path().display().to_string();
    let ask = |words: [&str; 2]| out(lapbelt().args(["query", &name]).args(words)).0;
    assert_eq!(ask(["ipc-posix-shm-read-data", "/tmp/Mine"]), 0);
    assert_eq!(ask(["ipc-posix-shm-read-data", "/tmp/mine"]), 1);
    assert_eq!(ask(["mach-lookup", "/Foo"]), 0);
    assert_eq!(ask(["mach-lookup", "/foo"]), 1);
}

#[test]
fn an_entitlement_has_its_own_value_in_bytes_as_in_text() {
    let file = profile(
        "(version 1)\n(deny default)\n(allow mach-lookup (require-all\n\
         (require-entitlement \"a\" (entitlement-value \"x\")) (require-entitlement \"b\")))\n",
    );
    let name = file.path().display().to_string();
    let bytes = format!("{name}.bin");
    assert_eq!(out(lapbelt().args(["compile", &name, "-o", &bytes])).0, 0);
    for subject in [&name, &bytes] {
        let ask = |values: [&str; 2]| {
            let filters = values.iter().flat_map(|value| ["--filter", value]);
            out(lapbelt()
                .args(["query", subject, "mach-lookup"])
                .args(filters))
            .0
        };
        assert_eq!(
            ask(["%entitlement-string=a=x", "%entitlement-boolean=b=true"]),
            0
        );
        assert_eq!(
            ask(["%entitlement-string=b=x", "%entitlement-boolean=a=true"]),
            1
        );
        assert_eq!(
            ask(["%entitlement-string=a=y", "%entitlement-boolean=b=true"]),
            1
        );
        assert_eq!(
            ask(["%entitlement-string=a=x", "%entitlement-boolean=true"]),
            2
        );
    }
    std::fs::remove_file(bytes).expect("the compiled file");
}

#[test]
fn parameters_and_filters_are_values_of_the_question() {
    let file = profile(
        "(version 1)\n(deny default)\n(allow file-read* (literal (param \"F\")))\n\
         (allow system-socket (require-all (socket-domain AF_INET) (socket-type SOCK_STREAM)))\n",
    );
    let name = file.path().display().to_string();
    let ask = |args: &[&str]| out(lapbelt().args(["query", &name]).args(args)).0;
    assert_eq!(ask(&["file-read-data", "/x y", "-D", "F=/x y"]), 0);
    assert_eq!(ask(&["file-read-data", "/x y", "-D", "F=/z"]), 1);
    assert_eq!(
        ask(&["file-read-data", "/x y"]),
        2,
        "a missing parameter is an error"
    );
    let socket = [
        "--filter",
        "socket-domain=AF_INET",
        "--filter",
        "socket-type=SOCK_STREAM",
    ];
    let both: Vec<&str> = ["system-socket", "-D", "F=/z"]
        .into_iter()
        .chain(socket)
        .collect();
    assert_eq!(ask(&both), 0);
    assert_eq!(
        ask(&[
            "system-socket",
            "-D",
            "F=/z",
            "--filter",
            "socket-domain=AF_INET"
        ]),
        1
    );
}

#[test]
fn a_target_may_be_several_at_once_but_not_several_paths() {
    let profile = profile(
        "(version 1)(deny default)\n(allow signal (require-all (target others) (target children)))",
    );
    let ask = |words: &[&str]| out(lapbelt().arg("query").arg(profile.path()).args(words));
    let (code, text) = ask(&["signal", "others", "children"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("allow signal others children\n"), "{text}");
    assert_eq!(ask(&["signal", "others"]).0, 1);
    assert_eq!(ask(&["file-read-data", "/a", "/b"]).0, 2);
    assert_eq!(ask(&["network-outbound", "a:1", "b:2"]).0, 2);
}

#[test]
fn a_path_is_the_same_however_it_is_given() {
    let file =
        profile("(version 1)(deny default)(allow file-read-data (subpath \"/private/tmp\"))");
    let ask = |more: &[&str]| {
        let mut command = lapbelt();
        command.arg("query").arg(file.path()).arg("file-read-data");
        out(command.args(more)).0
    };
    assert_eq!(ask(&["/tmp/x"]), 0);
    assert_eq!(ask(&["/TMP/x"]), 0);
    assert_eq!(ask(&["--filter", "path=/tmp/x"]), 0);
    assert_eq!(ask(&["--no-canonicalize", "--filter", "path=/tmp/x"]), 1);
}

#[test]
fn a_service_has_several_classes() {
    let file = profile(
        "(version 1)(deny default)(allow iokit-open-user-client (require-all \
         (iokit-registry-entry-class \"A\") (iokit-registry-entry-class \"B\")))",
    );
    let name = file.path().display().to_string();
    let ask = |classes: &[&str]| {
        let mut command = lapbelt();
        command.args(["query", &name, "iokit-open-user-client"]);
        out(command.args(classes)).0
    };
    assert_eq!((ask(&["A", "B"]), ask(&["A"])), (0, 1));
}

#[test]
fn sockets_on_linux_have_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("p.sb");
    let text = "(version 1)(deny default)(allow network-outbound (literal \"@a\"))";
    std::fs::write(&profile, text).expect("written");
    for (world, code) in [("linux", 0), ("macos-14.4.1", 2)] {
        for target in ["@a", "unix:@a"] {
            let mut command = lapbelt();
            command.arg("query").arg(&profile).arg("--world").arg(world);
            let output = command.args(["network-outbound", target]).output();
            let output = output.expect("it runs");
            assert_eq!(output.status.code(), Some(code), "{world} {output:?}");
        }
        let mut command = lapbelt();
        let output = command.arg("lint").args(["--world", world]).arg(&profile);
        let output = output.output().expect("it runs");
        let found = String::from_utf8_lossy(&output.stdout).contains("LB203");
        assert_eq!(found, world != "linux", "{output:?}");
    }
}

#[test]
fn a_unix_socket_is_its_path_however_it_is_given() {
    let profile = profile(
        "(version 1)(deny default)\n(allow network-outbound (remote unix-socket (subpath \"/private/var/run\")))",
    );
    let ask = |words: &[&str]| out(lapbelt().arg("query").arg(profile.path()).args(words));
    for (value, code) in [
        ("/var/run/x", 0),
        ("unix:/private/var/run/x", 0),
        ("unix:/var/run/x", 0),
        ("unix:/private/var/RUN/x", 0),
        ("/private/x", 1),
    ] {
        assert_eq!(ask(&["network-outbound", value]).0, code, "{value}");
        let filter = format!("remote={value}");
        let (found, text) = ask(&["network-outbound", "--filter", &filter, "--json"]);
        assert_eq!(found, code, "{value}");
        assert!(
            text.contains(&format!("\"filters\":{{\"remote\":[\"{value}\"]}}")),
            "{text}"
        );
    }
}

#[test]
fn a_batch_answers_each_line() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("p.sb"),
        "(version 1)\n(deny default)\n(allow file-read-data (literal \"/a\"))\n",
    )
    .expect("a profile");
    let batch = folder.path().join("batch.jsonl");
    std::fs::write(
        &batch,
        r#"{"id":"one","profile":"p.sb","params":{},"operation":"file-read-data","target":"/a","filters":{}}
{"id":2,"profile":"p.sb","operation":"file-read-data","target":"/b"}
{"id":3,"profile":"p.sb","operation":"file-raed-data","target":"/b"}
{"id":4,"profile":"p.sb"}
{"id":5,"profile":"p.sb","operation":"file-read-data","target":"/b","members":"a"}
{"id":6,"profile":"p.sb","operation":"signal","target":["self","pgrp"]}
{"id":7,"profile":"p.sb","operation":"file-read-data","target":["/a","/b"]}
{"id":8,"profile":"p.sb","operation":"file-read-data","target":7}
"#,
    )
    .expect("a batch");
    let (code, text) = out(lapbelt().arg("query").arg("--batch").arg(&batch));
    assert_eq!(code, 2, "a line that cannot be answered fails the command");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines[0]["decision"], "allow");
    assert!(
        lines[0]["rule"]
            .as_str()
            .is_some_and(|rule| rule.ends_with("p.sb:3:1")),
        "{text}"
    );
    assert_eq!(lines[1]["id"], 2);
    assert_eq!(lines[1]["decision"], "deny");
    assert_eq!(
        lines[2]["error"],
        "unknown operation `file-raed-data`; did you mean `file-read-data`?"
    );
    assert_eq!(lines[3]["id"], 4);
    let error = lines[3]["error"].as_str().expect("an error");
    assert!(
        error.ends_with("batch.jsonl:4:25: missing field `operation`"),
        "{error}"
    );
    let error = lines[4]["error"].as_str().expect("an error");
    assert!(
        error
            .contains("batch.jsonl:5:77: unknown field `members`, expected one of `id`, `profile`"),
        "{error}"
    );
    assert_eq!(lines[5]["decision"], "allow");
    let error = lines[6]["error"].as_str().expect("an error");
    assert!(error.contains("it has one TARGET at most"), "{error}");
    let error = lines[7]["error"].as_str().expect("an error");
    assert!(
        error.contains("`target` is a string, or a list of strings"),
        "{error}"
    );
}

#[test]
fn a_line_of_a_batch_that_is_no_text_is_one_that_cannot_be_answered() {
    let mut command = lapbelt();
    let lines = b"{}\n\xff\n{\"id\":3}\n";
    let command = command.args(["query", "--batch", "-"]).write_stdin(lines);
    let (code, text) = out(command);
    let lines: Vec<&str> = text.lines().collect();
    let says = r#"{"id":null,"error":"<stdin>:2:1: byte 0xff is not UTF-8"}"#;
    assert_eq!((code, lines.len(), lines[1]), (2, 3, says));
}

#[test]
fn what_a_batch_would_pass_over_is_refused() {
    for option in [
        &["--member", "a"][..],
        &["-D", "A=b"],
        &["--no-canonicalize"],
    ] {
        let batch = ["query", "--batch", "/dev/null"];
        assert_eq!(out(lapbelt().args(batch)).0, 0);
        assert_eq!(out(lapbelt().args(batch).args(option)).0, 2, "{option:?}");
    }
}

#[test]
fn paths_are_compared_in_one_case_where_the_system_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("p.sb");
    let text = "(version 1)(allow default)(deny file-read-data (subpath \"/Users/Me\"))";
    std::fs::write(&profile, text).expect("a profile");
    let decided = |world: &str, path: &str| {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        let arguments = ["file-read-data", path, "--world", world];
        let output = command.arg("query").arg(&profile).args(arguments).output();
        output.expect("a run").status.code()
    };
    for path in ["/Users/Me/x", "/users/me/x", "/USERS/ME"] {
        assert_eq!(decided("macos-14.4.1", path), Some(1), "{path}");
    }
    assert_eq!(decided("linux", "/Users/Me/x"), Some(1));
    assert_eq!(decided("linux", "/users/me/x"), Some(0));
}

#[test]
fn names_cannot_steer_a_terminal() {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let question = ["query", "-", "file-read-data", "/\u{1b}[31mx"];
    let output = command.args(question).write_stdin("(version 1)").output();
    let output = output.expect("a run");
    assert_eq!(output.status.code(), Some(1));
    assert!(!output.stdout.contains(&0x1b));
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command
        .args(["query", "no\u{1b}[31m.sb", "file-read-data"])
        .output();
    assert!(!output.expect("a run").stderr.contains(&0x1b));
}

#[test]
fn a_missing_target_that_rules_ask_for_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.sb");
    let text = "(version 1)\n(deny default)\n(allow file-read* (subpath \"/tmp\"))\n(allow process-fork)\n\
                (allow network-outbound (remote tcp \"*:80\"))\n";
    std::fs::write(&file, text).expect("a file");
    for (operation, says) in [
        ("file-read-data", true),
        ("network-outbound", true),
        ("process-fork", false),
    ] {
        let mut command = assert_cmd::Command::cargo_bin("lapbelt").expect("the built command");
        let output = command.arg("query").arg(&file).arg(operation).output();
        let told = String::from_utf8(output.expect("a run").stderr).expect("text");
        assert_eq!(told.contains("no TARGET was given"), says, "{told}");
    }
}

#[test]
fn a_message_is_decided_after_what_let_it_be_sent() {
    let file = profile(
        "(version 1)\n(deny default)\n\
         (allow mach-lookup (global-name \"x\")\n (apply-message-filter (deny mach-message-send)))\n\
         (allow mach-lookup (global-name \"y\"))\n",
    );
    let name = file.path().display().to_string();
    let ask = |words: &[&str]| {
        out(lapbelt()
            .args(["query", &name, "mach-message-send"])
            .args(words))
    };
    let (code, text) = ask(&["--filter", "global-name=x"]);
    assert_eq!(code, 1);
    assert!(
        text.contains(&format!(":4:24 after {name}:3:1\n")),
        "{text}"
    );
    let (code, text) = ask(&["--filter", "global-name=y"]);
    assert_eq!(code, 0);
    assert!(
        text.contains(&format!("allow by default after {name}:5:1\n")),
        "{text}"
    );
    let (code, text) = ask(&["--filter", "global-name=z"]);
    assert_eq!(code, 1);
    let denied = format!("deny by {name}:2:1 after mach-lookup is denied\n");
    assert!(text.contains(&denied), "{text}");
    assert_eq!(ask(&[]).0, 3);
    let draw = |operation| {
        let run = lapbelt().args(["graph", &name, "--op", operation]).output();
        let run = run.expect("a run");
        let said = String::from_utf8(run.stderr).expect("text");
        (run.status.code(), said)
    };
    assert_eq!(draw("mach-lookup").0, Some(0));
    let (code, said) = draw("mach-message-send");
    assert_eq!(code, Some(2));
    assert!(
        said.contains("draw what they belong to: mach-lookup"),
        "{said}"
    );
}

#[test]
fn messages_are_decided_by_the_filters_that_are_about_them() {
    let file = profile(
        "(version 1)\n(deny default)\n\
         (allow iokit-open-user-client (apply-message-filter\n  \
         (deny iokit-external-method (iokit-method-number 3))))\n\
         (allow mach-lookup (apply-message-filter\n  (deny mach-message-send)))\n\
         (allow mach-bootstrap (apply-message-filter\n  (allow mach-message-send)))\n",
    );
    let name = file.path().display().to_string();
    let ask = |words: &[&str]| out(lapbelt().args(["query", &name]).args(words));
    let (code, text) = ask(&["iokit-external-method", "3"]);
    assert_eq!(code, 1);
    assert_eq!(
        text,
        format!(
            "deny iokit-external-method 3\n  deny by {name}:4:3 after {name}:3:1\n    \
             (deny iokit-external-method (iokit-method-number 3))\n"
        )
    );
    let (code, text) = ask(&["iokit-external-method", "4"]);
    assert_eq!(code, 0);
    assert!(text.contains("allow by default after"), "{text}");
    let (code, text) = ask(&["mach-message-send"]);
    assert_eq!(code, 3);
    assert!(
        text.starts_with("undecided mach-message-send\n  deny by"),
        "{text}"
    );
    let told = |words: &[&str]| {
        let output = lapbelt().args(["query", &name]).args(words).output();
        String::from_utf8(output.expect("a run").stderr).expect("text")
    };
    assert!(told(&["iokit-open-user-client"]).contains("ask about iokit-external-method too"));
    assert!(told(&["iokit-external-trap"]).contains("none of this profile is about it"));

    let folder = tempfile::tempdir().expect("a folder");
    let batch = folder.path().join("batch.jsonl");
    let line =
        |operation| serde_json::json!({"id": operation, "profile": name, "operation": operation});
    let lines = [line("iokit-external-method"), line("mach-message-send")];
    std::fs::write(&batch, lines.map(|line| line.to_string()).join("\n")).expect("a batch");
    let (code, text) = out(lapbelt().args(["query", "--batch"]).arg(&batch));
    assert_eq!(code, 2);
    assert!(text.contains("\"decision\":\"allow\""), "{text}");
    assert!(
        text.contains("message filters of the profile decide it differently"),
        "{text}"
    );
}

#[test]
fn the_target_of_a_message_is_its_number_or_its_name() {
    let file = profile(
        "(version 1)\n(deny default)\n\
         (allow mach-lookup (apply-message-filter\n  \
         (deny mach-message-send xpc-message-send)\n  \
         (allow mach-message-send (message-number 100 101))\n  \
         (allow xpc-message-send (message-name \"a\"))))\n",
    );
    let name = file.path().display().to_string();
    for (operation, target, allowed) in [
        ("mach-message-send", "100", true),
        ("mach-message-send", "102", false),
        ("xpc-message-send", "a", true),
        ("xpc-message-send", "b", false),
    ] {
        let (code, text) = out(lapbelt().args(["query", &name, operation, target]));
        assert_eq!(code, i32::from(!allowed), "{text}");
    }
}

#[test]
fn what_the_world_lacks_is_told_beside_the_answer() {
    let file = profile(
        "(version 1)\n(deny default)\n(allow coalition-info)\n(allow file-read* (subpath \"/a\"))\n",
    );
    let name = file.path().display().to_string();
    let run = |words: &[&str]| {
        let output = lapbelt().args(words).output().expect("a run");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (text(output.stdout), text(output.stderr))
    };
    let warns = |words: &[&str]| run(words).1.matches("`coalition-info`").count();
    assert_eq!(warns(&["query", &name, "file-read-data", "/a"]), 1);
    assert_eq!(warns(&["diff", &name, &name]), 1);
    assert_eq!(warns(&["graph", &name]), 1);
    let out = tempfile::NamedTempFile::new().expect("a file");
    let out = out.path().to_str().expect("a path");
    assert_eq!(warns(&["compile", &name, "-o", out]), 1);
    let lacking = ["graph", &name, "--world", "macos-15"];
    assert!(run(&lacking).1.contains("only default is drawn"));
    let lacking = [
        "query",
        &name,
        "file-read-data",
        "/a",
        "--world",
        "macos-15",
    ];
    assert!(run(&lacking).1.contains("has no list of operations"));
}
