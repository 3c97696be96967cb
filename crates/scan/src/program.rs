//! Goes through the functions of a program, from the called to the callers.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::ScanError;
use crate::code::{Arg, Flow, Op, Step};
use crate::decode::Decoder;
use crate::eval::{Evaluated, evaluate};
use crate::function::Function;
use crate::image::Image;
use crate::jumps;
use crate::machine::{self, Machine};
use crate::record::{Records, records};
use crate::report::Report;
use crate::split::{Word, words};
use crate::summary::{Expr, Summaries, Summary, summarise};
use crate::value::Value;

/// Most findings of each kind that are kept.
const MOST_KEPT: usize = 1000;
/// Functions of a file of which not all are gone through.
const MANY: usize = 5000;
/// Instructions of a function that is gone through whatever it does, if it calls none.
const SHORT: usize = 40;
/// Most times that a function is read again because its tables lead further.
const MOST_READS: usize = 8;

/// What was seen in all functions.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) functions: usize,
    pub(crate) instructions: usize,
    pub(crate) reads: usize,
    pub(crate) splits: Vec<Word>,
    /// Words that unknown functions returned and that are taken apart.
    pub(crate) guesses: Vec<Word>,
    /// How often bits are taken out, and one instruction that does.
    pub(crate) masks: BTreeMap<u16, (usize, u64)>,
    pub(crate) records: Vec<Records>,
    pub(crate) machines: Vec<Machine>,
    pub(crate) machines_unresolved: Vec<u64>,
    /// Functions that return a word they read, and the instruction that does.
    pub(crate) readers: Vec<(u64, Option<u64>)>,
    pub(crate) unresolved: usize,
    pub(crate) unresolved_at: Vec<u64>,
    pub(crate) cut_off: Vec<u64>,
    /// Functions that shift 16-bit lanes of vectors.
    pub(crate) vectors: Vec<u64>,
    /// Whether only what some starts reach was gone through.
    pub(crate) is_partial: bool,
}

/// Scans what is reached from some places, or everything.
pub(crate) fn scan(image: &Image<'_>, from: &[String]) -> Result<Report, ScanError> {
    let mut roots = Vec::new();
    for place in from {
        let address = match place.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => image.address_of(place),
        };
        let address = address.filter(|address| image.is_code(*address));
        roots.push(address.ok_or_else(|| ScanError::NoStart(place.clone()))?);
    }
    if from.is_empty() {
        roots.extend(image.functions());
    }
    if roots.is_empty() {
        return Err(ScanError::NoFunctions);
    }
    let mut program = Program {
        image,
        decoder: Decoder::new(image.processor),
        summaries: Summaries::default(),
        visited: FxHashSet::default(),
        found: Vec::new(),
        seen: Seen {
            is_partial: !from.is_empty(),
            ..Seen::default()
        },
        split_keys: FxHashSet::default(),
        postponed: FxHashSet::default(),
        is_large: from.is_empty() && roots.len() > MANY,
    };
    roots.reverse();
    while let Some(root) = roots.pop() {
        program.visit(root);
        // Where computed calls lead is known only now.
        roots.append(&mut program.found);
    }
    Ok(crate::verdict::report(image, program.seen))
}

/// A target that is taken from a table, and the functions that are in it.
type Table = (Value, Vec<u64>);

struct Program<'a, 'i> {
    image: &'a Image<'i>,
    decoder: Decoder,
    summaries: Summaries,
    visited: FxHashSet<u64>,
    /// Functions that computed calls lead to.
    found: Vec<u64>,
    seen: Seen,
    split_keys: FxHashSet<(u64, u16, u16)>,
    /// Functions that were held back once for those that their tables name.
    postponed: FxHashSet<u64>,
    /// Whether functions that cannot hold what is looked for are passed over.
    is_large: bool,
}

