//! What is found in one function, and in all of them.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::code::Op;
use crate::decode::Decoder;
use crate::eval::Evaluated;
use crate::function::Jumps;
use crate::image::Image;
use crate::jumps;
use crate::machine::{self, Machine};
use crate::outline::{self, Counts, Outline};
use crate::record::{Records, records};
use crate::split::{Word, words};
use crate::summary::{Expr, Summaries, Summary, summarise};
use crate::value::Value;

/// Most findings of each kind that are kept.
const MOST_KEPT: usize = 1000;

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
    /// Loops that choose by characters of text alone.
    pub(crate) texts: usize,
    /// The like that read numbers, too.
    pub(crate) machines_doubtful: Vec<u64>,
    /// Functions that return a word they read, and the instruction that does.
    pub(crate) readers: Vec<(u64, Option<u64>)>,
    pub(crate) unresolved: usize,
    pub(crate) unresolved_at: Vec<u64>,
    pub(crate) cut_off: Vec<u64>,
    /// Functions that shift 16-bit lanes of vectors.
    pub(crate) vectors: Vec<u64>,
    /// Whether only what some starts reach was gone through.
    pub(crate) is_partial: bool,
    split_keys: FxHashSet<(u64, u16, u16)>,
}

/// What was seen in one function.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) start: u64,
    counts: Counts,
    words: Vec<Word>,
    records: Vec<Records>,
    pub(crate) machines: machine::Found,
    reader: Option<Option<u64>>,
    unresolved: Vec<u64>,
    shifts_lanes: bool,
    /// Functions that it calls or that its tables of calls name.
    pub(crate) reached: Vec<u64>,
    /// Whether it calls through tables of functions that were not gone through yet.
    pub(crate) is_early: bool,
}

impl Findings {
    /// What is found in a function, and what it does for those that call it. In a large file one that
    /// cannot hold what is looked for is counted alone.
    pub(crate) fn of(
        image: &Image<'_>,
        start: u64,
        outline: &Outline,
        summaries: &Summaries,
        is_large: bool,
    ) -> (Self, Summary) {
        let callees = outline.callees.iter();
        let mut known = callees.filter_map(|callee| summaries.get(callee));
        if is_large && !outline.means.can_hold(&mut known) {
            let passed_over = Self {
                start,
                counts: outline.counts,
                ..Self::default()
            };
            return (passed_over, Summary::unknown());
        }
        let mut decoder = Decoder::new(image.processor);
        let mut jumps = outline.jumps.clone();
        let (function, evaluated) =
            outline::settle(image, &mut decoder, start, &mut jumps, summaries);
        let summary = summarise(&evaluated, image.processor);
        let calls = Calls::of(image, &evaluated, &jumps);
        let handlers = calls.tables.iter().flat_map(|(_, targets)| targets);
        let is_early = handlers
            .clone()
            .any(|handler| !summaries.contains_key(handler));
        let called = evaluated.facts.called.iter();
        let facts = &evaluated.facts;
        let findings = Self {
            start,
            counts: outline::counts(&function),
            words: words(&evaluated),
            records: records(&evaluated),
            machines: machine::machines(
                image,
                &evaluated,
                summaries,
                &calls.tables,
                &calls.unresolved,
            ),
            reader: returned_word(&summary),
            unresolved: calls.unresolved.iter().map(|(_, at)| *at).collect(),
            shifts_lanes: !facts.vector_lanes.is_empty() && facts.vector_loads > 0,
            reached: called.chain(handlers).copied().collect(),
            is_early,
        };
        (findings, summary)
    }
}

/// A target that is taken from a table, and the functions that are in it.
type Table = (Value, Vec<u64>);

/// Where computed calls and jumps lead.
struct Calls {
    tables: Vec<Table>,
    /// Targets that could not be told, and the calls.
    unresolved: Vec<(Value, u64)>,
}

impl Calls {
    fn of(image: &Image<'_>, evaluated: &Evaluated, jumps: &Jumps) -> Self {
        let (mut tables, mut unresolved) = (Vec::new(), Vec::new());
        for computed in &evaluated.facts.computed {
            let is_known = evaluated.imports.contains(&computed.target)
                || evaluated.values.as_const(computed.target).is_some()
                || jumps.contains_key(&computed.at);
            if is_known {
                continue;
            }
            let targets = jumps::of_call(image, evaluated, computed.target);
            match targets.is_empty() {
                true => unresolved.push((computed.target, computed.at)),
                false => tables.push((computed.target, targets)),
            }
        }
        Self { tables, unresolved }
    }
}

impl Seen {
    /// Nothing yet; whether only what some starts reach is gone through.
    pub(crate) fn new(is_partial: bool) -> Self {
        Self {
            is_partial,
            ..Self::default()
        }
    }

    /// Adds what was found in one more function.
    pub(crate) fn add(&mut self, one: Findings) {
        self.functions += 1;
        self.instructions += one.counts.instructions;
        self.reads += one.counts.words;
        self.cut_off.extend(one.counts.cut_off);
        if one.shifts_lanes {
            self.vectors.push(one.start);
        }
        self.unresolved += one.unresolved.len();
        keep(&mut self.unresolved_at, one.unresolved);
        keep(&mut self.records, one.records);
        keep(&mut self.machines, one.machines.machines);
        keep(&mut self.machines_unresolved, one.machines.unresolved);
        self.texts += one.machines.text.len();
        keep(&mut self.machines_doubtful, one.machines.doubtful);
        keep(&mut self.readers, one.reader.map(|read| (one.start, read)));
        self.add_words(one.words);
    }

    fn add_words(&mut self, words: Vec<Word>) {
        for word in words {
            if word.is_guess {
                if word.split.is_some() {
                    keep(&mut self.guesses, [word]);
                }
                continue;
            }
            for part in &word.parts {
                let mask = self.masks.entry(part.mask as u16);
                mask.or_insert((0, part.at)).0 += 1;
            }
            if let Some((low, high)) = word.split {
                let read = word.reads.first().copied().unwrap_or_default();
                if self.splits.len() < MOST_KEPT && self.split_keys.insert((read, low, high)) {
                    self.splits.push(word);
                }
            }
        }
    }
}

fn keep<T>(kept: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    let left = MOST_KEPT.saturating_sub(kept.len());
    kept.extend(more.into_iter().take(left));
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
