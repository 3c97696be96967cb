//! `lapbelt compile` and `lapbelt lab witness` as a user runs them.

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

fn write(dir: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[test]
fn the_bytes_are_written_and_what_is_derived_is_said() {
    let dir = tempfile::tempdir().expect("a directory");
    let target = dir.path().join("out.sb.bin").display().to_string();
    let plain = write(
        &dir,
        "plain.sb",
        "(version 1)\n(allow default)\n(deny file-read* (literal (param \"F\")))\n",
    );
    let compile = ["compile", &plain, "-o", &target, "-D", "F=/Secret"];
    let (code, answer, text) = out(lapbelt().args(compile));
    assert_eq!((code, answer.as_str()), (0, ""));
    assert!(text.starts_with("438 bytes, 3 nodes, "), "{text}");
    assert!(text.contains("was seen to write each"), "{text}");
    let bytes = std::fs::read(&target).expect("the bytes");
    assert_eq!((bytes.len(), &bytes[..5]), (438, &[0, 0, 3, 0, 190][..]));
    assert!(bytes.ends_with(b"\x46/secret\x0f\x00\x0f\x0a"));

    for (rule, reason) in [
        (
            "(allow mach-lookup (global-name \"a\") (global-name \"b\"))",
            "several patterns of one filter other than path in a rule",
        ),
        (
            "(allow file-read* (subpath \"/a\") (literal \"/a\"))",
            "patterns of which one begins with another",
        ),
        (
            "(allow mach-lookup (literal \"/x\"))",
            "filters that do not apply to their operation",
        ),
        (
            "(allow file-read* (%entitlement-boolean #t))",
            "values of entitlements outside of require-entitlement",
        ),
        (
            "(allow mach-lookup (apply-message-filter (deny xpc-message-send)))",
            "message filters with conditions, without rules, beside filters, or not of IOKit",
        ),
    ] {
        let source = write(
            &dir,
            "one.sb",
            &format!("(version 1)\n(deny default)\n{rule}\n"),
        );
        let (code, _, text) = out(lapbelt().args(["compile", &source, "-o", &target]));
        assert!(code == 0 && text.contains(reason), "{text}");
    }

    let derived = write(
        &dir,
        "derived.sb",
        "(version 1)\n(deny default)\n(allow file-read*\n  (regex #\"^/a(b|c)\"))\n",
    );
    let (code, text, _) = out(lapbelt().args(["--json", "compile", &derived, "-o", &target]));
    assert_eq!(code, 0);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["witnessed"], false);
    assert_eq!(answer["derived"][0]["reason"], "regular expressions");
    let rule = answer["derived"][0]["rule"].as_str().expect("a place");
    assert_eq!(rule, format!("{derived}:3:1"));
}

#[test]
fn the_source_is_not_written_over() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = "(version 1)\n(allow default)\n";
    let source = write(&dir, "source.sb", text);
    let link = dir.path().join("link.sb");
    std::os::unix::fs::symlink(&source, &link).expect("a link");
    for target in [&source, &link.display().to_string()] {
        for command in ["compile", "graph", "decompile"] {
            let (code, _, said) = out(lapbelt().args([command, &source, "-o", target]));
            assert_eq!(code, 2, "{said}");
            assert!(said.contains("is what is read"), "{command}: {said}");
            assert_eq!(std::fs::read_to_string(&source).expect("it is there"), text);
        }
    }
    // What it imports is its source too.
    let import = format!("(version 1)\n(import \"{source}\")\n");
    let outer = write(&dir, "outer.sb", &import);
    for command in ["compile", "graph"] {
        let (code, _, said) = out(lapbelt().args([command, &outer, "-o", &source]));
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("is what is read"), "{command}: {said}");
    }
    assert_eq!(std::fs::read_to_string(&source).expect("it is there"), text);
}

