//! Numbers of nodes that were published for small profiles of the macOS 14.4.1 compiler.
//!
//! Protonk/sandbox-boostrap, op-table-operation/Report.md: "operation count" there is the number of
//! nodes, read under another name, and "entries" are slots of the op table from the second on.

use lapbelt_blob::encode::encode;
use lapbelt_sbpl::{NoImports, Source, evaluate};

use crate::support::WORLD;

const READ: &str = "(allow file-read*)";
const WRITE: &str = "(allow file-write*)";
const NETWORK: &str = "(allow network-outbound)";
const MACH: &str = "(allow mach-lookup (global-name \"com.apple.cfprefsd.agent\"))";
const SUBPATH: &str = "(allow file-read* (subpath \"/tmp/foo\"))";
const LITERAL: &str = "(allow file-read* (literal \"/etc/hosts\"))";

#[test]
fn nodes_and_first_slots_are_those_that_were_published() {
    let five = &[4, 4, 4, 4, 4][..];
    let six = &[5, 5, 5, 5, 5, 5][..];
    let seven = &[6, 6, 6, 6, 6, 6, 5][..];
    let published: [(&[&str], &[u16]); 17] = [
        (&[], five),
        (&[READ], five),
        (&[WRITE], five),
        (&[MACH], six),
        (&[NETWORK], five),
        (&[READ, WRITE], five),
        (&[READ, MACH], six),
        (&[READ, NETWORK], five),
        (&[WRITE, MACH], six),
        (&[WRITE, NETWORK], five),
        (&[MACH, NETWORK], six),
        (&[SUBPATH], six),
        (&[SUBPATH, MACH], seven),
        (&[SUBPATH, WRITE], six),
        (&[SUBPATH, NETWORK], six),
        (&[MACH, LITERAL], seven),
        (&[SUBPATH, MACH, LITERAL], seven),
    ];
    for (rules, slots) in published {
        let text = format!("(version 1)(deny default){}", rules.concat());
        let source = Source {
            name: "published",
            text: &text,
        };
        let evaluation = evaluate(&source, &Default::default(), &NoImports, &WORLD);
        let policy = evaluation.policy.expect("a policy");
        let encoded = encode(&policy, &WORLD).expect("a profile");
        assert_eq!(encoded.size.nodes, slots.len(), "{text}");
        let words = encoded.bytes[16..].chunks(2).take(slots.len());
        let words: Vec<u16> = words
            .map(|two| u16::from_le_bytes([two[0], two[1]]))
            .collect();
        assert_eq!(words, slots, "{text}");
    }
}