impl Program<'_, '_> {
    /// Goes through a function and what it calls, that first.
    fn visit(&mut self, root: u64) {
        if !self.visited.insert(root) {
            return;
        }
        let mut path = vec![(root, self.callees(root), 0)];
        while let Some((start, callees, next)) = path.last_mut() {
            match callees.get(*next).copied() {
                Some(callee) => {
                    *next += 1;
                    if self.visited.insert(callee) {
                        let inner = self.callees(callee);
                        path.push((callee, inner, 0));
                    }
                }
                None => {
                    let start = *start;
                    path.pop();
                    let handlers = self.look(start);
                    if !handlers.is_empty() {
                        path.push((start, handlers, 0));
                    }
                }
            }
        }
    }

    fn callees(&mut self, start: u64) -> Vec<u64> {
        if !self.image.is_code(start) {
            return Vec::new();
        }
        let no_jumps = BTreeMap::new();
        Function::read(self.image, &mut self.decoder, start, &no_jumps).callees()
    }

    /// Goes through a function; functions that are to be gone through before it, if that has shown
    /// some for the first time.
    fn look(&mut self, start: u64) -> Vec<u64> {
        if !self.image.is_code(start) {
            return Vec::new();
        }
        let mut known: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let end = self.image.function_end(start);
        for round in 0..MOST_READS {
            let function = Function::read(self.image, &mut self.decoder, start, &known);
            if round == 0 && self.is_large && !self.matters(&function) {
                self.count(&function);
                self.summaries.insert(start, Summary::unknown());
                return Vec::new();
            }
            let evaluated = evaluate(self.image, &function, &self.summaries);
            let mut learnt = false;
            for computed in evaluated.facts.computed.iter().filter(|c| !c.is_call) {
                let targets = jumps::of_jump(self.image, &evaluated, computed.target, (start, end));
                if !targets.is_empty() && known.get(&computed.at) != Some(&targets) {
                    known.insert(computed.at, targets);
                    learnt = true;
                }
            }
            if !learnt || round + 1 == MOST_READS {
                if self.postponed.insert(start) {
                    let handlers = self.handlers(&function, &evaluated, &known);
                    if !handlers.is_empty() {
                        return handlers;
                    }
                }
                self.keep(&function, &evaluated, &known);
                break;
            }
        }
        Vec::new()
    }

    /// Whether a function can hold anything that is looked for, or is short and calls none: one that reads no words
    /// of 16 bits, neither in one nor in two bytes, calls none that tells of such, and goes through
    /// no bytes in a loop cannot.
    fn matters(&self, function: &Function) -> bool {
        let (mut words, mut bytes, mut shifts, mut jumps, mut calls) = (0, 0, 0, 0, 0);
        for one in &function.instructions {
            jumps += usize::from(matches!(one.lifted.flow, Flow::JumpTo(_)));
            calls += usize::from(matches!(one.lifted.flow, Flow::Call(_)));
            for step in &one.lifted.steps {
                match step {
                    Step::Load { size: 2, .. } => words += 1,
                    Step::Load { size: 1, .. } => bytes += 1,
                    Step::Set(_, Op::Shl, _, Arg::Const(8)) => shifts += 1,
                    _ => {}
                }
            }
        }
        let is_told = || {
            let callees = function.callees();
            let mut told = callees
                .iter()
                .filter_map(|callee| self.summaries.get(callee));
            told.any(Summary::tells)
        };
        function.instructions.len() <= SHORT && calls == 0
            || words > 0
            || jumps > 0
            || bytes > 1 && (shifts > 0 || function.has_loops)
            || is_told()
    }

    fn count(&mut self, function: &Function) {
        let seen = &mut self.seen;
        seen.functions += 1;
        seen.instructions += function.instructions.len();
        for one in &function.instructions {
            let words = one.lifted.steps.iter();
            seen.reads += words
                .filter(|step| matches!(step, Step::Load { size: 2, .. }))
                .count();
        }
        seen.cut_off.extend(function.cut_off);
    }

    /// Functions that are called where a table leads, or named by a table of calls, and that were
    /// not gone through yet.
    fn handlers(
        &self,
        function: &Function,
        evaluated: &Evaluated,
        jumps: &BTreeMap<u64, Vec<u64>>,
    ) -> Vec<u64> {
        let mut handlers = match jumps.is_empty() {
            true => Vec::new(),
            false => function.callees(),
        };
        for computed in &evaluated.facts.computed {
            if !jumps.contains_key(&computed.at) {
                handlers.extend(jumps::of_call(self.image, evaluated, computed.target));
            }
        }
        handlers.retain(|handler| !self.visited.contains(handler));
        handlers
    }

