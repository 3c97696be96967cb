//! Filters as a person says them, of those that compile to the same.

use crate::filter::Filter;
use crate::world::World;

/// The filter with conditions that must not hold behind those that must, wherever the compiler puts
/// them in the same order.
pub(super) fn said(filter: Filter, world: &World) -> Filter {
    let each = |parts: Vec<Filter>| -> Vec<Filter> {
        let parts = parts.into_iter();
        parts.map(|part| said(part, world)).collect()
    };
    match filter {
        Filter::Test(_) => filter,
        Filter::Not(inner) => Filter::Not(Box::new(said(*inner, world))),
        Filter::Any(parts) => Filter::Any(each(parts)),
        Filter::All(parts) => Filter::All(each(exceptions_last(parts, world))),
    }
}

fn exceptions_last(parts: Vec<Filter>, world: &World) -> Vec<Filter> {
    let by_cost = |mut parts: Vec<Filter>| {
        parts.sort_by_key(|part| std::cmp::Reverse(part.cost(world)));
        parts
    };
    let mut better = parts.clone();
    better.sort_by_key(|part| matches!(part, Filter::Not(_)));
    match by_cost(better.clone()) == by_cost(parts.clone()) {
        true => better,
        false => parts,
    }
}
