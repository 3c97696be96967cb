//! `lapbelt decode`, and `lapbelt query` of a compiled profile, as a user runs them.

use assert_cmd::Command;
use serde_json::Value;

fn lapbelt() -> Command {
    Command::cargo_bin("lapbelt").expect("the built command")
}

fn out(command: &mut Command) -> (i32, String, String) {
    let output = command.output().expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("a profile");
    file
}

/// All operations start at node 0: a path below /usr/lib is allowed, all else denied.
fn blob() -> Vec<u8> {
    let mut bytes = vec![0, 0, 3, 0, 190, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.resize(400, 0);
    bytes.extend([0, 1, 0, 0, 1, 0, 2, 0]);
    bytes.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([1, 5, 0, 0, 0, 0, 0, 0]);
    bytes.extend(b"\x11\x00\x47/usr/lib\x0f\x40/\x80\x0a\x00\x0f\x0a");
    bytes
}

#[test]
fn nodes_are_named_with_the_evidence() {
    let file = file(&blob());
    let (code, text, _) = out(lapbelt().arg("decode").arg(file.path()));
    assert_eq!(code, 0);
    for line in [
        "; op tables end at byte 394; what is left up to byte 400, the next boundary of 8, is zero",
        "      0  path subpath \"/usr/lib\"? 1 : 2",
        "      1  allow",
        "      2  deny",
    ] {
        assert!(text.lines().any(|own| own == line), "{line} in {text}");
    }
    let mut stdin = lapbelt();
    let (_, same, _) = out(stdin.args(["decode", "-"]).write_stdin(blob()));
    assert_eq!(same, text);
}

#[test]
fn every_byte_is_shown_with_its_meaning() {
    let file = file(&blob());
    let (code, text, _) = out(lapbelt().args(["decode", "--bytes"]).arg(file.path()));
    assert_eq!(code, 0);
    let digits: String = text
        .lines()
        .flat_map(|line| line[10..line.len().min(57)].split_whitespace())
        .collect();
    let wanted: String = blob().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digits, wanted);
    for line in [
        "00000000  00 00                                            type 0x0000: one profile",
        "00000004  be                                               operation count: 190",
        "0000018a  00 00 00 00 00 00                                padding to the next boundary of 8",
        "00000190  00 01 00 00 01 00 02 00                          node 0: path subpath \"/usr/lib\"? 1 : 2",
        "000001b3  0f                                                   9 else fail",
    ] {
        assert!(text.lines().any(|own| own == line), "{line} in {text}");
    }
}

#[test]
fn scripts_get_the_same() {
    let file = file(&blob());
    let (code, text, _) = out(lapbelt()
        .args(["--json", "decode", "--bytes"])
        .arg(file.path()));
    assert_eq!(code, 0);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["provenance"]["layout"], "macos-14");
    assert_eq!(answer["nodes"][0]["argument"], "subpath \"/usr/lib\"");
    assert_eq!(answer["profiles"][0]["op-table"]["file-read-data"], 0);
    let rows = answer["bytes"].as_array().expect("rows");
    assert_eq!(rows.last().expect("a row")["end"], blob().len());
}

#[test]
fn damage_is_an_error_with_its_place() {
    let mut bytes = blob();
    bytes[405] = 9;
    let file = file(&bytes);
    let (code, text, error) = out(lapbelt().arg("decode").arg(file.path()));
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(
        error.contains("macos-14: at byte 404: expected one of 3 nodes, found 2305"),
        "{error}"
    );
}

#[test]
fn a_compiled_profile_is_asked_as_text_is() {
    let file = file(&blob());
    let name = file.path().display().to_string();
    // Compiled patterns of paths are in lower case.
    let (code, text, _) = out(lapbelt().args(["query", &name, "file-read-data", "/usr/LIB/x"]));
    assert_eq!(code, 0);
    let wanted =
        format!("allow file-read-data /usr/LIB/x\n  by {name}: node 1 at byte 408\n    allow\n");
    assert_eq!(text, wanted);
    let mut denied = lapbelt();
    let (code, text, _) = out(denied.args(["--json", "query", &name, "file-read-data", "/usr/x"]));
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &answer["rule"]["node"]), (1, &Value::from(2)));
    let mut member = lapbelt();
    let (code, _, error) = out(member.args(["query", &name, "file-read-data", "--member", "x"]));
    assert_eq!(code, 2);
    assert!(
        error.contains("of its 1 profile none is called `x`; it has"),
        "{error}"
    );
}

