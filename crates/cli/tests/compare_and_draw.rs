//! `lapbelt diff`, `decompile` and `graph` as a user runs them.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn profile(&self, name: &str, rules: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, format!("(version 1)\n(deny default)\n{rules}\n")).expect("a file");
        path
    }

    /// Runs a command in the folder: its exit code and what it says.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        let output = command.current_dir(self.0.path()).args(arguments).output();
        let output = output.expect("a run");
        let mut text = String::from_utf8(output.stdout).expect("text");
        text += &String::from_utf8(output.stderr).expect("text");
        (output.status.code().expect("an exit code"), text)
    }
}

#[test]
fn the_path_of_a_socket_says_that_it_is_one() {
    let folder = Folder::new();
    folder.profile("a.sb", "(allow network-outbound (literal \"/a\"))");
    folder.profile("b.sb", "(allow network-outbound (remote tcp \"*:80\"))");
    let (_, text) = folder.run(&["diff", "a.sb", "b.sb"]);
    assert!(text.contains("network-outbound /a: A allows by "), "{text}");
}

#[test]
fn each_difference_is_a_request() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow file-read* (literal \"/private/etc/hosts\"))\n(allow signal)",
    );
    folder.profile(
        "b.sb",
        "(allow network-outbound (remote tcp \"*:443\"))\n(allow signal (with report))",
    );
    let (code, text) = folder.run(&["diff", "a.sb", "b.sb"]);
    assert_eq!(code, 1);
    assert_eq!(
        text,
        "file-read* /private/etc/hosts: A allows by a.sb:3:1, B denies by b.sb:2:1\n  \
         as for the 3 operations that fall back to it\n\
         network-outbound remote=tcp:192.0.2.1:443: A denies by a.sb:2:1, B allows by b.sb:3:1\n\
         network-outbound control-name=com.apple.flow-divert: \
         A denies by a.sb:2:1, B allows by a rule that the system's compiler adds\n\
         signal: A allows by a.sb:4:1, B allows with report by b.sb:4:1\n\
         no difference in the other 184 operations\n"
    );
    let (code, text) = folder.run(&["--json", "diff", "a.sb", "b.sb"]);
    assert_eq!(code, 1);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["equal"], false);
    assert_eq!(answer["equal_operations"], 184);
    let first = &answer["different"][0];
    assert_eq!(first["operations"], serde_json::json!(["file-read*"]));
    assert_eq!(first["all_operations"][3], "file-read-xattr");
    assert_eq!(first["examples"][0]["values"]["path"], "/private/etc/hosts");
    assert_eq!(first["examples"][0]["a"]["decision"], "allow");
    assert_eq!(first["examples"][0]["a"]["rule"]["line"], 3);
}

#[test]
fn what_diff_shows_is_what_query_says() {
    let folder = Folder::new();
    folder.profile("a.sb", "(allow file-read-data (subpath \"/opt\"))");
    folder.profile("b.sb", "(allow file-read-data (require-all (subpath \"/opt\") (require-not (vnode-type SYMLINK))))");
    let (code, text) = folder.run(&["diff", "a.sb", "b.sb"]);
    assert_eq!(code, 1);
    let request = "file-read-data /opt vnode-type=SYMLINK";
    assert!(text.starts_with(&format!("{request}: A allows")), "{text}");
    for (profile, expected) in [("a.sb", 0), ("b.sb", 1)] {
        let query = [
            "query",
            profile,
            "file-read-data",
            "/opt",
            "--filter",
            "vnode-type=SYMLINK",
        ];
        assert_eq!(folder.run(&query).0, expected);
    }
}

