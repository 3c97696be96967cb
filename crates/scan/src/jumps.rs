//! Where computed jumps and calls lead: tables of targets.

use std::collections::BTreeMap;

use crate::code::{Condition, Op};
use crate::eval::Evaluated;
use crate::image::{Image, Pointer};
use crate::value::{Node, Value};

/// Most entries of a table whose length is not asked before the jump.
const LONGEST: u64 = 512;
/// Most entries of any table.
const MOST: u64 = 4096;

/// Most values that a target is taken apart into.
const MOST_SEEN: usize = 64;

/// A table that a jump or call takes its target from.
struct Table {
    address: u64,
    /// What it is indexed by.
    index: Value,
    size: u8,
    /// Targets are this and the entry times the other; of pointers, the entry.
    base: Option<(u64, i64)>,
    is_signed: bool,
}

/// Targets of a jump in the function that starts and ends there; none if they cannot be told.
pub(crate) fn of_jump(
    image: &Image<'_>,
    evaluated: &Evaluated,
    target: Value,
    function: (u64, u64),
) -> Vec<u64> {
    let mut targets = Vec::new();
    for table in tables(evaluated, target) {
        let bound = bound(evaluated, table.index);
        let is_valid = |address: u64| match bound {
            Some(_) => image.is_code(address),
            None => (function.0..function.1).contains(&address),
        };
        targets.extend(entries(image, &table, bound, is_valid).map(|(_, target)| target));
    }
    targets.sort_unstable();
    targets.dedup();
    targets
}

/// The indices for which the tables of a jump lead elsewhere than for most, each with what the table
/// is indexed by; none of a table whose length is not asked before.
pub(crate) fn cases(
    image: &Image<'_>,
    evaluated: &Evaluated,
    target: Value,
) -> Vec<(Value, Vec<u64>)> {
    let mut cases = Vec::new();
    for table in tables(evaluated, target) {
        let Some(bound) = bound(evaluated, table.index) else {
            continue;
        };
        let is_code = |address: u64| image.is_code(address);
        let all: Vec<(u64, u64)> = entries(image, &table, Some(bound), is_code).collect();
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for (_, target) in &all {
            *counts.entry(*target).or_default() += 1;
        }
        let most = counts.iter().max_by_key(|(_, count)| **count);
        // Where no two lead to the same place, all are cases.
        let other = most
            .filter(|(_, count)| **count > 1)
            .map(|(target, _)| *target);
        let own = all.iter().filter(|(_, target)| Some(*target) != other);
        cases.push((table.index, own.map(|(index, _)| *index).collect()));
    }
    cases
}

/// Functions that a call may lead to; none if they cannot be told.
pub(crate) fn of_call(image: &Image<'_>, evaluated: &Evaluated, target: Value) -> Vec<u64> {
    if let Some(table) = table(evaluated, target).filter(|table| table.base.is_none()) {
        let bound = bound(evaluated, table.index);
        let is_function = |address: u64| image.is_function(address);
        let entries = entries(image, &table, bound, is_function);
        let mut found: Vec<u64> = entries.map(|(_, target)| target).collect();
        found.sort_unstable();
        found.dedup();
        return found;
    }
    let mut found = Vec::new();
    for leaf in leaves(evaluated, target) {
        match evaluated.values.node(leaf) {
            Node::Const(address) if image.is_code(*address) => found.push(*address),
            Node::Const(0) => {}
            // One that is not known leaves the call unresolved.
            _ => return Vec::new(),
        }
    }
    found.sort_unstable();
    found
}

/// What a table jump or call is indexed by.
pub(crate) fn indices(evaluated: &Evaluated, target: Value) -> Vec<Value> {
    let tables = tables(evaluated, target);
    tables.iter().map(|table| table.index).collect()
}

/// The tables that a target may be of: several where a jump is shared or its target is chosen.
fn tables(evaluated: &Evaluated, target: Value) -> Vec<Table> {
    let leaves = leaves(evaluated, target).into_iter();
    leaves.filter_map(|leaf| table(evaluated, leaf)).collect()
}

