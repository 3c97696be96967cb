//! The rules of several operations as one list, in which what they have in common is said once.
//!
//! Only the order of the rules of one operation matters, so two lists can be merged in any way that
//! keeps the order of each.

use std::collections::BTreeMap;

use super::length::RULE;
use crate::rule::Rule;

/// Most pairs of rules that are compared: what is behind is said for each operation.
const MOST: usize = 10_000_000;

/// The rules of two lists, oldest first; as many of those that differ by their operations only are
/// one rule as can be. One that begins or ends with all filters of another is two, if there is less
/// to read then.
pub(super) fn merged(some: Vec<Rule>, more: Vec<Rule>) -> Vec<Rule> {
    let (cuts, others) = (cuts(&some, &more), cuts(&more, &some));
    if cuts.is_empty() && others.is_empty() {
        return joined(some, more);
    }
    let apart = joined(parted(&some, &cuts), parted(&more, &others));
    let whole = joined(some, more);
    let size = |rules: &[Rule]| -> usize { rules.iter().map(|one| RULE + one.filters.len()).sum() };
    match size(&apart) < size(&whole) {
        true => apart,
        false => whole,
    }
}

/// By index, how many filters of a rule come before or behind those of one of the others.
fn cuts(rules: &[Rule], others: &[Rule]) -> BTreeMap<usize, usize> {
    if rules.len() * others.len() > MOST {
        return BTreeMap::new();
    }
    let cut = |rule: &Rule| {
        others.iter().find_map(|other| {
            let (all, part) = (rule.filters.as_slice(), other.filters.as_slice());
            if part.is_empty() || part.len() >= all.len() || !is_of_kind(rule, other) {
                None
            } else if all.ends_with(part) {
                Some(all.len() - part.len())
            } else {
                all.starts_with(part).then_some(part.len())
            }
        })
    };
    let rules = rules.iter().enumerate();
    rules
        .filter_map(|(at, rule)| Some((at, cut(rule)?)))
        .collect()
}

/// Rules with those cut in two that are to be. Filters are asked in their order, newer rules first.
fn parted(rules: &[Rule], cuts: &BTreeMap<usize, usize>) -> Vec<Rule> {
    let mut apart = Vec::with_capacity(rules.len() + cuts.len());
    for (at, rule) in rules.iter().enumerate() {
        let mut newer = rule.clone();
        if let Some(&cut) = cuts.get(&at) {
            let mut older = rule.clone();
            older.filters = newer.filters.split_off(cut);
            apart.push(older);
        }
        apart.push(newer);
    }
    apart
}

fn joined(some: Vec<Rule>, more: Vec<Rule>) -> Vec<Rule> {
    let pairs = pairs(&some, &more);
    let mut all = Vec::with_capacity(some.len() + more.len() - pairs.len());
    let (mut some, mut more) = (some.into_iter(), more.into_iter());
    let mut passed = (0, 0);
    for (at, with) in pairs {
        all.extend(some.by_ref().take(at - passed.0));
        all.extend(more.by_ref().take(with - passed.1));
        passed = (at + 1, with + 1);
        let own = some.next();
        let shared = own.zip(more.next()).map(|(mut rule, other)| {
            rule.operations.extend(other.operations);
            rule
        });
        all.extend(shared);
    }
    all.extend(some.chain(more));
    all
}

/// Whether two rules say the same for their operations, and not everything about them.
fn is_alike(one: &Rule, other: &Rule) -> bool {
    !one.filters.is_empty() && is_of_kind(one, other) && one.filters == other.filters
}

/// Whether two rules decide the same.
fn is_of_kind(one: &Rule, other: &Rule) -> bool {
    one.action == other.action && one.modifiers == other.modifiers
}

/// The longest sequence of pairs of rules that say the same, in the order of both lists.
fn pairs(some: &[Rule], more: &[Rule]) -> Vec<(usize, usize)> {
    if some.len() * more.len() > MOST
        || !more
            .iter()
            .any(|rule| some.iter().any(|one| is_alike(one, rule)))
    {
        return Vec::new();
    }
    let width = more.len() + 1;
    // By position in both: the most pairs from there on.
    let mut most = vec![0_u32; (some.len() + 1) * width];
    let mut alike = vec![false; most.len()];
    for at in (0..some.len()).rev() {
        for with in (0..more.len()).rev() {
            let here = at * width + with;
            alike[here] = is_alike(&some[at], &more[with]);
            let taken = most[here + width + 1] + u32::from(alike[here]);
            most[here] = taken.max(most[here + width]).max(most[here + 1]);
        }
    }
    let mut pairs = Vec::new();
    let (mut at, mut with) = (0, 0);
    while at < some.len() && with < more.len() {
        let here = at * width + with;
        if alike[here] && most[here] == most[here + width + 1] + 1 {
            pairs.push((at, with));
            (at, with) = (at + 1, with + 1);
        } else if most[here] == most[here + width] {
            at += 1;
        } else {
            with += 1;
        }
    }
    pairs
}
