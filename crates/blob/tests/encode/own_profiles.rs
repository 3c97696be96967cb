//! Small profiles of our own, whose bytes must not change unnoticed where there is no corpus.

use std::fmt::Write as _;

use lapbelt_blob::encode::encode;
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
