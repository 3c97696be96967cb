//! The nodes of some code without its jumps, with where ways part, join and lead back.

use std::collections::HashMap;

use lapbelt_policy::pattern::regex::Syntax;

/// Most rounds in which joins are found: code of expressions needs no more than it nests.
const MOST_PASSES: usize = 200;

/// Most joins among which another is looked for.
const MOST_BEFORE: usize = 4_000;

/// Most steps in which joins are found.
const MOST_STEPS: usize = 20_000_000;

/// A node; targets are indices of others.
pub(super) enum Op {
    /// Passes a byte, the start or the end.
    Pass(Syntax, usize),
    Split(usize, usize),
    Accept,
}

pub(super) struct Flow {
    ops: Vec<Op>,
    start: usize,
    accept: usize,
    /// The first node that all ways from a node pass; of the accepting one itself.
    joins: Vec<Option<usize>>,
    /// How many joins lie behind a node.
    behind: Vec<usize>,
    /// Nodes that are come back to from a split that ends a repetition, with it.
    repeated_from: HashMap<usize, Vec<usize>>,
    /// Splits that are come back to.
    is_repeated: Vec<bool>,
}

/// A node with targets as offsets, or a jump.
enum Raw {
    Pass(Syntax, usize),
    Split(usize, usize),
    Jump(usize),
    Accept,
}

impl Flow {
    /// Reads code that has one place to accept.
    pub(super) fn of(code: &[u8]) -> Option<Self> {
        let raw = disassemble(code)?;
        let index: HashMap<usize, usize> = raw.iter().map(|one| one.0).zip(0..).collect();
        // Where a target leads behind all jumps, unless they lead around.
        let node = |target: usize| -> Option<usize> {
            let mut at = *index.get(&target)?;
            for _ in 0..raw.len() {
                match raw[at].1 {
                    Raw::Jump(target) => at = *index.get(&target)?,
                    _ => return Some(at),
                }
            }
            None
        };
        let ops = raw.iter().map(|(_, one)| {
            Some(match one {
                Raw::Pass(syntax, next) => Op::Pass(syntax.clone(), node(*next)?),
                Raw::Split(one, other) => Op::Split(node(*one)?, node(*other)?),
                // No target is a jump.
                Raw::Jump(next) => Op::Pass(Syntax::Any, node(*next)?),
                Raw::Accept => Op::Accept,
            })
        });
        let ops: Vec<Op> = ops.collect::<Option<_>>()?;
        let mut accepts = (0..ops.len()).filter(|at| matches!(ops[*at], Op::Accept));
        let (Some(accept), None) = (accepts.next(), accepts.next()) else {
            return None;
        };
        let mut flow = Self {
            start: node(0)?,
            accept,
            joins: vec![None; ops.len()],
            behind: vec![0; ops.len()],
            repeated_from: HashMap::new(),
            is_repeated: vec![false; ops.len()],
            ops,
        };
        flow.find_joins()?;
        flow.find_repeated();
        Some(flow)
    }

    pub(super) fn op(&self, at: usize) -> &Op {
        &self.ops[at]
    }

    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn accept(&self) -> usize {
        self.accept
    }

    /// The first node that all ways from a node pass.
    pub(super) fn join(&self, at: usize) -> Option<usize> {
        self.joins[at]
    }

    /// Whether a split is come back to by what it repeats.
    pub(super) fn is_repeated(&self, at: usize) -> bool {
        self.is_repeated[at]
    }

    /// The split that ends the outermost repetition which starts at a node, but those that are
    /// open, and where it goes on.
    pub(super) fn repeated_from(&self, at: usize, open: &[usize]) -> Option<(usize, usize)> {
        let ends = self.repeated_from.get(&at)?.iter();
        let end = ends
            .filter(|end| !open.contains(end))
            .min_by_key(|end| self.behind[**end])?;
        match self.ops[*end] {
            Op::Split(_, next) => Some((*end, next)),
            _ => None,
        }
    }

    fn next(&self, at: usize) -> [Option<usize>; 2] {
        match self.ops[at] {
            Op::Pass(_, next) => [Some(next), None],
            Op::Split(one, other) => [Some(one), Some(other)],
            Op::Accept => [None, None],
        }
    }

    /// Whether all ways from a node pass another, or it is that.
    fn comes_to(&self, from: usize, to: usize) -> bool {
        let before_end = |at: &usize| self.joins[*at].filter(|join| join != at);
        let mut before_end = std::iter::successors(Some(from), before_end).take(MOST_BEFORE);
        before_end.any(|at| at == to)
    }

    /// Marks the nodes that are come back to.
    fn find_repeated(&mut self) {
        // 0 not seen, 1 on the way, 2 done.
        let mut state = vec![0_u8; self.ops.len()];
        let mut way = vec![(self.start, 0)];
        state[self.start] = 1;
        while let Some((at, turn)) = way.last_mut() {
            let at = *at;
            let next = self.next(at).into_iter().flatten().nth(*turn);
            *turn += 1;
            match next {
                None => {
                    state[at] = 2;
                    way.pop();
                }
                Some(next) if state[next] == 0 => {
                    state[next] = 1;
                    way.push((next, 0));
                }
                Some(next) if state[next] == 1 => match self.ops[at] {
                    // An empty alternative leads back at once as well, but so do all others in time.
                    Op::Split(one, other) if one == next && !self.comes_to(other, next) => {
                        self.repeated_from.entry(next).or_default().push(at);
                    }
                    _ => self.is_repeated[next] = true,
                },
                Some(_) => {}
            }
        }
    }

