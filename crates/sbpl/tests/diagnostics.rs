//! What is said about wrong profiles.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Write;

use insta::assert_snapshot;
use lapbelt_policy::world::shipped;
use lapbelt_sbpl::{Imports, LoadedSource, NoImports, Source, evaluate};

/// Each diagnostic with the text it points at.
fn findings(text: &str) -> String {
    findings_with(text, &NoImports)
}

fn findings_with(text: &str, imports: &dyn Imports) -> String {
    let world = shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world file");
    let source = Source { name: "p.sb", text };
    let evaluation = evaluate(&source, &BTreeMap::new(), imports, &world);
    let mut out = String::new();
    for found in &evaluation.diagnostics {
        let _ = write!(
            out,
            "{:?} {}: {}",
            found.severity,
            found.code.as_str(),
            found.message
        );
        if let Some(at) = found.origin {
            let source = &evaluation.sources[at.source.0 as usize];
            let part = &source.text[at.start as usize..at.end as usize];
            let place = format!("{}:{}:{} {part}", source.name, at.line, at.column);
            let _ = write!(out, "\n  {}", place.trim_end());
        }
        for label in &found.labels {
            let at = label.origin;
            let _ = write!(out, "\n  {}:{} {}", at.line, at.column, label.message);
        }
        if let Some(help) = &found.help {
            let _ = write!(out, "\n  help: {help}");
        }
        out.push('\n');
    }
    out
}