#[test]
fn rules_of_bytes_that_no_compiler_wrote_say_that_they_come_back_to_others() {
    let file = file(&blob());
    let (code, _, told) = out(lapbelt().arg("decompile").arg(file.path()));
    let says = "lapbelt: the rules decide every request as the profile does with \
                -D NO_IMPLICIT_RULES=1; they compile to other bytes that decide the same\n";
    assert_eq!((code, told.as_str()), (0, says));
}

#[test]
fn bytes_of_another_world_say_which() {
    let own = file(&blob());
    let mut command = lapbelt();
    let command = command.args(["decode", "--world", "macos-13.0.0"]);
    let (code, _, error) = out(command.arg(own.path()));
    assert_eq!(code, 2);
    assert!(
        error.contains("  it can be read with --world macos-14.4.1\n"),
        "{error}"
    );
    let damaged = file(&blob()[..410]);
    let (code, _, error) = out(lapbelt().arg("decode").arg(damaged.path()));
    assert_eq!(code, 2);
    let first = error.lines().nth(1).unwrap_or_default();
    assert!(first.starts_with("  macos-14: at byte "), "{error}");
    assert!(error.contains("it is damaged, or of a build"), "{error}");
}

#[test]
fn text_and_other_worlds_are_told_apart() {
    let source = file(b"(version 1)\n");
    for command in ["decode", "decompile"] {
        let (code, _, error) = out(lapbelt().arg(command).arg(source.path()));
        assert_eq!(code, 2);
        assert!(error.contains("lapbelt compile"), "{error}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let world = folder.path().join("own.world");
    let facts = "world own\nevidence k made up\n\
                 operation 0 default parent=- default=deny evidence=k\n";
    std::fs::write(&world, facts).expect("a world");
    let blob = file(&blob());
    let mut command = lapbelt();
    command.arg("decode").arg(blob.path());
    let (code, _, error) = out(command.arg("--world").arg(&world));
    assert_eq!(code, 2);
    assert!(
        error.contains("expected 1 operations, as the world has, found 190"),
        "{error}"
    );
}

/// A bundle of two profiles, of which the first allows all and the second nothing.
fn bundle(names: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0x80, 2, 0, 190, 0, 0, 0, 2, 0, 0, 0, 0, 0];
    for (name, node) in [(0, 0), (1, 1)] {
        bytes.extend([name, 0, 0, 0]);
        (0..190).for_each(|_| bytes.extend([node, 0]));
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([1, 5, 0, 0, 0, 0, 0, 0]);
    bytes.extend(names);
    bytes
}

#[test]
fn profiles_of_one_name_are_told_apart_by_their_numbers() {
    let file = file(&bundle(b"\x05\x00same\x00\x00\x05\x00same\x00"));
    let name = file.path().display().to_string();
    let ask = |member: &str| {
        let words = ["query", &name, "file-read-data", "/x", "--member", member];
        out(lapbelt().args(words))
    };
    assert_eq!([ask("0").0, ask("1").0, ask("2").0], [0, 1, 2]);
    assert_eq!([ask("#0").0, ask("#1").0, ask("#2").0], [0, 1, 2]);
    let (code, _, error) = ask("same");
    assert_eq!(code, 2);
    assert!(
        error.contains("2 of its 2 profiles are called `same`") && error.contains("number: #0, #1"),
        "{error}"
    );
    let (_, _, error) = out(lapbelt().args(["decompile", &name]));
    assert!(error.contains("same (#0), same (#1)"), "{error}");
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["decompile", &name, "--json", "-o"];
    let (_, text, _) = out(lapbelt().args(words).arg(folder.path()));
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["profiles"][1]["number"], 1);
}

#[test]
fn a_number_is_told_from_a_name_that_is_one() {
    let file = file(&bundle(b"\x02\x001\x00\x00\x00\x00\x00\x02\x000\x00"));
    let name = file.path().display().to_string();
    let ask = ["query", &name, "file-read-data", "/x", "--member"];
    let code = |member: &str| out(lapbelt().args(ask).arg(member)).0;
    assert_eq!([code("1"), code("0"), code("#0"), code("#1")], [0, 1, 0, 1]);
}

#[test]
fn a_name_with_control_characters_stays_on_its_line() {
    let file = file(&bundle(b"\x05\x00o\nen\x00\x00\x05\x00shut\x00"));
    let name = file.path().display().to_string();
    let (code, _, error) = out(lapbelt().args(["query", &name, "file-read-data", "/x"]));
    assert_eq!(code, 2);
    assert!(error.contains("--member: o\\nen (#0), shut"), "{error}");
}

#[test]
fn a_profile_of_a_bundle_is_named() {
    let file = file(&bundle(b"\x05\x00open\x00\x00\x05\x00shut\x00"));
    let (_, text, _) = out(lapbelt().arg("decode").arg(file.path()));
    assert!(
        text.contains("profile 0 \"open\"\n      0  default "),
        "{text}"
    );
    assert!(
        text.contains("profile 1 \"shut\"\n      1  default "),
        "{text}"
    );
    let name = file.path().display().to_string();
    let ask = ["query", &name, "file-read-data", "/x", "--member"];
    let code = |member: &str| out(lapbelt().args(ask).arg(member)).0;
    assert_eq!([code("open"), code("shut"), code("ajar")], [0, 1, 2]);
    let (code, _, error) = out(lapbelt().args(&ask[..4]));
    assert_eq!(code, 2);
    assert!(
        error.contains("a bundle of 2 profiles; name one with --member"),
        "{error}"
    );
}

#[test]
fn numbers_with_several_names_are_told_apart_by_the_socket_domain() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    let text = "(version 1)\n(deny default)\n(allow network-outbound\n  (require-all (socket-domain AF_SYSTEM) (socket-protocol SYSPROTO_CONTROL)))\n";
    std::fs::write(at("a.sb"), text).expect("a profile");
    let compile = |from: &str, to: &str| {
        let mut command = lapbelt();
        let command = command.arg("compile").arg(at(from)).arg("-o").arg(at(to));
        assert_eq!(out(command).0, 0);
        std::fs::read(at(to)).expect("the compiled profile")
    };
    let bytes = compile("a.sb", "a.bin");
    let (_, nodes, _) = out(lapbelt().arg("decode").arg(at("a.bin")));
    assert!(
        nodes.contains("socket-protocol IPPROTO_IGMP or SYSPROTO_CONTROL?"),
        "{nodes}"
    );
    let (_, rules, _) = out(lapbelt().arg("decompile").arg(at("a.bin")));
    assert!(
        rules.contains("(socket-protocol SYSPROTO_CONTROL)"),
        "{rules}"
    );
    std::fs::write(at("b.sb"), rules).expect("a profile");
    assert_eq!(compile("b.sb", "b.bin"), bytes);
}

