//! What differs between two files, by a layout.

use std::fmt;

use lapbelt_blob::infer::Layout;
use lapbelt_blob::infer::apply::{Node, Read};
use lapbelt_blob::infer::record::Edges;
use serde_json::{Value, json};
use similar::{Algorithm, capture_diff_slices};

use crate::corpus::Member;
use crate::exit::CommandError;

/// One thing that differs.
pub(super) struct Change {
    /// Where.
    pub(super) place: Place,
    one: Option<String>,
    other: Option<String>,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A byte of the header.
    Header(usize),
    /// An entry of the op table.
    Entry(usize),
    /// A field of a node. Its number is that in the first file, or that in the other if only that
    /// has it.
    Node(usize, &'static str),
    /// A literal, by its place among them.
    Literal(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(at) => write!(f, "header byte {at}"),
            Self::Entry(slot) => write!(f, "op table entry {slot}"),
            Self::Node(number, field) => write!(f, "node {number} {field}"),
            Self::Literal(number) => write!(f, "literal {number}"),
        }
    }
}

impl Change {
    pub(super) fn json(&self) -> Value {
        json!({"place": self.place.to_string(), "a": self.one, "b": self.other})
    }

    /// What is there in each of the two.
    fn values(&self) -> String {
        let shown = |own: &Option<String>| own.clone().unwrap_or_else(|| "none".to_string());
        format!("{} -> {}", shown(&self.one), shown(&self.other))
    }
}

/// A line for each change; entries of the op table that change alike share one.
pub(super) fn lines(changes: &[Change]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<usize>, String)> = Vec::new();
    for change in changes {
        let values = change.values();
        let Place::Entry(slot) = change.place else {
            lines.push((change.place.to_string(), Vec::new(), values));
            continue;
        };
        let mut alike = lines.iter_mut();
        match alike.find(|(_, slots, own)| !slots.is_empty() && *own == values) {
            Some((_, slots, _)) => slots.push(slot),
            None => lines.push((String::new(), vec![slot], values)),
        }
    }
    let line = |(place, slots, values): (String, Vec<usize>, String)| match slots.as_slice() {
        [] => format!("{place}: {values}"),
        [slot] => format!("{}: {values}", Place::Entry(*slot)),
        slots => format!("op table entries {}: {values}", runs(slots)),
    };
    lines.into_iter().map(line).collect()
}

/// Ascending numbers as `1 to 3, 5`.
pub(crate) fn runs(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let run = |(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

/// All that differs. Nodes are held against each other in order, so that one more or less does not
/// make all behind it differ, and a reference is the same if it leads to the same node.
pub(super) fn changes(
    one: &Member,
    other: &Member,
    layout: &Layout,
) -> Result<Vec<Change>, CommandError> {
    let read = |own: &Member| {
        let read = layout.read(&own.bytes);
        let error = || CommandError::Other(format!("{}: not of that layout", own.name));
        read.ok_or_else(error)
    };
    let (a, b) = (read(one)?, read(other)?);
    let mut changes = Vec::new();
    for at in 0..layout.frame.header_length {
        let byte = |own: &Member| own.bytes.get(at).map(|byte| format!("{byte:#04x}"));
        push(&mut changes, Place::Header(at), byte(one), byte(other));
    }
    changes.extend(nodes(&a, &b));
    for number in 0..a.literals.len().max(b.literals.len()) {
        let literal = |own: &Member, read: &Read| {
            let stored = read.literals.get(number)?;
            Some(own.bytes[stored.content.clone()].escape_ascii().to_string())
        };
        let (left, right) = (literal(one, &a), literal(other, &b));
        push(&mut changes, Place::Literal(number), left, right);
    }
    Ok(changes)
}

fn push(changes: &mut Vec<Change>, place: Place, one: Option<String>, other: Option<String>) {
    if one != other {
        changes.push(Change { place, one, other });
    }
}

/// Entries of the op table and nodes that differ.
fn nodes(a: &Read, b: &Read) -> Vec<Change> {
    let pairs = pairs(a, b);
    let mut there = vec![None; a.nodes.len()];
    for (one, other) in &pairs {
        if let (Some(one), Some(other)) = (one, other) {
            there[*one] = Some(*other);
        }
    }
    let mut changes = Vec::new();
    let mut fields = Vec::new();
    // `None` is no reference, `Some(None)` one that leads nowhere.
    let lead = |changes: &mut Vec<Change>, place, one: Option<Lead>, other: Option<Lead>| {
        let is_same = match (one, other) {
            (Some(Some(one)), Some(Some(other))) => there.get(one) == Some(&Some(other)),
            (one, other) => one == other,
        };
        if !is_same {
            let shown = |own: Lead| own.map_or("nowhere".to_string(), |own| own.to_string());
            let (one, other) = (one.map(shown), other.map(shown));
            changes.push(Change { place, one, other });
        }
    };
    for slot in 0..a.entries.len().max(b.entries.len()) {
        let (one, other) = (a.entries.get(slot), b.entries.get(slot));
        lead(
            &mut changes,
            Place::Entry(slot),
            one.copied(),
            other.copied(),
        );
    }
    for (here, there) in pairs {
        let Some(number) = here.or(there) else {
            continue;
        };
        let (left, right) = (
            here.map(|own| &a.nodes[own]),
            there.map(|own| &b.nodes[own]),
        );
        let mut field = |name, value: &dyn Fn(&Node) -> Option<usize>| {
            let shown = |own: Option<&Node>| own.and_then(value).map(|own| own.to_string());
            let place = Place::Node(number, name);
            push(&mut fields, place, shown(left), shown(right));
        };
        field("tag", &|own| Some(own.tag));
        field("filter", &|own| own.filter);
        field("argument", &|own| own.argument);
        let edge = |own: Option<&Node>, is_match: bool| match own?.edges {
            Edges::Terminal => None,
            Edges::Branch(matched, unmatched) => Some(if is_match { matched } else { unmatched }),
        };
        for (name, is_match) in [("match", true), ("unmatch", false)] {
            let place = Place::Node(number, name);
            lead(
                &mut fields,
                place,
                edge(left, is_match),
                edge(right, is_match),
            );
        }
    }
    changes.extend(fields);
    changes
}

/// Where a reference leads; `None` if nowhere.
type Lead = Option<usize>;

/// Which node of the one is which of the other, by tag and filter in order.
fn pairs(a: &Read, b: &Read) -> Vec<(Option<usize>, Option<usize>)> {
    let kinds = |read: &Read| -> Vec<_> {
        let kind = |own: &Node| (own.tag, own.filter);
        read.nodes.iter().map(kind).collect()
    };
    let mut pairs = Vec::new();
    for own in capture_diff_slices(Algorithm::Myers, &kinds(a), &kinds(b)) {
        let (one, other) = (own.old_range(), own.new_range());
        for number in 0..one.len().max(other.len()) {
            pairs.push((one.clone().nth(number), other.clone().nth(number)));
        }
    }
    pairs
}
