//! Words of 16 bits that are taken apart.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::eval::{Evaluated, Kind, Use};
use crate::value::{Node, Place, Value};

/// A word of 16 bits, and what is done with its bits.
pub(crate) struct Word {
    /// Instructions that read it.
    pub(crate) reads: Vec<u64>,
    /// What is done with parts of it, without what is done twice.
    pub(crate) parts: Vec<Use>,
    /// Two masks that split it.
    pub(crate) split: Option<(u16, u16)>,
    /// Whether it is what an unknown function returned.
    pub(crate) is_guess: bool,
}

/// The words of a function of which parts are used.
pub(crate) fn words(evaluated: &Evaluated) -> Vec<Word> {
    let mut by_word: BTreeMap<Value, Vec<Use>> = BTreeMap::new();
    for one in &evaluated.facts.uses {
        by_word.entry(one.word).or_default().push(*one);
    }
    let bytes = bytes(evaluated, &by_word);
    let mut words = Vec::new();
    for (word, uses) in &by_word {
        let mut reads = Vec::new();
        let origin = origin(evaluated, *word, &mut Vec::new(), &mut reads);
        if origin == Origin::Other || origin == Origin::Constant {
            continue;
        }
        let mut parts: Vec<Use> = uses.clone();
        for part in &mut parts {
            part.mask &= 0xffff;
        }
        if let Node::Load {
            address, size: 2, ..
        } = evaluated.values.node(*word)
        {
            let (terms, at) = evaluated.values.loose_sum(*address);
            // Bytes of a word of which no part is used may be operands of another length.
            let is_part = |part: &Use| part.mask != 0 && part.mask != 0xffff;
            let has_parts = parts.iter().any(is_part);
            for (offset, shift) in [(0, 0), (1, 8)] {
                let key = (terms.clone(), at.wrapping_add(offset));
                for one in bytes.get(&key).filter(|_| has_parts).into_iter().flatten() {
                    let mask = (one.mask & 0xff) << shift;
                    parts.push(Use { mask, ..*one });
                }
            }
        }
        parts.retain(|part| part.mask != 0 && part.mask != 0xffff);
        // A function without a result leaves there what it last computed.
        let others: Vec<u64> = parts
            .iter()
            .filter(|part| !matches!(part.kind, Kind::Returned | Kind::Test))
            .map(|part| part.mask)
            .collect();
        parts.retain(|part| part.kind != Kind::Returned || !others.contains(&part.mask));
        parts.sort_by_key(|part| (part.mask, part.at, part.kind));
        parts.dedup_by_key(|part| (part.mask, part.at, part.kind));
        if parts.is_empty() {
            continue;
        }
        reads.sort_unstable();
        reads.dedup();
        words.push(Word {
            reads,
            split: split(evaluated, &parts),
            parts,
            is_guess: origin == Origin::Guess,
        });
    }
    words
}

type Sum = (Vec<(Value, i64)>, i64);

/// Uses of single bytes, by their addresses.
fn bytes(evaluated: &Evaluated, by_word: &BTreeMap<Value, Vec<Use>>) -> FxHashMap<Sum, Vec<Use>> {
    let mut bytes: FxHashMap<Sum, Vec<Use>> = FxHashMap::default();
    for (word, uses) in by_word {
        if let Node::Load {
            address, size: 1, ..
        } = evaluated.values.node(*word)
        {
            let key = evaluated.values.loose_sum(*address);
            bytes.entry(key).or_default().extend(uses);
        }
    }
    bytes
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A word of 16 bits that was read.
    Word,
    /// What an unknown function returned.
    Guess,
    Constant,
    Other,
}

/// What a value is, and which instructions read it.
fn origin(
    evaluated: &Evaluated,
    value: Value,
    seen: &mut Vec<Value>,
    reads: &mut Vec<u64>,
) -> Origin {
    let values = &evaluated.values;
    if seen.contains(&value) {
        return Origin::Constant;
    }
    if seen.len() > 32 {
        return Origin::Other;
    }
    seen.push(value);
    let mut leaves: Vec<Value> = Vec::new();
    match values.node(value) {
        Node::Load { size: 2, .. } | Node::Pair(..) => {
            reads.push(values.made_at(value));
            return Origin::Word;
        }
        Node::Swapped(inner) => return origin(evaluated, *inner, seen, reads),
        // A part of the frame that other code was given to write.
        Node::Unknown(..) | Node::Initial(Place::Stack(_, 2))
            if values.known(value).ones == 0xffff =>
        {
            reads.push(values.made_at(value));
            return Origin::Word;
        }
        Node::Result(_) => {
            reads.push(values.made_at(value));
            return Origin::Guess;
        }
        Node::Const(_) => return Origin::Constant,
        Node::Phi(..) => match evaluated.phis.get(&value) {
            Some(operands) => leaves.extend(operands.iter().map(|(_, operand)| *operand)),
            None => return Origin::Other,
        },
        Node::Either(a, b) => leaves.extend([*a, *b]),
        _ => return Origin::Other,
    }
    let mut whole = Origin::Constant;
    for leaf in leaves {
        // What meets is the whole word, or nothing of it.
        let inner = match values.part(leaf) {
            Some((word, mask)) if mask & 0xffff == 0xffff => word,
            Some(_) => return Origin::Other,
            None => leaf,
        };
        whole = match (whole, origin(evaluated, inner, seen, reads)) {
            (_, Origin::Other) => return Origin::Other,
            (whole, Origin::Constant) => whole,
            (Origin::Word, _) | (_, Origin::Word) => Origin::Word,
            _ => Origin::Guess,
        };
    }
    whole
}

/// Two masks of parts that split a word: they share no bit, one has the lowest, and one is a number
/// of more than a bit that is used as such.
fn split(evaluated: &Evaluated, parts: &[Use]) -> Option<(u16, u16)> {
    let mut best: Option<(u16, u16)> = None;
    for a in parts {
        let is_number = !matches!(a.kind, Kind::Test | Kind::Threshold(_));
        if !is_number || a.mask.count_ones() < 2 {
            continue;
        }
        for b in parts {
            let is_apart = a.mask & b.mask == 0 && (a.mask | b.mask) & 1 == 1;
            let agrees = match b.kind {
                Kind::Threshold(bit) => a.mask == (1 << bit) - 1,
                _ => true,
            };
            if is_apart && agrees && !is_written_out(evaluated, a, b) {
                let (low, high) = (a.mask.min(b.mask) as u16, a.mask.max(b.mask) as u16);
                // The one that leaves the fewest bits out.
                let covers = |(low, high): (u16, u16)| (low | high).count_ones();
                if best.is_none_or(|best| covers((low, high)) > covers(best)) {
                    best = Some((low, high));
                }
            }
        }
    }
    best
}

/// Whether two parts are the bytes of a word that is written out byte by byte.
fn is_written_out(evaluated: &Evaluated, a: &Use, b: &Use) -> bool {
    if a.mask.min(b.mask) != 0xff || a.mask.max(b.mask) != 0xff00 {
        return false;
    }
    match (a.kind, b.kind) {
        (Kind::Stored(a), Kind::Stored(b)) => {
            let (a, first) = evaluated.values.loose_sum(a);
            let (b, second) = evaluated.values.loose_sum(b);
            a == b && first.abs_diff(second) == 1
        }
        (Kind::Passed(a), Kind::Passed(b)) => a == b,
        _ => false,
    }
}