#[test]
fn paths_that_were_made_lower_case_are_said_to_be() {
    const SAYS: &str = "(version 1)\n; Paths are in lower case, as the compiler stores them: \
         how they were written is not in the file.\n";
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let decompiled = |bytes: &[u8]| {
        std::fs::write(at("b.bin"), bytes).expect("a blob");
        let (code, text, error) = out(lapbelt().arg("decompile").arg(at("b.bin")));
        assert_eq!(code, 0, "{error}");
        text
    };
    let compiled = |rule: &str| {
        let text = format!("(version 1)\n(deny default)\n{rule}\n");
        std::fs::write(at("a.sb"), text).expect("a profile");
        let mut command = lapbelt();
        command
            .arg("compile")
            .arg(at("a.sb"))
            .arg("-o")
            .arg(at("a.bin"));
        assert_eq!(out(&mut command).0, 0);
        std::fs::read(at("a.bin")).expect("a blob")
    };
    let mut bytes = compiled("(allow file-read* (literal \"/Users/Me\"))");
    let text = decompiled(&bytes);
    assert!(
        text.starts_with(SAYS) && text.contains("\"/users/me\""),
        "{text}"
    );
    // One that somebody wrote otherwise has the case that it has.
    let path = bytes.windows(5).position(|part| part == b"users");
    bytes[path.expect("the path")] = b'U';
    let text = decompiled(&bytes);
    assert!(
        !text.contains("lower case") && text.contains("\"/Users/me\""),
        "{text}"
    );
    // Expressions about paths are folded too; what a class holds tells nothing.
    let text = decompiled(&compiled("(allow file-read* (regex #\"^/Users/[^/]+\"))"));
    assert!(
        text.starts_with(SAYS) && text.contains("^/users/[^/]+"),
        "{text}"
    );
    // Names are no paths, and a path without letters has no case.
    for rule in [
        "(allow mach-lookup (global-name \"com.example\"))",
        "(allow file-read* (literal \"/\"))",
        "(allow file-read* (regex #\"^/[0-9]\"))",
    ] {
        let text = decompiled(&compiled(rule));
        assert!(!text.contains("lower case"), "{text}");
    }
}