/// Bytes that are no UTF-8 are not replaced: what is shown says which they are.
#[test]
fn bytes_that_are_no_text_are_shown_as_escapes() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow file-read-data (literal \"/\\x89 é\") (regex #\"^/[É]$\"))",
    );
    folder.profile("b.sb", "");
    let (code, text) = folder.run(&["diff", "a.sb", "b.sb"]);
    assert_eq!(code, 1);
    assert!(text.starts_with("file-read-data \"/\\x89"), "{text}");
    let (_, text) = folder.run(&["--json", "diff", "a.sb", "b.sb"]);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let path = &answer["different"][0]["examples"][0]["values"]["path"];
    assert!(
        path.as_str().expect("a path").starts_with("/\\x89"),
        "{path}"
    );
    assert_eq!(folder.run(&["compile", "a.sb", "-o", "a.bin"]).0, 0);
    let (code, text) = folder.run(&["decode", "a.bin"]);
    assert_eq!(code, 0);
    assert!(text.contains("regex \"^/[\\x89\\xc3]$\""), "{text}");
    let (code, text) = folder.run(&["decompile", "a.bin"]);
    assert_eq!(code, 0);
    assert!(text.contains("(literal \"/\\x89 é\")"), "{text}");
    assert!(text.contains("(regex \"^/[\\x89\\xc3]$\")"), "{text}");
    assert_eq!(folder.run(&["diff", "a.sb", "a.bin"]).0, 0);
}

#[test]
fn worlds_are_compared_by_the_names_of_operations() {
    let folder = Folder::new();
    folder.profile("a.sb", "(allow signal (target self))");
    let (code, text) = folder.run(&["diff", "a.sb", "a.sb", "--world-b", "macos-10.15"]);
    assert_eq!(code, 1);
    assert!(text.contains("only the world of A has "), "{text}");
    folder.profile("b.sb", "(allow signal (target children))");
    let (code, text) = folder.run(&["diff", "a.sb", "b.sb"]);
    assert_eq!(code, 1);
    assert!(text.starts_with("signal children: A denies "), "{text}");
}

#[test]
fn equal_profiles_are_said_to_be() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow file-read* (subpath \"/opt\") (literal \"/x\"))",
    );
    folder.profile(
        "b.sb",
        "(allow file-read* (regex #\"^/opt(/|$)\"))\n(allow file-read* (literal \"/x\"))",
    );
    assert_eq!(
        folder.run(&["diff", "a.sb", "b.sb"]),
        (0, "no difference in 190 operations\n".to_owned())
    );
    let (code, text) = folder.run(&["diff", "a.sb", "nothing.sb"]);
    assert_eq!(code, 2, "{text}");
    let (code, text) = folder.run(&["diff", "-", "-"]);
    assert_eq!(code, 2, "{text}");
}

#[test]
fn all_values_of_a_filter_are_in_the_answer() {
    let folder = Folder::new();
    let both = "(require-all (extension \"e1\") (extension \"e0\"))";
    folder.profile("a.sb", &format!("(allow file-read-data {both})"));
    folder.profile("b.sb", "(deny file-read-data)");
    let (_, answer) = folder.run(&["diff", "a.sb", "b.sb", "--json"]);
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let values = &answer["different"][0]["examples"][0]["values"];
    assert_eq!(values["extension"], json!(["e0", "e1"]));
}

#[test]
fn what_only_one_world_has_is_told() {
    let folder = Folder::new();
    folder.profile("a.sb", "(allow network*)");
    let (code, text) = folder.run(&["diff", "a.sb", "a.sb", "--world-b", "macos-12.5.0"]);
    assert_eq!(code, 0);
    assert!(
        text.contains("only the world of A has file-lock mach-task-special-port* "),
        "{text}"
    );
    // No operations are known of it: nothing was compared.
    let (code, text) = folder.run(&["diff", "a.sb", "a.sb", "--world-b", "macos-15"]);
    assert_eq!(code, 3);
    assert!(
        text.starts_with("undecided: macos-15 has no list of operations"),
        "{text}"
    );
}