    /// Finds where ways join: what dominates each node as seen from the end (Cooper, Harvey and
    /// Kennedy, "A Simple, Fast Dominance Algorithm").
    ///
    /// `None` if that takes too long.
    fn find_joins(&mut self) -> Option<()> {
        let mut steps = MOST_STEPS;
        let order = self.back_from_end();
        let mut rank = vec![usize::MAX; self.ops.len()];
        for (place, at) in order.iter().enumerate() {
            rank[*at] = place;
        }
        self.joins[self.accept] = Some(self.accept);
        for _ in 0..MOST_PASSES {
            let mut changed = false;
            for &at in order.iter().skip(1) {
                let next = self.next(at).into_iter().flatten();
                let mut known = next.filter(|next| self.joins[*next].is_some());
                let join = known.try_fold(None, |one, other| match one {
                    None => Some(Some(other)),
                    Some(one) => self.meet(one, other, &rank, &mut steps).map(Some),
                })?;
                changed |= join != self.joins[at];
                self.joins[at] = join;
            }
            if !changed {
                break;
            }
        }
        for &at in order.iter().skip(1) {
            self.behind[at] = self.joins[at].map_or(0, |join| self.behind[join] + 1);
        }
        Some(())
    }

    /// The first node on both chains of joins.
    fn meet(
        &self,
        mut one: usize,
        mut other: usize,
        rank: &[usize],
        steps: &mut usize,
    ) -> Option<usize> {
        while one != other {
            *steps = steps.checked_sub(1)?;
            let far = if rank[one] > rank[other] {
                &mut one
            } else {
                &mut other
            };
            *far = self.joins[*far].unwrap_or(self.accept);
        }
        Some(one)
    }

    /// All nodes from which the end is reached: it first, each other behind one that it leads to.
    fn back_from_end(&self) -> Vec<usize> {
        let mut before = vec![Vec::new(); self.ops.len()];
        for at in 0..self.ops.len() {
            for next in self.next(at).into_iter().flatten() {
                before[next].push(at);
            }
        }
        let mut order = Vec::new();
        let mut seen = vec![false; self.ops.len()];
        let mut way = vec![(self.accept, 0)];
        seen[self.accept] = true;
        while let Some((at, turn)) = way.last_mut() {
            match before[*at].get(*turn) {
                Some(&next) => {
                    *turn += 1;
                    if !std::mem::replace(&mut seen[next], true) {
                        way.push((next, 0));
                    }
                }
                None => {
                    order.push(*at);
                    way.pop();
                }
            }
        }
        order.reverse();
        order
    }
}

fn disassemble(code: &[u8]) -> Option<Vec<(usize, Raw)>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let target = || {
            let bytes = code.get(at + 1..at + 3)?;
            Some(usize::from(u16::from_le_bytes([bytes[0], bytes[1]])))
        };
        let (one, length) = match code[at] {
            0x02 => (Raw::Pass(Syntax::Byte(*code.get(at + 1)?), at + 2), 2),
            0x09 => (Raw::Pass(Syntax::Any, at + 1), 1),
            0x19 => (Raw::Pass(Syntax::Start, at + 1), 1),
            0x29 => (Raw::Pass(Syntax::End, at + 1), 1),
            0x2f => (Raw::Split(at + 3, target()?), 3),
            0x0a => (Raw::Jump(target()?), 3),
            0x15 => (Raw::Accept, 2),
            class if class & 0x0f == 0x0b => {
                let length = 1 + 2 * usize::from(class >> 4);
                let pairs = code.get(at + 1..at + length)?.chunks_exact(2);
                let ranges: Vec<(u8, u8)> = pairs.map(|pair| (pair[0], pair[1])).collect();
                (Raw::Pass(class_of(ranges)?, at + length), length)
            }
            _ => return None,
        };
        found.push((at, one));
        at += length;
    }
    Some(found)
}

/// A class as it was written. If its last pair ends below the first, pairs stand between what is
/// excluded.
fn class_of(pairs: Vec<(u8, u8)>) -> Option<Syntax> {
    let (first, last) = (pairs.first()?, pairs.last()?);
    if first.0 <= last.1 {
        return Some(Syntax::Class {
            negated: false,
            ranges: pairs,
        });
    }
    let before = std::iter::once(last.1).chain(pairs.iter().map(|pair| pair.1));
    let ranges = before
        .zip(&pairs)
        .map(|(before, pair)| Some((before.checked_add(1)?, pair.0.checked_sub(1)?)));
    Some(Syntax::Class {
        negated: true,
        ranges: ranges.collect::<Option<_>>()?,
    })
}
