//! Real profiles: each equals itself however its rules are written, and any change is found.
#![allow(missing_docs)]

mod support;

use std::time::Instant;

use lapbelt_analysis::decompile::decompile;
use lapbelt_analysis::diff::diff;
use lapbelt_policy::filter::Filter;
use lapbelt_policy::graph::idle;
use lapbelt_policy::rule::{Action, Policy};
use support::{WORLD, subject};

/// The same policy, written so that no chain of its graph is the same: filters of a rule in
/// another order, and each filter twice negated within an empty choice.
fn rewritten(policy: &Policy) -> Policy {
    let mut other = policy.clone();
    for rule in &mut other.rules {
        rule.filters.reverse();
        for one in &mut rule.filters {
            let inner = std::mem::replace(&mut one.filter, Filter::Any(Vec::new()));
            one.filter = Filter::All(vec![inner.clone(), Filter::Any(vec![inner])]);
        }
    }
    other
}

#[test]
fn every_profile_equals_itself_rewritten() {
    let Some(corpus) = support::corpus() else {
        return;
    };
    assert!(corpus.len() > 200, "only {} profiles", corpus.len());
    let mut slow = Vec::new();
    for (name, policy) in corpus {
        let other = rewritten(policy);
        let start = Instant::now();
        let answer = diff(&subject(policy), &subject(&other), 5);
        slow.push((start.elapsed(), policy.rules.len(), name));
        assert_eq!(answer.undecided, Vec::<String>::new(), "{name}");
        assert_eq!(answer.different, [], "{name}");
        assert!(answer.equal > 0, "{name}");
    }
    slow.sort();
    for (time, rules, name) in slow.iter().rev().take(10) {
        println!("diff {time:?} {rules} rules {name}");
    }
}

#[test]
fn idle_rules_of_every_profile_are_found_in_time() {
    let Some(corpus) = support::corpus() else {
        return;
    };
    let mut slow = Vec::new();
    let (mut all, mut undecided) = (0, 0);
    for (name, policy) in corpus {
        let start = Instant::now();
        let found = idle(policy, &WORLD);
        slow.push((start.elapsed(), policy.rules.len(), name));
        undecided += usize::from(!found.undecided.is_empty());
        all += found.filters.len();
    }
    // One profile asks for some thirty texts anywhere in a path, in any combination.
    assert!(undecided <= 1, "{undecided} undecided");
    slow.sort();
    println!("{all} idle filters in {} profiles", corpus.len());
    for (time, rules, name) in slow.iter().rev().take(10) {
        println!("idle {time:?} {rules} rules {name}");
    }
}

#[test]
fn turning_a_deciding_rule_around_is_a_difference() {
    let Some(corpus) = support::corpus() else {
        return;
    };
    for (name, policy) in corpus.iter().filter(|one| one.1.rules.len() < 200) {
        let found = idle(policy, &WORLD);
        // A rule none of whose filters is idle for any operation decides something.
        let deciding = (0..policy.rules.len()).rev().find(|rule| {
            found
                .filters
                .iter()
                .all(|one| one.rule.rule as usize != *rule)
        });
        let Some(rule) = deciding else {
            continue;
        };
        let mut other = policy.clone();
        let action = &mut other.rules[rule].action;
        *action = match action {
            Action::Allow => Action::Deny,
            Action::Deny => Action::Allow,
        };
        other.rules[rule].modifiers.clear();
        let answer = diff(&subject(policy), &subject(&other), 5);
        assert_ne!(answer.different, [], "{name}: rule {rule}");
    }
}

#[test]
fn rules_made_from_the_graph_of_every_profile_decide_the_same() {
    let Some(corpus) = support::corpus() else {
        return;
    };
    let mut slow = Vec::new();
    let (mut before, mut after) = (0, 0);
    for (name, policy) in corpus {
        let start = Instant::now();
        let whole = subject(policy);
        let raised = decompile(&whole);
        slow.push((start.elapsed(), policy.rules.len(), name));
        let raised = raised.unwrap_or_else(|error| panic!("{name}: {error}"));
        let answer = diff(&whole, &subject(&raised), 5);
        assert_eq!(answer.different, [], "{name}");
        assert_eq!(answer.undecided, Vec::<String>::new(), "{name}");
        assert!(raised.rules.len() <= 2 * policy.rules.len() + 1, "{name}");
        before += policy.rules.len();
        after += raised.rules.len();
    }
    println!("{before} rules became {after}");
    slow.sort();
    for (time, rules, name) in slow.iter().rev().take(10) {
        println!("raise {time:?} {rules} rules {name}");
    }
}
