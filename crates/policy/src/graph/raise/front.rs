//! What the system puts before an operation's own rules, taken away.

use crate::filter::{Argument, Test};
use crate::graph::NodeId;
use crate::graph::written::{Edge, Turn, Written};
use crate::pattern::Pattern;
use crate::rule::Action;

use super::Outcome;

/// Where the own rules of an operation begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) at: NodeId,
    /// The edge by which it was come to, if what stood before was taken away.
    pub(super) by: Option<Edge>,
    /// The node that asked what was taken away, if only one did, as for all worlds that are known.
    pub(super) front: Option<NodeId>,
    /// Whether all that was to be taken away was there.
    pub(super) is_whole: bool,
}

/// Whether tests ask another, or patterns that merge with it match what it does.
fn asks(tests: &[Test], other: &Test) -> bool {
    let merges = |test: &Test| match (&test.argument, &other.argument) {
        (Argument::Pattern(pattern), Argument::Pattern(Pattern::Literal(text))) => {
            test.filter == other.filter && pattern.matches(text)
        }
        _ => false,
    };
    tests.contains(other) || tests.iter().any(merges)
}

/// Takes rules that ask one test each away from the front of an operation's graph. What else is
/// asked with them stays.
pub(super) fn without(written: &mut Written, entry: NodeId, rules: &[(Test, Action)]) -> Start {
    let mut left: Vec<&(Test, Action)> = rules.iter().collect();
    let mut kept: Vec<(Vec<Test>, NodeId)> = Vec::new();
    let mut start = Start {
        at: entry,
        by: None,
        front: None,
        is_whole: true,
    };
    while !left.is_empty() {
        let Turn::Ask {
            question,
            matched,
            unmatched,
        } = written.turn(start.at)
        else {
            break;
        };
        let decides = |action: Action| written.decision(&Outcome::plain(action)) == Some(matched);
        let tests = written.tests(question);
        let is_alike =
            |rule: &&&(Test, Action)| rule.0.filter == tests[0].filter && decides(rule.1);
        if !left.iter().any(|rule| is_alike(&rule)) {
            break;
        }
        let is_asked = |rule: &&(Test, Action)| asks(tests, &rule.0) && decides(rule.1);
        let rest: Vec<Test> = tests
            .iter()
            .filter(|test| !left.iter().any(|rule| is_asked(rule) && rule.0 == **test))
            .cloned()
            .collect();
        left.retain(|rule| !is_asked(rule));
        if !rest.is_empty() {
            kept.push((rest, matched));
        }
        start.front = (start.at == entry).then_some(entry);
        start.at = unmatched;
        start.by = Some(Edge {
            question,
            answer: false,
            to: unmatched,
        });
    }
    // A decision that stands for itself and for the rules that decide alike.
    let is_said = |rule: &&(Test, Action)| {
        kept.is_empty() && written.decision(&Outcome::plain(rule.1)) == Some(start.at)
    };
    start.is_whole = left.iter().all(is_said);
    if left.len() == rules.len() {
        return Start {
            at: entry,
            by: None,
            front: None,
            ..start
        };
    }
    for (tests, matched) in kept.into_iter().rev() {
        start.at = written.ask(tests, matched, start.at);
        start.by = None;
    }
    start
}
