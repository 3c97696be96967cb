//! How much there is to read in rules, by which one reading of a graph is preferred to another.

use crate::filter::Filter;
use crate::world::World;

/// How much there is to read in a rule besides its filters: it says what it decides, and for which
/// operations.
pub(super) const RULE: usize = 4;

/// How much more there is to read where an exception is said before what it is one of, though the
/// compiler would leave it behind: rules say it behind, between what they decide otherwise. Where
/// nothing but exceptions is said, rules say what they are exceptions of.
fn exceptions_first(parts: &[Filter], world: &World) -> usize {
    let is_not = |part: &&Filter| matches!(part, Filter::Not(_));
    let Some(first) = parts.first().filter(is_not) else {
        return 0;
    };
    let mut others = parts.iter().filter(|part| !is_not(part)).peekable();
    if others.peek().is_none() {
        return if parts.len() > 1 { RULE - 1 } else { 0 };
    }
    let cost = first.cost(world);
    match others.any(|part| part.cost(world) >= cost) {
        true => 2 * RULE,
        false => 0,
    }
}

/// How much more there is to read where a filter contradicts itself: only what the compiler took away
/// needs one, and few rules say that.
fn contradiction(parts: &[Filter]) -> usize {
    match parts {
        [one, Filter::Not(other)] if *one == **other => RULE,
        _ => 0,
    }
}

/// How much there is to read in a filter: the deeper conditions are nested, the more each.
pub(super) fn words(filter: &Filter, world: &World) -> usize {
    let exceptions = match filter {
        // Nothing but exceptions: rules say what they are exceptions of.
        Filter::Not(_) => 3 * RULE,
        _ => 0,
    };
    exceptions + words_at(filter, 0, world)
}

fn words_at(filter: &Filter, depth: usize, world: &World) -> usize {
    let all = |parts: &[Filter]| {
        let parts = parts.iter().map(|one| words_at(one, depth + 1, world));
        1 + depth + parts.sum::<usize>()
    };
    match filter {
        Filter::Test(_) => 1,
        Filter::Not(inner) => 1 + words_at(inner, depth, world),
        Filter::Any(parts) => all(parts),
        Filter::All(parts) => all(parts) + exceptions_first(parts, world) + contradiction(parts),
    }
}