#[test]
fn what_does_not_fit_is_refused_with_its_rule() {
    let dir = tempfile::tempdir().expect("a directory");
    let target = dir.path().join("out.sb.bin").display().to_string();
    let long = format!(
        "(version 1)\n(deny file-read* (literal \"/{}\"))\n",
        "a".repeat(70_000)
    );
    let number = "(version 1)\n(allow network-outbound\n  (socket-protocol 70000))\n".to_string();
    let bits =
        "(version 1)\n(allow file-read*\n  (literal \"/a\") (file-mode #o7000000))\n".to_string();
    let message_number = "(version 1)\n(allow mach-lookup (apply-message-filter\n  (allow mach-message-send (message-number 70000))))\n".to_string();
    let errno =
        "(version 1)\n(deny file-read*)\n(deny file-write*\n  (with errno 70000))\n".to_string();
    for (text, at, message) in [
        (long, "2:1", "70"),
        (
            number,
            "3:3",
            "the value 70000 of `socket-protocol` does not fit into 16 bits: it must be from 0 to 65535",
        ),
        (bits, "3:18", "the value 1835008 of `file-mode`"),
        (
            message_number,
            "3:28",
            "the value 70000 of `message-number`",
        ),
        (errno, "3:1", "the value 70000 of `errno`"),
    ] {
        let profile = write(&dir, "profile.sb", &text);
        let (code, _, error) = out(lapbelt().args(["compile", &profile, "-o", &target]));
        assert_eq!(code, 2);
        assert!(error.contains(&format!("{profile}:{at}: ")), "{error}");
        assert!(error.contains(message), "{error}");
    }
    assert!(!std::path::Path::new(&target).exists());
}

#[test]
fn witnesses_are_compared_byte_for_byte() {
    let dir = tempfile::tempdir().expect("a directory");
    let target = dir.path().join("bytes").display().to_string();
    let profile = write(&dir, "one.sb", "(version 1)\n(allow default)\n");
    assert_eq!(
        out(lapbelt().args(["compile", &profile, "-o", &target])).0,
        0
    );
    let bytes = std::fs::read(&target).expect("the bytes");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write(&dir, "one.hex", &hex);
    let path = dir.path().display().to_string();
    let (code, text, _) = out(lapbelt().args(["lab", "witness", &path]));
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("of 1: 1 decoded, 1 decompiled, 1 recompiled to the same bytes, 1 compiled"),
        "{text}"
    );

    write(
        &dir,
        "one.sb",
        "(version 1)\n(allow default)\n(deny file-read*)\n",
    );
    let (code, text, _) = out(lapbelt().args(["--json", "lab", "witness", &path]));
    assert_eq!(code, 1);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let difference = &answer["witnesses"][0]["first_difference"];
    assert_eq!(difference["offset"], 14 + 2 * 21);
    assert_eq!(difference["meaning"], "op table: file-read*");
    let finding = &answer["findings"][0];
    assert_eq!(finding["tier"], "witnessed");
    assert_eq!(
        finding["data"],
        serde_json::json!({"identical": [], "differing": ["one"]})
    );
    // The source and the bytes, not the digits they are written in.
    let digest = &finding["inputs"][1]["sha256"];
    let known = "19832eb9716a32459bee8398c8977fd1dfd575fa26606928f95728462a833c92";
    assert_eq!(digest, known);

    // One that cannot be read keeps none of the others from being looked at.
    write(&dir, "bad.hex", "0x");
    let (code, text, error) = out(lapbelt().args(["lab", "witness", &path]));
    assert_eq!(code, 2, "{text}");
    assert!(error.contains("bad."), "{error}");
    assert!(text.contains("of 1: 1 decoded"), "{text}");

    let empty = tempfile::tempdir().expect("a directory");
    let path = empty.path().display().to_string();
    assert_eq!(out(lapbelt().args(["lab", "witness", &path])).0, 2);
}

#[test]
fn the_systems_own_bytes_come_out() {
    let Some(folder) = lapbelt_corpus::folder() else {
        return;
    };
    let path = folder.join("witness").display().to_string();
    let (code, text, _) = out(lapbelt().args(["lab", "witness", &path]));
    assert_eq!(code, 0, "{text}");
}

#[test]
fn what_is_no_file_is_written_into_and_links_are_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("p.sb"), "(version 1)(allow default)").expect("a profile");
    std::fs::write(at("out.new"), "precious").expect("a file");
    std::os::unix::fs::symlink("target", at("link")).expect("a link");
    let compile = |out: &std::path::Path| {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        command.arg("compile").arg(at("p.sb")).arg("-o").arg(out);
        assert!(command.output().expect("a run").status.success());
    };
    compile(&at("out"));
    compile(&at("link"));
    compile(std::path::Path::new("/dev/null"));
    let bytes = std::fs::read(at("out")).expect("bytes");
    assert_eq!(std::fs::read(at("target")).expect("bytes"), bytes);
    assert!(at("link").is_symlink());
    assert_eq!(
        std::fs::read_to_string(at("out.new")).expect("a file"),
        "precious"
    );
    assert!(!std::path::Path::new("/dev/null").is_file());
}