#[test]
fn parameters() {
    assert_snapshot!(findings(
        "(version 1)
(allow file-read* (subpath (param \"HOME\")))
(define dir (param \"DIR\"))
(allow file-read* (literal \"/a\" dir))
(allow file-read* (literal (string-append (param \"X\") \"/a\")))
(allow file-read* (param \"X\"))
(allow file-read* (require-not (param \"X\")))
(with-filter (param \"X\") (allow file-read*))
(allow file-read* (literal (or (param \"A\") (param \"B\"))))
(deny file-read* (with errno (param \"X\")))
(deny file-read* (with message (param \"X\")))
(allow file-read* (vnode-type (param \"X\")))
(allow file-read* (file-mode (param \"X\")))
(allow file-read* (literal #f))
(version (param \"X\"))"
    ));
}

#[test]
fn a_false_that_no_parameter_gave() {
    assert_snapshot!(findings(
        "(version 1)
(define debug (param \"DEBUG\"))
(if debug (allow file-write*))
(allow file-read* (literal #f))
(define (param x) #f)
(allow file-read* (literal (param \"X\")))"
    ));
}

#[test]
fn unknown_names() {
    assert_snapshot!(findings(
        "(version 1)
(allow file-raed* (literal \"/a\"))
(allow file-read* (literl \"/a\"))
(allow file-read* (require-all (subpth \"/a\")))
(allow file-read* (with reprot))
(allow file-read* (vnode-type DIRECTROY))
(allow signal (target \"sefl\"))
(allow network-outbound (remote tpc \"*:80\"))
(strng-append \"a\")"
    ));
}

#[test]
fn rules_that_make_no_sense() {
    assert_snapshot!(findings(
        "(version 1)
(allow (literal \"/a\"))
(allow file-read* \"/a\")
(allow file-read* literal)
(allow file-read* (literal 7))
(allow file-read* (literal))
(allow file-read* (regex #\"a(\"))
(allow file-read* (require-not))
(allow iokit-external-method)
(deny file-read* (with report))
(allow file-read* (with report) (with report))
(deny process-exec (with send-signal))
(allow mach-lookup (with report 3))
(allow mach-lookup (literal \"/a\"))
(allow mach-lookup (apply-message-filter (allow file-read*)))
(deny mach-lookup (apply-message-filter (deny mach-message-send)))
(allow mach-lookup (apply-message-filter (allow mach-message-send (apply-message-filter))))
(allow mach-lookup (with message-filter (allow mach-message-send)))
(trace 3)
(trace \"a\")
(trace \"b\")
(allow file-read* (home-subpath \"/x\"))"
    ));
}

#[test]
fn addresses() {
    assert_snapshot!(findings(
        "(version 1)
(allow network-outbound (remote ip \"example.com:80\"))
(allow network-outbound (remote ip \"*:65536\"))
(allow network-outbound (remote ip \"*:http\" \"*\"))
(allow network-outbound (remote \"*:80\"))
(allow network-outbound (remote))"
    ));
}

#[test]
fn versions() {
    assert_snapshot!(findings("(deny default)\n(version 1)"), @r"
    Error version: a rule stands before `(version …)`
      p.sb:1:1 (deny default)
      help: start the profile with `(version 1)`
    ");
    assert_snapshot!(findings("(define x 1)"), @r"
    Error version: the profile has no `(version …)`
      p.sb:1:1
      help: start the profile with `(version 1)`
    ");
    assert_snapshot!(findings("(version 1)(version 1)(version 2)(version 4)"), @r"
    Error version: the profile already has another version; leave one
      p.sb:1:32 2
    Error version: there is no version 4; write 1, 2 or 3
      p.sb:1:43 4
    ");
}

#[test]
fn scheme_mistakes() {
    assert_snapshot!(findings(
        "(version 1)
(define (f x) (car x))
(define (g x) (+ 1 (f x)))
(g 3)
(f)
(f 1 2)
(\"not\" 1)
(if)
(let ((x)) (undefined x))
(set! nothing 1)
(error \"stop:\" '(1 \"a\"))
(import \"other.sb\")
(trace \"/tmp/x\")"
    ));
}

#[test]
fn every_argument_of_a_comparison_is_looked_at() {
    for form in [
        "(= \"x\")",
        "(< 2 1 \"x\")",
        "(< 'a)",
        "(string=? 1)",
        "(string<? \"b\" \"a\" 1)",
        "(char=? 1)",
    ] {
        let found = findings(&format!("(version 1) {form}"));
        assert!(found.contains("wrong-type"), "{form}: {found}");
    }
}

#[test]
fn a_division_says_what_is_wrong_with_it() {
    for (form, said) in [
        ("(quotient 1 0)", "division by zero"),
        ("(remainder 1 0)", "division by zero"),
        ("(modulo 1 0)", "division by zero"),
        ("(quotient -9223372036854775808 -1)", "too large a number"),
    ] {
        let found = findings(&format!("(version 1) {form}"));
        assert!(found.contains(said), "{form}: {found}");
    }
    for division in ["remainder", "modulo"] {
        let form = format!("(version 1) (if (= 0 ({division} -9223372036854775808 -1)) 1 (car 1))");
        assert_eq!(findings(&form), "", "{form}");
    }
}

#[test]
fn lists_that_do_not_end() {
    let text = "(version 1)\n(define ring (list 1))\n(set-cdr! ring ring)\n(length ring)";
    assert_snapshot!(findings(text), @r"
    Error wrong-type: the list does not end in an empty list
      p.sb:4:9 ring
    ");
}

#[test]
fn a_message_filter_in_another() {
    let inner = "mach-message-send (apply-message-filter (deny mach-message-send))";
    for action in ["allow", "deny"] {
        let text =
            format!("(version 1)\n(allow mach-lookup (apply-message-filter ({action} {inner})))");
        let found = findings(&text);
        assert!(found.contains("cannot stand in another"), "{found}");
        assert!(!found.contains("help"), "{found}");
    }
}

#[test]
fn message_filters_without_rules() {
    let text = "(version 1)\n(deny default)\n(allow mach-lookup (apply-message-filter 5))";
    assert_snapshot!(findings(text), @r"
    Warning argument-count: this message filter has no rules, so that messages come to their defaults
      p.sb:3:20 (apply-message-filter 5)
    ");
}

#[test]
fn texts_that_are_not_well_formed() {
    assert_snapshot!(findings("(version 1)\n(allow default"), @r"
    Error syntax: this list is opened here and never closed: a `)` is missing
      p.sb:2:1 (
    ");
    assert_snapshot!(findings("(version 1)\n(allow file-read*\n  (literal \"/a\")\n(deny default)\n(allow signal)\n"), @r"
    Error syntax: this list is opened here and never closed: a `)` is missing
      p.sb:2:1 (
      4:1 this is inside it; a `)` may be missing before
    ");
    assert_snapshot!(findings("(version 1)\n(allow file-read*\n  (literal \"/a\"\n(deny default)\n"), @r"
    Error syntax: this list is opened here and never closed, nor is one inside it: 2 `)` are missing
      p.sb:2:1 (
      4:1 this is inside it; a `)` may be missing before
    ");
    assert_snapshot!(findings("((((("), @r"
    Error syntax: this list is opened here and never closed, nor are 4 inside it: 5 `)` are missing
      p.sb:1:1 (
    ");
    assert_snapshot!(findings("(version 1)) \"\\xzz\" #if"), @r"
    Error syntax: `)` closes nothing
      p.sb:1:12 )
    Error syntax: `\x` needs two hexadecimal digits
      p.sb:1:15 \x
    Error syntax: `#if` has no meaning
      p.sb:1:21 #if
    ");
}

#[test]
fn an_imported_text_has_all_its_mistakes_told() {
    struct Library;
    impl Imports for Library {
        fn load(&self, name: &str) -> Result<LoadedSource, String> {
            let text = "(version 1)\n(allow file-raed*)\n(car 1)\n(define good file-read*)";
            Ok(LoadedSource {
                name: name.to_owned(),
                text: text.to_owned(),
            })
        }
    }
    let text = "(version 1)\n(import \"lib.sb\")\n(allow good)\n(import \"lib.sb\")";
    assert_snapshot!(findings_with(text, &Library), @r"
    Error unknown-operation: unknown operation `file-raed*`
      lib.sb:2:8 file-raed*
      2:1 imported here
      help: did you mean `file-read*`?
    Error wrong-type: expected list with items, got number
      lib.sb:3:6 1
      2:1 imported here
    ");
}

#[test]
fn modifiers_of_other_operations() {
    assert_snapshot!(findings(
        "(version 1)
(allow process* (with no-sandbox))
(allow process-exec file-read* (with no-sandbox))"
    ), @r"
    Warning modifier-not-applicable: modifier `no-sandbox` does not apply to operation `file-read*`
      p.sb:3:32 (with no-sandbox)
      help: it is for process-exec*, process-exec-interpreter
    ");
}

#[test]
fn modifiers_of_the_other_action() {
    assert_snapshot!(findings(
        "(version 1)
(allow file-read* (with no-log))
(allow file-read* no-report)
(deny file-read* (with report))
(deny process-exec* (with no-profile))
(allow file-read* (with errno EPERM))
(deny file-read* (with no-log) (with no-report))
(deny file-read* (with no-report) (with no-log))
(deny file-read* (with no-log) (with no-log))
(deny file-read* (with no-log 3))
(allow file-read* (with no-profile))
(allow process-exec* (no-profile 3))"
    ));
}

#[test]
fn what_is_accepted_is_said() {
    assert_snapshot!(findings(
        "(version 1)
(allow file-read* (vnode-type FOO))
(allow file-read* (vnode-type \"FOO\"))
(allow signal (target foo))
(allow system-socket (socket-domain DOMAIN))
(allow network-outbound (remote foo))
(allow mach-lookup (apply-message-filter (allow mach-message-send (message-number FOOBAR))))
(allow file-read* (literal foobar))
(allow file-read* (literal))
(allow file-read* (regex))
(allow file-read* (subpath 3))
(allow sysctl-read (sysctl-name-prefix))
(allow file-read* (vnode-type))
(allow file-read* (file-mode))
(allow file-read* (file-mode -1))
(allow mach-lookup (apply-message-filter (allow mach-message-send (message-number))))
(allow file-read* (require-not))
(deny file-read* (with errno EFOOBAR))
(deny file-read* (with errno EACCESS))
(deny file-read* (with errno \"EFOO\"))
(deny file-read* (with send-signal SIGFOOBAR))
(deny file-read* (with message))
(deny file-read* (with report 3))
(deny file-read* (with foobar))
(deny file-read* (with))
(deny foobarbaz)
(deny file-read* (foobarbaz))
(deny)
(param)
(allow file-ioctl (ioctl-command (_IO \"ab\" 3)))
(allow network-outbound (remote tcp \"*:70000\"))"
    ));
}

#[test]
fn the_form_of_what_has_too_few_arguments_is_said() {
    assert_snapshot!(findings(
        "(version 1)
(define (app path) (string-append \"/Applications\" path))
(allow file-read* (require-entitlement))
(allow file-read* (require-entitlement 3))
(allow file-read* (require-entitlement \"a\" (entitlement-value 3)))
(allow file-read* (require-entitlement \"a\" \"b\"))
(allow file-read* (require-entitlement \"a\" (entitlement-value-regex 3)))
(allow file-read* (%entitlement-string-prefix 3))
(allow file-read* (literal (app)))
(allow file-read* (literal (app 1 2)))
(allow file-read* (literal ((lambda (x) x))))"
    ));
}

#[test]
fn one_word_about_a_wrong_version_is_enough() {
    for version in ["(version 4)", "(version)", "(version x)"] {
        let found = findings(&format!("{version}\n(deny default)\n(allow file-raed*)"));
        let said: Vec<&str> = found
            .lines()
            .filter(|line| line.contains("rror "))
            .collect();
        assert_eq!(said.len(), 2, "{found}");
        assert!(
            said[0].contains("version: ") && said[0].contains("1, 2 or 3"),
            "{found}"
        );
        assert!(said[1].contains("unknown-operation"), "{found}");
    }
    for empty in ["", "; nothing\n"] {
        assert!(
            findings(empty).contains("\n  p.sb:1:1\n  help: "),
            "{}",
            findings(empty)
        );
    }
}