#[test]
fn compiled_and_source_are_compared_in_any_mix() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow file-read* (subpath \"/System\"))\n(allow network-outbound)",
    );
    folder.profile("b.sb", "(allow file-read* (subpath \"/System\") (literal \"/private/etc/hosts\"))\n(allow network-outbound)");
    for name in ["a", "b"] {
        let (code, text) = folder.run(&[
            "compile",
            &format!("{name}.sb"),
            "-o",
            &format!("{name}.bin"),
        ]);
        assert_eq!(code, 0, "{text}");
    }
    for (left, right) in [("a.sb", "a.bin"), ("a.bin", "a.sb"), ("a.bin", "a.bin")] {
        let (code, text) = folder.run(&["diff", left, right]);
        assert_eq!(
            (code, text.as_str()),
            (0, "no difference in 190 operations\n")
        );
    }
    for (left, right) in [("a.sb", "b.bin"), ("a.bin", "b.sb"), ("a.bin", "b.bin")] {
        let (code, text) = folder.run(&["diff", left, right]);
        assert_eq!(code, 1);
        assert!(
            text.starts_with("file-read* /private/etc/hosts: A denies by a."),
            "{text}"
        );
    }
}

#[test]
fn what_is_decompiled_compiles_to_the_same_bytes() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow process*)\n(allow file-read* (subpath \"/usr\") (literal \"/private/etc/hosts\"))\n\
         (allow network-outbound (require-all (socket-domain AF_INET) (socket-protocol IPPROTO_TCP)))",
    );
    assert_eq!(folder.run(&["compile", "a.sb", "-o", "a.bin"]).0, 0);
    let (code, text) = folder.run(&["decompile", "a.bin"]);
    assert_eq!(code, 0);
    assert_eq!(
        text,
        "(version 1)\n; Paths are in lower case, as the compiler stores them: how they were \
         written is not in the file.\n\n(deny default)\n\n(allow file-read*\n  (literal \"/private/etc/hosts\")\n  \
         (subpath \"/usr\"))\n\n(allow network-outbound (require-all (socket-domain AF_INET) \
         (socket-protocol IPPROTO_TCP)))\n\n(allow process*)\n"
    );
    let (code, text) = folder.run(&["decompile", "a.bin", "-o", "again.sb"]);
    assert_eq!(code, 0);
    assert!(text.ends_with("they compile to the same bytes\n"), "{text}");
    assert_eq!(folder.run(&["compile", "again.sb", "-o", "again.bin"]).0, 0);
    let bytes = |name| std::fs::read(folder.path(name)).expect("bytes");
    assert_eq!(bytes("a.bin"), bytes("again.bin"));
}

#[test]
fn what_is_there_for_the_bytes_alone_is_said_to_be() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow default)\n(deny signal (require-all (target pgrp) (require-not (target pgrp))))",
    );
    assert_eq!(folder.run(&["compile", "a.sb", "-o", "a.bin"]).0, 0);
    let (code, text) = folder.run(&["decompile", "a.bin"]);
    assert_eq!(code, 0);
    assert_eq!(
        text,
        "(version 1)\n; Conditions that hold never, or always, are for the compiled profile to have \
         the same nodes.\n\n(allow default)\n\n\
         (deny signal (require-all (target 1000) (require-not (target 1000))))\n"
    );
    let (_, told) = folder.run(&["decompile", "a.bin", "-o", "again.sb"]);
    assert!(told.ends_with("they compile to the same bytes\n"), "{told}");
}

