//! Loops that interpret byte code: one reads a byte, does one of several things by it, and moves on
//! by amounts that differ.

use std::collections::BTreeSet;

use crate::code::{Condition, Op};
use crate::eval::{Access, Evaluated};
use crate::image::Image;
use crate::jumps;
use crate::summary::{Expr, Summaries};
use crate::text;
use crate::value::{Node, Value};
use crate::web::{Web, web};

/// Fewest cases that are told apart by comparing.
const FEWEST_CASES: usize = 3;

/// How one of several things is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dispatch {
    JumpTable,
    CallTable,
    /// So many comparisons with constants.
    Compares(usize),
}

/// A loop that interprets byte code.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// Instruction that reads the opcode.
    pub(crate) opcode_at: u64,
    pub(crate) dispatch: Dispatch,
    /// Instructions that choose.
    pub(crate) chosen_at: Vec<u64>,
    /// Constants by which the cursor moves.
    pub(crate) steps: Vec<i64>,
    /// Whether it also moves by numbers that are read.
    pub(crate) moves_by_data: bool,
    /// Instructions that read operands.
    pub(crate) operands_at: Vec<u64>,
}

/// What was found of interpreters in a function.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) machines: Vec<Machine>,
    /// Jumps by a byte read at a cursor whose targets could not be told.
    pub(crate) unresolved: Vec<u64>,
    /// Reads of bytes of loops that would be interpreters, but that choose by characters of text
    /// alone.
    pub(crate) text: Vec<u64>,
    /// The like that also read numbers of more than a byte, or move by such as they read.
    pub(crate) doubtful: Vec<u64>,
}

/// Interpreters in a function; `tables` are those that its calls go through, with their targets.
pub(crate) fn machines(
    image: &Image<'_>,
    evaluated: &Evaluated,
    summaries: &Summaries,
    tables: &[(Value, Vec<u64>)],
    unresolved: &[(Value, u64)],
) -> Found {
    let mut found = Found::default();
    let choices = choices(image, evaluated);
    for (opcode, choice) in &choices {
        let Some(dispatch) = choice.dispatch() else {
            continue;
        };
        for access in opcode_reads(evaluated, *opcode) {
            let machine = match dispatch {
                Dispatch::CallTable => by_handlers(&access, choice, summaries, tables),
                _ => None,
            };
            if let Some(machine) = machine {
                found.add(machine);
                break;
            }
            if let Some((machine, web)) = by_cursor(evaluated, &access, dispatch, choice) {
                match choice.cases.iter().all(|case| text::is_of_text(*case)) {
                    false => found.add(machine),
                    true if text::reads_numbers(evaluated, &web) => found.doubtful.push(access.at),
                    true => found.text.push(access.at),
                }
                break;
            }
        }
    }
    for (target, at) in unresolved {
        let is_chosen = jumps::indices(evaluated, *target).into_iter().any(|index| {
            let opcode = root(evaluated, index);
            opcode.is_some_and(|opcode| !opcode_reads(evaluated, opcode.0).is_empty())
        });
        if is_chosen {
            found.unresolved.push(*at);
        }
    }
    found
}

impl Found {
    /// Adds an interpreter; of several with one opcode, the one that chooses by a table is it.
    fn add(&mut self, machine: Machine) {
        let same = |known: &&mut Machine| known.opcode_at == machine.opcode_at;
        match self.machines.iter_mut().find(same) {
            Some(known) if matches!(known.dispatch, Dispatch::Compares(_)) => *known = machine,
            Some(_) => {}
            None => self.machines.push(machine),
        }
    }
}

/// How a number is used to choose.
#[derive(Default)]
struct Choice {
    /// Bytes that it is told apart from others, by comparisons.
    compared: BTreeSet<i64>,
    /// All such bytes, of tables too.
    cases: BTreeSet<i64>,
    compared_at: Vec<u64>,
    jumps_at: Vec<u64>,
    calls: Vec<(Value, u64)>,
}

