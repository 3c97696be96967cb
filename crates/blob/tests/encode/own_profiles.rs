//! Small profiles of our own, whose bytes must not change unnoticed where there is no corpus.

use std::fmt::Write as _;

use lapbelt_blob::encode::{Reason, encode};
use lapbelt_sbpl::{NoImports, Source, evaluate};

use crate::support::WORLD;

/// Header, op table by runs of equal slots, nodes, then literals, as hexadecimal digits.
fn dump(text: &str) -> String {
    let source = Source { name: "own", text };
    let evaluation = evaluate(&source, &Default::default(), &NoImports, &WORLD);
    let policy = evaluation.policy.expect("a policy");
    let encoded = encode(&policy, &WORLD).expect("a profile");
    let bytes = &encoded.bytes;
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let word = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let table = 14 + 2 * (word(10) + word(12));
    let nodes = (table + 2 * 190_usize).next_multiple_of(8);
    let literals = nodes + 8 * word(2);
    let mut out = hex(&bytes[..table]) + "\n";
    let slots: Vec<usize> = (0..190).map(|slot| word(table + 2 * slot)).collect();
    for run in slots.chunk_by(|a, b| a == b) {
        write!(out, "{}x{} ", run[0], run.len()).expect("text");
    }
    out.push('\n');
    for node in bytes[nodes..literals].chunks(8) {
        out += &(hex(node) + "\n");
    }
    for line in bytes[literals..].chunks(32) {
        out += &(hex(line) + "\n");
    }
    for derived in &encoded.fidelity.derived {
        writeln!(out, "{:?} {}", derived.rule, derived.reason).expect("text");
    }
    out
}

#[test]
fn rules_are_joined_and_nodes_shared() {
    insta::assert_snapshot!(dump(
        "(version 1)
         (deny default)
         (allow file-read* file-write* (subpath \"/One\") (literal \"/two\"))
         (allow file-read* file-write* (subpath \"/three\"))
         (deny file-read* file-write* (literal \"/one/four\"))
         (allow mach-lookup (global-name \"com.example.Five\"))"
    ));
}

#[test]
fn requirements_are_ordered_by_cost() {
    insta::assert_snapshot!(dump(
        "(version 1)
         (allow default)
         (deny file-write* (require-all
           (prefix \"/one\") (require-not (vnode-type SYMLINK)) (extension \"two\")))
         (deny network-outbound (remote tcp \"localhost:80\") (socket-domain 2 30))"
    ));
}

#[test]
fn messages_are_filtered_by_programs_of_their_own() {
    insta::assert_snapshot!(dump(
        "(version 2)
         (allow iokit-open-user-client (apply-message-filter (deny iokit-external-method)))
         (allow mach-bootstrap (with report)
           (apply-message-filter (deny mach-message-send (message-number 7))))"
    ));
}

#[test]
fn expressions_take_either_of_two_codes() {
    insta::assert_snapshot!(dump(
        "(version 1)
         (allow default)
         (deny file-read* (regex #\"^/Users/[^/]+/x$\" #\"\\.(bak|tmp)$\") (literal \"/a\"))
         (deny mach-lookup (global-name-regex #\"^com\\.Example\\.\"))
         (deny file-ioctl (with errno EACCES))"
    ));
}

/// What is said of rules beside `(deny default)` that no witness shows.
fn unseen(rules: &str) -> Vec<Reason> {
    let text = format!("(version 1)(deny default){rules}");
    let source = Source {
        name: "own",
        text: &text,
    };
    let evaluation = evaluate(&source, &Default::default(), &NoImports, &WORLD);
    let policy = evaluation.policy.expect("a policy");
    let encoded = encode(&policy, &WORLD).expect("a profile");
    let derived = encoded.fidelity.derived.into_iter();
    derived.map(|one| one.reason).collect()
}

#[test]
fn forms_that_no_witness_has_are_told() {
    let path = |length: usize| format!("(allow file-read* (literal \"/{}\"))", "a".repeat(length));
    let iokit = "(apply-message-filter (deny iokit-external-method))";
    for (rules, expected) in [
        (path(64).as_str(), Reason::LongRun),
        ("(allow file-read* (subpath \"\"))", Reason::Relative),
        ("(allow file-read* (literal \"a\"))", Reason::Relative),
        ("(allow file-read* (debug-mode))", Reason::Filter),
        ("(allow mach-lookup (global-name \"a\"))", Reason::Filter),
        (
            "(allow file-read* (mount-relative-literal \"/a\"))",
            Reason::Filter,
        ),
        (
            "(allow file-read* (require-not (literal \"/a\")))",
            Reason::Negation,
        ),
        (
            "(allow network-outbound (require-all (socket-type 1) (socket-type 1)))",
            Reason::Repeated,
        ),
        ("(deny signal (target self))", Reason::Repeated),
        ("(deny mach-task-name (target self))", Reason::Repeated),
        (
            "(deny network-outbound (control-name \"com.apple.flow-divert\"))
             (allow network-outbound)",
            Reason::Repeated,
        ),
        (
            "(allow file-read* (literal \"/a\"))(deny file-read* (require-any (literal \"/a\")))",
            Reason::Repeated,
        ),
        (
            &format!("(allow iokit-open-user-client (iokit-user-client-class \"A\") {iokit})"),
            Reason::MessageFilter,
        ),
        (
            "(allow iokit-open-user-client (apply-message-filter (deny mach-message-send)))",
            Reason::MessageFilter,
        ),
    ] {
        let unseen = unseen(rules);
        assert!(unseen.contains(&expected), "{rules}: {unseen:?}");
    }
    for seen in [
        path(63).as_str(),
        "(allow file-read* (require-not (vnode-type SYMLINK)))",
        "(allow file-read* (literal \"/a\"))(allow file-write* (literal \"/a\"))",
        &format!("(allow iokit-open-user-client {iokit})"),
    ] {
        assert_eq!(unseen(seen), [], "{seen}");
    }
}