    fn keep(
        &mut self,
        function: &Function,
        evaluated: &Evaluated,
        jumps: &BTreeMap<u64, Vec<u64>>,
    ) {
        self.count(function);
        let seen = &mut self.seen;
        if !evaluated.facts.vector_lanes.is_empty() && evaluated.facts.vector_loads > 0 {
            seen.vectors.push(function.start);
        }
        let (tables, unresolved) = self.calls(evaluated, jumps);
        self.words(evaluated);
        let seen = &mut self.seen;
        if seen.records.len() < MOST_KEPT {
            seen.records.extend(records(evaluated));
        }
        if seen.machines.len() < MOST_KEPT {
            let found = machine::machines(evaluated, &self.summaries, &tables, &unresolved);
            seen.machines.extend(found.machines);
            seen.machines_unresolved.extend(found.unresolved);
        }
        let summary = summarise(evaluated, self.image.processor);
        if let Some(read) = returned_word(&summary)
            && seen.readers.len() < MOST_KEPT
        {
            seen.readers.push((function.start, read));
        }
        self.summaries.insert(function.start, summary);
    }

    /// Where computed calls and jumps lead: tables of functions, and what could not be told.
    fn calls(
        &mut self,
        evaluated: &Evaluated,
        jumps: &BTreeMap<u64, Vec<u64>>,
    ) -> (Vec<Table>, Vec<(Value, u64)>) {
        let (mut tables, mut unresolved) = (Vec::new(), Vec::new());
        let direct: BTreeSet<u64> = evaluated.facts.called.iter().copied().collect();
        self.found.extend(direct);
        for computed in &evaluated.facts.computed {
            let is_known = evaluated.imports.contains(&computed.target)
                || evaluated.values.as_const(computed.target).is_some()
                || jumps.contains_key(&computed.at);
            if is_known {
                continue;
            }
            let targets = jumps::of_call(self.image, evaluated, computed.target);
            if targets.is_empty() {
                unresolved.push((computed.target, computed.at));
                self.seen.unresolved += 1;
                if self.seen.unresolved_at.len() < MOST_KEPT {
                    self.seen.unresolved_at.push(computed.at);
                }
                continue;
            }
            for target in &targets {
                if !self.visited.contains(target) {
                    self.found.push(*target);
                }
            }
            tables.push((computed.target, targets));
        }
        (tables, unresolved)
    }

    fn words(&mut self, evaluated: &Evaluated) {
        for word in words(evaluated) {
            if word.is_guess {
                if word.split.is_some() && self.seen.guesses.len() < MOST_KEPT {
                    self.seen.guesses.push(word);
                }
                continue;
            }
            for part in &word.parts {
                let mask = self.seen.masks.entry(part.mask as u16);
                mask.or_insert((0, part.at)).0 += 1;
            }
            if let Some((low, high)) = word.split {
                let read = word.reads.first().copied().unwrap_or_default();
                if self.seen.splits.len() < MOST_KEPT && self.split_keys.insert((read, low, high)) {
                    self.seen.splits.push(word);
                }
            }
        }
    }
}

/// The instruction that reads the word that a function returns.
fn returned_word(summary: &Summary) -> Option<Option<u64>> {
    match &summary.result {
        Expr::Load(_, 2, at) => Some(Some(*at)),
        Expr::Pair(both) => match &both.0 {
            Expr::Load(_, _, at) => Some(Some(*at)),
            _ => Some(None),
        },
        Expr::Swapped(inner) => match &**inner {
            Expr::Load(_, _, at) => Some(Some(*at)),
            _ => Some(None),
        },
        Expr::Pure(Op::Sext, both) => match &both.0 {
            Expr::Load(_, 2, at) => Some(Some(*at)),
            _ => None,
        },
        _ => None,
    }
}