impl Choice {
    fn dispatch(&self) -> Option<Dispatch> {
        match (self.jumps_at.is_empty(), self.calls.is_empty()) {
            (false, _) => Some(Dispatch::JumpTable),
            (true, false) => Some(Dispatch::CallTable),
            _ if self.compared.len() >= FEWEST_CASES => {
                Some(Dispatch::Compares(self.compared.len()))
            }
            _ => None,
        }
    }
}

/// Numbers by which something is chosen.
fn choices(image: &Image<'_>, evaluated: &Evaluated) -> Vec<(Value, Choice)> {
    let values = &evaluated.values;
    let mut choices: Vec<(Value, Choice)> = Vec::new();
    let mut choice = |value: Value, note: &mut dyn FnMut(&mut Choice)| {
        let at = match choices.iter().position(|(known, _)| *known == value) {
            Some(at) => at,
            None => {
                choices.push((value, Choice::default()));
                choices.len() - 1
            }
        };
        note(&mut choices[at].1);
    };
    for check in &evaluated.facts.checks {
        if check.condition != Condition::Equal {
            continue;
        }
        let (number, case) = match values.node(check.test) {
            Node::Pure(Op::Compare(_), a, b) => match values.as_const(*b) {
                Some(case) => (*a, case as i64),
                None => continue,
            },
            Node::Pure(Op::Test(_), a, b) if a == b => (*a, 0),
            // Whether a number is zero.
            Node::Pure(Op::Test(_), ..) => continue,
            _ => (check.test, 0),
        };
        if let Some((opcode, offset)) = root(evaluated, number) {
            choice(opcode, &mut |choice| {
                let case = case.wrapping_sub(offset) & 0xff;
                choice.compared.insert(case);
                choice.cases.insert(case);
                choice.compared_at.push(check.at);
            });
        }
    }
    for computed in &evaluated.facts.computed {
        for (index, cases) in jumps::cases(image, evaluated, computed.target) {
            if let Some((opcode, offset)) = root(evaluated, index) {
                choice(opcode, &mut |choice| {
                    let cases = cases.iter().map(|case| case.cast_signed());
                    choice
                        .cases
                        .extend(cases.map(|case| case.wrapping_sub(offset) & 0xff));
                });
            }
        }
        for index in jumps::indices(evaluated, computed.target) {
            if let Some((opcode, _)) = root(evaluated, index) {
                choice(opcode, &mut |choice| match computed.is_call {
                    true => choice.calls.push((computed.target, computed.at)),
                    false => choice.jumps_at.push(computed.at),
                });
            }
        }
    }
    choices
}

/// The number that a chooser is computed of, and what is added to it.
fn root(evaluated: &Evaluated, value: Value) -> Option<(Value, i64)> {
    let values = &evaluated.values;
    let (mut value, mut offset) = (value, 0_i64);
    for _ in 0..8 {
        let (terms, more) = values.loose_sum(value);
        let [(term, 1)] = terms[..] else { return None };
        offset = offset.wrapping_add(more);
        match values.node(term) {
            Node::Pure(Op::And | Op::Shr | Op::Sext, inner, operand)
                if values.as_const(*operand).is_some() =>
            {
                value = *inner;
            }
            _ => return Some((term, offset)),
        }
    }
    None
}

/// Reads of bytes at a cursor that a number is.
fn opcode_reads(evaluated: &Evaluated, opcode: Value) -> Vec<Access> {
    let mut pending = vec![opcode];
    let mut seen: BTreeSet<Value> = BTreeSet::new();
    let mut loads = Vec::new();
    while let Some(value) = pending.pop() {
        if !seen.insert(value) || seen.len() > 64 {
            continue;
        }
        if let Some(operands) = evaluated.phis.get(&value) {
            for (_, operand) in operands {
                pending.extend(root(evaluated, *operand).map(|(value, _)| value));
            }
        }
        if let Node::Load { size: 1, .. } = evaluated.values.node(value) {
            loads.push(value);
        }
    }
    let accesses = evaluated.facts.accesses.iter();
    let mut found: Vec<Access> = accesses
        .filter(|access| loads.contains(&access.value))
        .copied()
        .collect();
    found.dedup_by_key(|access| access.value);
    found
}