#[test]
fn unix_sockets_and_numbers_come_back_by_name() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow network-outbound (remote unix-socket))\n\
         (allow network-bind (local unix-socket))\n(allow file-read* (regex #\"^/[a-z_-]+$\"))\n(deny file-write* (subpath \"/e\") (with errno EACCES))\n\
         (deny file-read* (subpath \"/s\") (with send-signal SIGKILL))",
    );
    assert_eq!(folder.run(&["compile", "a.sb", "-o", "a.bin"]).0, 0);
    assert_eq!(
        folder.run(&["decompile", "a.bin"]).1,
        "(version 1)\n; Paths are in lower case, as the compiler stores them: how they were \
         written is not in the file.\n\n(deny default)\n\n\
         (allow file-read* (regex #\"^/[-_a-z]+$\"))\n\n\
         (deny file-read* (subpath \"/s\") (with send-signal SIGKILL))\n\n\
         (deny file-write* (subpath \"/e\") (with errno EACCES))\n\n\
         (allow network-bind (local unix-socket))\n\n\
         (allow network-outbound (remote unix-socket))\n"
    );
    let (_, told) = folder.run(&["decompile", "a.bin", "-o", "again.sb"]);
    assert_eq!(
        told,
        "6 rules that decide every request as the profile does; they compile to the same bytes\n"
    );
}

#[test]
fn several_modifiers_of_a_rule_come_back() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(deny file-read* (subpath \"/x\") (with message \"no\") (with errno EACCES))\n\
         (allow iokit-open-user-client (with report) (with message \"yes\")\n\
         (apply-message-filter (deny iokit-external-trap)\n\
         (deny iokit-external-method (iokit-method-number 3))))\n\
         (allow mach-lookup (apply-message-filter (deny default-message-filter)\n\
         (allow mach-message-send (message-number 7)) (allow xpc-message-send)))\n\
         (allow mach-bootstrap (apply-message-filter))",
    );
    let (code, told) = folder.run(&["compile", "a.sb", "-o", "a.bin"]);
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("several modifiers with arguments, or a message filter"),
        "{told}"
    );
    assert_eq!(folder.run(&["diff", "a.sb", "a.bin"]).0, 0);
    let (_, text) = folder.run(&["decode", "a.bin"]);
    assert!(
        text.contains("no profile of the system's shows how they stand"),
        "{text}"
    );
    let (_, told) = folder.run(&["decompile", "a.bin", "-o", "again.sb"]);
    assert!(told.ends_with("they compile to the same bytes\n"), "{told}");
    let text = std::fs::read_to_string(folder.path("again.sb")).expect("text");
    assert!(
        text.contains("(subpath \"/x\") (with errno EACCES) (with message \"no\"))"),
        "{text}"
    );
    assert!(
        text.contains(
            "(deny iokit-external-method (iokit-method-number 3))\n    (deny iokit-external-trap)"
        ),
        "{text}"
    );
}

#[test]
fn a_rule_that_the_systems_own_makes_vain_leaves_its_node() {
    let folder = Folder::new();
    for rule in [
        "(deny signal (with no-report) (target self))",
        "(deny signal mach-task-name (with send-signal SIGKILL) (target self))",
        "(deny mach-task-name (with no-report) (target self))(allow mach-lookup)",
    ] {
        folder.profile("a.sb", rule);
        assert_eq!(folder.run(&["compile", "a.sb", "-o", "a.bin"]).0, 0);
        let (_, told) = folder.run(&["decompile", "a.bin", "-o", "again.sb"]);
        let same = told.ends_with("they compile to the same bytes\n");
        assert!(same, "{rule}: {told}");
        assert_eq!(folder.run(&["diff", "a.sb", "again.sb"]).0, 0, "{rule}");
    }
}

#[test]
fn several_values_of_an_entitlement_come_back_as_written() {
    let folder = Folder::new();
    let rule = "(allow file-read* (require-entitlement \"a\" (require-any \
                (entitlement-value \"y\") (entitlement-value-regex #\"^x\"))))";
    folder.profile("a.sb", rule);
    assert_eq!(folder.run(&["compile", "a.sb", "-o", "a.bin"]).0, 0);
    let (_, told) = folder.run(&["decompile", "a.bin", "-o", "again.sb"]);
    assert!(told.ends_with("they compile to the same bytes\n"), "{told}");
    let text = std::fs::read_to_string(folder.path("again.sb")).expect("text");
    let is_there = |part: &str| text.contains(part);
    assert!(
        is_there("(require-entitlement \"a\" (require-any ")
            && is_there("(entitlement-value \"y\")")
            && is_there("(entitlement-value-regex #\"^x\")"),
        "{text}"
    );
}

#[test]
fn the_text_of_a_modifier_is_quoted() {
    let folder = Folder::new();
    folder.profile("a.sb", "(deny signal (with message \"not \\\"now\\\"\"))");
    folder.profile("b.sb", "");
    let (_, text) = folder.run(&["diff", "a.sb", "b.sb"]);
    let quoted = "with message \"not \\\"now\\\"\"";
    assert!(text.contains(&format!("A denies {quoted} by")), "{text}");
    let (_, text) = folder.run(&["graph", "a.sb", "--op", "signal", "--json"]);
    let picture: Value = serde_json::from_str(&text).expect("JSON");
    let mut boxes = picture["boxes"].as_array().expect("boxes").iter();
    let has = |one: &Value| {
        one["lines"]
            .as_array()
            .expect("lines")
            .contains(&quoted.into())
    };
    assert!(boxes.any(has), "{picture}");
}

#[test]
fn message_filters_are_told_apart() {
    let folder = Folder::new();
    for (name, number) in [("a.sb", 3), ("b.sb", 4)] {
        folder.profile(
            name,
            &format!(
                "(allow iokit-open-user-client (apply-message-filter\n  \
                 (deny iokit-external-method (iokit-method-number {number}))))"
            ),
        );
    }
    let (code, text) = folder.run(&["diff", "a.sb", "b.sb"]);
    assert_eq!(code, 1);
    assert!(
        text.contains(
            "\n  then iokit-external-method 3: A denies by a.sb:4:3, B allows by default\n"
        ),
        "{text}"
    );
    let (_, text) = folder.run(&["diff", "a.sb", "b.sb", "--json"]);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let message = &answer["different"][0]["examples"][0]["messages"][0];
    assert_eq!(message["request"], "iokit-external-method 3");
    assert_eq!(message["a"]["decision"], "deny");
    let (_, text) = folder.run(&["graph", "a.sb", "--op", "iokit-open-user-client", "--json"]);
    let picture: Value = serde_json::from_str(&text).expect("JSON");
    let lines = &picture["boxes"][1]["lines"];
    assert_eq!(
        lines[2],
        "(deny iokit-external-method (iokit-method-number 3))"
    );
}

#[test]
fn message_filters_look_at_paths_in_lower_case() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow mach-lookup (apply-message-filter\n  \
         (deny mach-message-send (process-path \"/A\"))))",
    );
    folder.run(&["compile", "a.sb", "-o", "a.bin"]);
    let (code, text) = folder.run(&["diff", "a.sb", "a.bin"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_path_beside_any_unix_socket_comes_back_plain() {
    let folder = Folder::new();
    let rule = "(allow network-outbound\n  (remote unix-socket)\n  (literal \"/private/s\"))\n";
    folder.profile("a.sb", rule);
    assert_eq!(folder.run(&["compile", "a.sb", "-o", "a.bin"]).0, 0);
    let (_, text) = folder.run(&["decompile", "a.bin"]);
    assert!(
        text.ends_with(&format!("\n\n(deny default)\n\n{rule}")),
        "{text}"
    );
}

#[test]
fn all_profiles_of_a_bundle_are_decompiled() {
    let folder = Folder::new();
    let mut bytes = vec![0, 0x80, 2, 0, 190, 0, 0, 0, 2, 0, 0, 0, 0, 0];
    for (name, node) in [(0, 0), (1, 1)] {
        bytes.extend([name, 0, 0, 0]);
        (0..190).for_each(|_| bytes.extend([node, 0]));
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([1, 5, 0, 0, 0, 0, 0, 0]);
    bytes.extend(b"\x05\x00open\x00\x00\x05\x00../s\x00");
    std::fs::write(folder.path("two.bin"), &bytes).expect("a file");
    let (code, text) = folder.run(&["decompile", "two.bin", "-o", "out"]);
    assert_eq!(
        (code, text.as_str()),
        (
            0,
            "2 profiles in out, each as rules that decide every request as it does\n"
        )
    );
    let itself = folder.path("open.sb");
    std::fs::write(&itself, &bytes).expect("a file");
    let (code, text) = folder.run(&["decompile", "open.sb", "-o", "."]);
    assert_eq!(code, 2, "{text}");
    let kept = std::fs::read(&itself).expect("a file");
    assert!(kept == bytes);
    let mut piped = Command::cargo_bin("lapbelt").expect("the built command");
    piped.current_dir(folder.0.path()).write_stdin(bytes);
    let output = piped.args(["decompile", "-", "-o", "piped"]).output();
    let output = output.expect("a run");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(folder.path("piped").join("open.sb").exists());
    std::fs::write(
        folder.path("batch.jsonl"),
        r#"{"id":1,"profile":"two.bin","member":"open","operation":"file-read-data","target":"/a"}
{"id":2,"profile":"two.bin","member":"1","operation":"file-read-data","target":"/a"}
{"id":3,"profile":"two.bin","member":1,"operation":"file-read-data","target":"/a"}
"#,
    )
    .expect("a file");
    let (code, text) = folder.run(&["query", "--batch", "batch.jsonl"]);
    let decisions: Vec<bool> = text
        .lines()
        .map(|line| line.contains("\"allow\""))
        .collect();
    assert_eq!((code, decisions), (0, vec![true, false, false]), "{text}");
    let read = |name: &str| std::fs::read_to_string(folder.path("out").join(name));
    let open = read("open.sb").expect("a profile");
    assert!(open.contains("\n(allow default)"), "{open}");
    let shut = read("_s.sb").expect("a profile");
    assert!(
        shut.contains("; Compile with -D NO_IMPLICIT_RULES=1."),
        "{shut}"
    );
    let (code, text) = folder.run(&["decompile", "two.bin"]);
    assert_eq!(code, 2, "{text}");
}

#[test]
fn damaged_bytes_are_refused() {
    let folder = Folder::new();
    std::fs::write(folder.path("bad.bin"), [0_u8; 40]).expect("a file");
    for command in [
        &["decompile", "bad.bin"][..],
        &["graph", "bad.bin"],
        &["diff", "bad.bin", "bad.bin"],
    ] {
        let (code, text) = folder.run(command);
        assert_eq!(code, 2, "{command:?}: {text}");
        assert!(text.starts_with("lapbelt: bad.bin: "), "{text}");
    }
}

/// The texts between tags, after a check that every tag is closed in order.
fn well_formed(svg: &str) -> Vec<String> {
    let mut open = Vec::new();
    let mut texts = Vec::new();
    let mut rest = svg;
    while let Some((text, after)) = rest.split_once('<') {
        texts.push(text.to_owned());
        let (tag, after) = after.split_once('>').expect("a tag's end");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{svg}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().expect("a name"));
        }
        rest = after;
    }
    assert!(open.is_empty());
    texts
}

#[test]
fn a_picture_shows_each_shared_part_once() {
    let folder = Folder::new();
    let rules = "(allow file-read* (subpath \"/usr\") (literal \"/a<&>\\\"b\"))\n(deny file-read-data (regex #\"secret\"))";
    folder.profile("a.sb", rules);
    let (code, svg) = folder.run(&[
        "graph",
        "a.sb",
        "--op",
        "file-read-data",
        "--op",
        "file-read-metadata",
    ]);
    assert_eq!(code, 0);
    let texts = well_formed(&svg);
    let count = |wanted: &str| texts.iter().filter(|text| text.contains(wanted)).count();
    assert_eq!(count("(subpath &quot;/usr&quot;)"), 1);
    assert_eq!(count("(regex #&quot;secret&quot;)"), 1);
    assert_eq!(count("/a&lt;&amp;&gt;\\&quot;b"), 1);
    assert_eq!(
        svg,
        folder
            .run(&[
                "graph",
                "a.sb",
                "--op",
                "file-read-data",
                "--op",
                "file-read-metadata"
            ])
            .1
    );
    let (code, dot) = folder.run(&["graph", "a.sb", "--op", "file-read-data", "--format", "dot"]);
    assert_eq!(code, 0);
    assert_eq!(
        dot.lines().filter(|line| line.contains(" -> ")).count(),
        5,
        "{dot}"
    );
    assert_eq!(folder.run(&["graph", "a.sb", "--op", "nothing"]).0, 2);
    let (code, boxes) = folder.run(&["graph", "a.sb", "--op", "file-read-data", "--json"]);
    assert_eq!(code, 0, "{boxes}");
    let picture: Value = serde_json::from_str(&boxes).expect("JSON");
    assert_eq!(picture["boxes"][0]["kind"], "operations");
    assert_eq!(
        picture["arrows"][0],
        json!({"from": 0, "to": 1, "kind": "start"})
    );
}

#[test]
fn a_picture_has_no_character_that_may_not_be_in_one() {
    let folder = Folder::new();
    folder.profile("a\u{1}.sb", "(allow file-read* (literal \"/\u{ffff}\"))");
    let (code, svg) = folder.run(&["graph", "a\u{1}.sb"]);
    assert_eq!(code, 0);
    assert!(svg.contains("(literal &quot;/·&quot;)") && svg.contains("a·.sb"));
    let is_allowed =
        |c: char| c == '\n' || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    assert!(svg.chars().all(is_allowed), "{svg}");
}

#[test]
fn a_big_graph_is_folded_and_says_so() {
    let folder = Folder::new();
    let rules: Vec<String> = (0..400)
        .map(|n| {
            let action = if n % 2 == 0 { "allow" } else { "deny" };
            format!("({action} file-read* (subpath \"/opt/tool{n}\"))")
        })
        .collect();
    folder.profile("a.sb", &rules.join("\n"));
    folder.run(&["compile", "a.sb", "-o", "a.bin"]);
    for input in ["a.sb", "a.bin"] {
        assert!(Path::new(&folder.path(input)).exists());
        let (code, text) = folder.run(&["graph", input, "-o", "a.svg"]);
        assert_eq!(code, 0);
        let says = "boxes are folded; one operation alone shows more";
        assert!(text.contains(says), "{text}");
        let (_, text) = folder.run(&["graph", input, "--op", "file-read-data", "-o", "b.svg"]);
        assert!(
            text.contains("boxes are folded; JSON has them all"),
            "{text}"
        );
        let svg = std::fs::read_to_string(folder.path("a.svg")).expect("a picture");
        assert!(
            well_formed(&svg)
                .iter()
                .any(|text| text.contains("more questions"))
        );
        // What reads it needs all of it.
        let (_, text) = folder.run(&["graph", input, "--json"]);
        let picture: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(picture["notes"], json!([]));
        assert!(text.contains("/opt/tool0\\\""), "{text}");
        assert!(!text.contains('…'), "{text}");
    }
}

/// A compiled profile of 14.4.1 that allows reading what a matching program matches.
fn with_program(code: &[u8], variables: &[&str]) -> Vec<u8> {
    let mut literals: Vec<u8> = Vec::new();
    let mut add = |content: &[u8]| {
        literals.resize(literals.len().next_multiple_of(8), 0);
        let at = literals.len() / 8;
        literals.extend((content.len() as u16).to_le_bytes());
        literals.extend(content);
        at as u8
    };
    let program = add(code);
    let names: Vec<u8> = variables
        .iter()
        .map(|name| add(format!("{name}\0").as_bytes()))
        .collect();
    let mut bytes = vec![0, 0, 3, 0, 190, names.len() as u8, 0, 0, 0, 0, 0, 0, 0, 0];
    names.iter().for_each(|name| bytes.extend([*name, 0]));
    for slot in 0..190 {
        bytes.extend([if (21..25).contains(&slot) { 0 } else { 2 }, 0]);
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend([0, 1, program, 0, 1, 0, 2, 0]);
    bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0]);
    bytes.extend(literals);
    bytes
}

#[test]
fn nothing_is_said_of_the_value_of_a_variable() {
    let folder = Folder::new();
    let subpath = b"\x10\x0f\x41/x\x0f\x40/\x80\x0a\x00\x0f\x0a";
    std::fs::write(folder.path("v.bin"), with_program(subpath, &["HOME"])).expect("a file");
    folder.profile("none.sb", "");
    for ask in [
        &["query", "v.bin", "file-read-data", "/x"][..],
        &["diff", "v.bin", "none.sb"],
        &["diff", "none.sb", "v.bin"],
    ] {
        let (code, text) = folder.run(ask);
        assert_eq!(code, 2, "{text}");
        let why = "at byte 424: a pattern with the variable `HOME`, whose value is not in the file";
        assert!(text.contains(why), "{text}");
    }
    for out in [
        &["decompile", "v.bin"][..],
        &["decompile", "v.bin", "-o", "v.sb"],
    ] {
        let (code, text) = folder.run(out);
        assert_eq!(code, 0, "{text}");
        let but =
            "but for variables, which are written as plain text and were not compared: ${HOME}";
        assert!(text.contains(but), "{text}");
        assert!(!text.contains("that decide the same"), "{text}");
    }
    // There is one variable; this is the second.
    std::fs::write(
        folder.path("w.bin"),
        with_program(b"\x11\x0f\x0a", &["HOME"]),
    )
    .expect("a file");
    let (code, text) = folder.run(&["query", "w.bin", "file-read-data", "/x"]);
    assert_eq!(code, 2);
    assert!(
        text.contains("at byte 426: expected one of 1 variables, found 1"),
        "{text}"
    );
}

#[test]
fn that_the_rules_of_a_system_are_not_known_is_told() {
    let folder = Folder::new();
    folder.profile("a.sb", "");
    std::fs::write(
        folder.path("batch.jsonl"),
        r#"{"id":1,"profile":"a.sb","operation":"signal"}
{"id":2,"profile":"a.sb","operation":"signal","params":{"A":"b"}}
"#,
    )
    .expect("a file");
    let note = "macos-10.15 does not say which rules the system adds";
    for words in [
        &[
            "diff",
            "a.sb",
            "a.sb",
            "--world",
            "macos-10.15",
            "--world-b",
            "macos-14.4.1",
        ][..],
        &["diff", "a.sb", "a.sb", "--world", "macos-10.15"],
        &["query", "a.sb", "signal", "--world", "macos-10.15"],
        &["query", "--batch", "batch.jsonl", "--world", "macos-10.15"],
    ] {
        let (_, text) = folder.run(words);
        assert_eq!(text.matches(note).count(), 1, "{text}");
    }
    let (_, text) = folder.run(&["diff", "a.sb", "a.sb"]);
    assert!(!text.contains("does not say"), "{text}");
}

#[test]
fn what_no_text_says_is_named_by_its_node() {
    let folder = Folder::new();
    folder.profile(
        "a.sb",
        "(allow iokit-open-user-client (apply-message-filter (deny iokit-external-trap)))",
    );
    let (code, text) = folder.run(&["compile", "a.sb", "-o", "a.bin"]);
    assert_eq!(code, 0, "{text}");
    let mut bytes = std::fs::read(folder.path("a.bin")).expect("a file");
    // The decision of node 3 is turned round.
    bytes[425] = 5;
    std::fs::write(folder.path("a.bin"), bytes).expect("a file");
    let (code, text) = folder.run(&["decompile", "a.bin"]);
    assert_eq!(code, 2);
    let why = "cannot be written as text: a.bin: node 3 at byte 424 denies with a message filter: ";
    assert!(text.contains(why), "{text}");
}