/// What a value may be, where ways meet and where it is one or the other of two; beyond the limit,
/// what has not been taken apart.
fn leaves(evaluated: &Evaluated, value: Value) -> Vec<Value> {
    let mut leaves = Vec::new();
    let mut pending = vec![value];
    let mut seen = Vec::new();
    while let Some(value) = pending.pop() {
        if seen.contains(&value) {
            continue;
        }
        seen.push(value);
        let is_within = seen.len() <= MOST_SEEN;
        match (evaluated.phis.get(&value), evaluated.values.node(value)) {
            (Some(operands), _) if is_within => {
                pending.extend(operands.iter().map(|(_, operand)| *operand));
            }
            (None, Node::Either(a, b)) if is_within => pending.extend([*a, *b]),
            _ => leaves.push(value),
        }
    }
    leaves
}

fn table(evaluated: &Evaluated, target: Value) -> Option<Table> {
    let values = &evaluated.values;
    if let Node::Load {
        address, size: 8, ..
    } = values.node(target)
    {
        let (index, address) = indexed(evaluated, *address, 8)?;
        return Some(Table {
            address,
            index,
            size: 8,
            base: None,
            is_signed: false,
        });
    }
    let (terms, base) = values.sum(target);
    let [(entry, times)] = terms[..] else {
        return None;
    };
    let (load, is_signed) = match values.node(entry) {
        Node::Pure(Op::Sext, inner, _) => (*inner, true),
        Node::Pure(Op::And, inner, _) => (*inner, false),
        _ => (entry, false),
    };
    let Node::Load { address, size, .. } = values.node(load) else {
        return None;
    };
    let (index, address) = indexed(evaluated, *address, (*size).into())?;
    Some(Table {
        address,
        index,
        size: *size,
        base: Some((base as u64, times)),
        is_signed,
    })
}

/// The index and the start of an address that is a constant and an index times a size.
fn indexed(evaluated: &Evaluated, address: Value, size: i64) -> Option<(Value, u64)> {
    let values = &evaluated.values;
    let (terms, start) = values.sum(address);
    match terms[..] {
        [(index, times)] if times == size => Some((index, start as u64)),
        _ => None,
    }
}

/// The entries of a table that are valid, each with its index; without a bound, until one is not.
fn entries(
    image: &Image<'_>,
    table: &Table,
    bound: Option<u64>,
    is_valid: impl Fn(u64) -> bool,
) -> impl Iterator<Item = (u64, u64)> {
    let mut entries = Vec::new();
    for number in 0..bound.unwrap_or(LONGEST).min(MOST) {
        let at = table
            .address
            .wrapping_add(number.wrapping_mul(u64::from(table.size)));
        let target = match table.base {
            None => match image.pointer(at) {
                Some(Pointer::To(target)) => target,
                _ => break,
            },
            Some((base, times)) => {
                let Some(entry) = image.number(at, table.size) else {
                    break;
                };
                let shift = 64 - u32::from(table.size) * 8;
                let entry = match table.is_signed {
                    true => ((entry << shift) as i64) >> shift,
                    false => entry as i64,
                };
                base.wrapping_add_signed(entry.wrapping_mul(times))
            }
        };
        if is_valid(target) {
            entries.push((number, target));
        } else if bound.is_none() {
            break;
        }
    }
    entries.into_iter()
}

/// How many values an index can have, by its bits or by what is asked of it anywhere.
fn bound(evaluated: &Evaluated, index: Value) -> Option<u64> {
    let values = &evaluated.values;
    let wanted = values.loose_sum(index);
    let mut least: Option<u64> = None;
    for check in &evaluated.facts.checks {
        let Node::Pure(Op::Compare(_), a, b) = values.node(check.test) else {
            continue;
        };
        let Some(number) = values.as_const(*b) else {
            continue;
        };
        let count = match check.condition {
            Condition::Greater => number.saturating_add(1),
            Condition::Less => number,
            _ => continue,
        };
        if values.loose_sum(*a) == wanted && count > 0 {
            least = Some(least.map_or(count, |least| least.min(count)));
        }
    }
    let ones = values.known(index).ones;
    least.or_else(|| (ones <= 0xff).then(|| ones + 1))
}