/// A machine whose cursor is kept by the function itself.
fn by_cursor(
    evaluated: &Evaluated,
    opcode: &Access,
    dispatch: Dispatch,
    choice: &Choice,
) -> Option<(Machine, Web)> {
    let values = &evaluated.values;
    let (terms, _) = values.loose_sum(opcode.address);
    for (cursor, times) in terms {
        if times != 1 || !evaluated.phis.contains_key(&cursor) {
            continue;
        }
        let web = web(evaluated, cursor);
        let ways = web.steps.len() + usize::from(!web.variable.is_empty());
        if ways < 2 {
            continue;
        }
        let mut operands_at: Vec<u64> = evaluated
            .facts
            .accesses
            .iter()
            .filter(|access| access.value != opcode.value && access.address != opcode.address)
            .filter(|access| {
                let (terms, _) = values.loose_sum(access.address);
                terms
                    .iter()
                    .any(|(t, times)| *times == 1 && web.phis.contains(t))
            })
            .map(|access| access.at)
            .collect();
        operands_at.sort_unstable();
        operands_at.dedup();
        if operands_at.is_empty() {
            continue;
        }
        let machine = Machine {
            opcode_at: opcode.at,
            dispatch,
            chosen_at: choice.chosen_at(),
            steps: web.steps.iter().copied().collect(),
            moves_by_data: !web.variable.is_empty(),
            operands_at,
        };
        return Some((machine, web));
    }
    None
}

impl Choice {
    fn chosen_at(&self) -> Vec<u64> {
        let calls = self.calls.iter().map(|(_, at)| *at);
        let mut at: Vec<u64> = match self.jumps_at.is_empty() && self.calls.is_empty() {
            true => self.compared_at.clone(),
            false => self.jumps_at.iter().copied().chain(calls).collect(),
        };
        at.sort_unstable();
        at.dedup();
        at
    }
}

/// A machine whose handlers are called through a table and move the cursor themselves: in memory, or
/// by returning it.
fn by_handlers(
    opcode: &Access,
    choice: &Choice,
    summaries: &Summaries,
    tables: &[(Value, Vec<u64>)],
) -> Option<Machine> {
    let mut steps: BTreeSet<i64> = BTreeSet::new();
    let mut moves_by_data = false;
    for (target, _) in &choice.calls {
        let handlers = tables.iter().filter(|(table, _)| table == target);
        for handler in handlers.flat_map(|(_, handlers)| handlers) {
            let Some(summary) = summaries.get(handler) else {
                continue;
            };
            let results = std::iter::once(&summary.result);
            let effects = summary.effects.iter().filter(|effect| effect.size >= 4);
            for value in results.chain(effects.map(|effect| &effect.value)) {
                match step(value) {
                    Some(Some(by)) => {
                        steps.insert(by);
                    }
                    Some(None) => moves_by_data = true,
                    None => {}
                }
            }
        }
    }
    (steps.len() + usize::from(moves_by_data) >= 2).then(|| Machine {
        opcode_at: opcode.at,
        dispatch: Dispatch::CallTable,
        chosen_at: choice.chosen_at(),
        steps: steps.into_iter().collect(),
        moves_by_data,
        operands_at: Vec::new(),
    })
}

/// By how much an expression is more than a cursor: a constant, or something that is read.
fn step(expression: &Expr) -> Option<Option<i64>> {
    let is_cursor = |part: &Expr| match part {
        Expr::Argument(_) => true,
        Expr::Load(_, size, _) => *size >= 4,
        _ => false,
    };
    match expression {
        Expr::Sum(terms, constant) => match &terms[..] {
            [(cursor, 1)] if is_cursor(cursor) && *constant != 0 => Some(Some(*constant)),
            [(a, 1), (b, 1)] if is_cursor(a) || is_cursor(b) => Some(None),
            _ => None,
        },
        // A sum of 32 bits.
        Expr::Pure(Op::And, both) if matches!(both.1, Expr::Const(0xffff_ffff)) => step(&both.0),
        _ => None,
    }
}
