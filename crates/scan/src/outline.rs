//! What can be told of a function before what it computes is known: which it calls, and whether it
//! can hold anything that is looked for.

use std::collections::BTreeSet;

use crate::code::{Arg, FLAGS, Flow, Op, Step};
use crate::decode::Decoder;
use crate::eval::{Evaluated, evaluate};
use crate::function::{Function, Jumps};
use crate::image::Image;
use crate::jumps;
use crate::summary::{Summaries, Summary};

/// Instructions of a function that is gone through whatever it does, if it calls none.
const SHORT: usize = 40;
/// Most times that a function is read again because its tables lead further.
const MOST_READS: usize = 8;
/// Fewest numbers that a byte is compared with where one of several things is chosen by it, but for
/// zero.
const FEWEST_CASES: usize = 2;

/// A function, as its instructions are.
#[derive(Debug)]
pub(crate) struct Outline {
    /// Functions that it calls, or leaves to, in order.
    pub(crate) callees: Vec<u64>,
    /// Where its tables lead.
    pub(crate) jumps: Jumps,
    pub(crate) counts: Counts,
    pub(crate) means: Means,
}

/// How much a function is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) instructions: usize,
    /// Reads of 16 bits.
    pub(crate) words: usize,
    pub(crate) cut_off: Option<u64>,
}

impl Outline {
    pub(crate) fn read(image: &Image<'_>, decoder: &mut Decoder, start: u64) -> Self {
        let mut jumps = Jumps::new();
        let mut function = Function::read(image, decoder, start, &jumps);
        let nothing = Summaries::default();
        for _ in 0..MOST_READS {
            if !function.has_open_jump(&jumps) {
                break;
            }
            let evaluated = evaluate(image, &function, &nothing);
            if !learn(image, start, &evaluated, &mut jumps) {
                break;
            }
            function = Function::read(image, decoder, start, &jumps);
        }
        Self {
            callees: function.callees(),
            counts: counts(&function),
            means: Means::of(&function),
            jumps,
        }
    }
}

/// Notes where the jumps of a function lead; whether anything is new.
pub(crate) fn learn(
    image: &Image<'_>,
    start: u64,
    evaluated: &Evaluated,
    known: &mut Jumps,
) -> bool {
    let end = image.function_end(start);
    let mut learnt = false;
    for computed in evaluated.facts.computed.iter().filter(|c| !c.is_call) {
        let targets = jumps::of_jump(image, evaluated, computed.target, (start, end));
        if !targets.is_empty() && known.get(&computed.at) != Some(&targets) {
            known.insert(computed.at, targets);
            learnt = true;
        }
    }
    learnt
}

/// A function gone through with what is known of those it calls, and read again as long as its
/// tables lead further.
pub(crate) fn settle(
    image: &Image<'_>,
    decoder: &mut Decoder,
    start: u64,
    jumps: &mut Jumps,
    summaries: &Summaries,
) -> (Function, Evaluated) {
    let mut round = 0;
    loop {
        let function = Function::read(image, decoder, start, jumps);
        let evaluated = evaluate(image, &function, summaries);
        round += 1;
        if !learn(image, start, &evaluated, jumps) || round >= MOST_READS {
            return (function, evaluated);
        }
    }
}

pub(crate) fn counts(function: &Function) -> Counts {
    let steps = function
        .instructions
        .iter()
        .flat_map(|one| &one.lifted.steps);
    let is_word = |step: &&Step| matches!(step, Step::Load { size: 2, .. });
    Counts {
        instructions: function.instructions.len(),
        words: steps.filter(is_word).count(),
        cut_off: function.cut_off,
    }
}

/// What a function has that is looked for, or that what its callees tell may become.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Means {
    /// It reads words of 16 bits, in one or in two bytes, or chooses by a byte that it reads in a
    /// loop, or is short and calls none.
    is_enough: bool,
    /// Something chooses in a loop, or bytes may be put together.
    uses_bytes: bool,
    /// Addresses may move by the length of a record.
    strides: bool,
}

impl Means {
    /// Whether a function can hold anything that is looked for.
    pub(crate) fn can_hold<'a>(self, mut callees: impl Iterator<Item = &'a Summary>) -> bool {
        self.is_enough
            || callees.any(|callee| {
                callee.tells_of_words()
                    || self.uses_bytes && callee.passes(1)
                    || self.strides && callee.reads_words()
            })
    }

    fn of(function: &Function) -> Self {
        let (mut words, mut bytes, mut shifts, mut scaled, mut calls) = (0, 0, 0, 0, 0);
        for one in &function.instructions {
            calls += usize::from(matches!(one.lifted.flow, Flow::Call(_)));
            for step in &one.lifted.steps {
                match step {
                    Step::Load { size: 2, .. } => words += 1,
                    Step::Load { size: 1, .. } => bytes += 1,
                    Step::Set(_, Op::Mul, ..) => scaled += 1,
                    Step::Set(_, Op::Shl, _, Arg::Const(by)) => {
                        shifts += usize::from(*by == 8);
                        scaled += usize::from(*by >= 3);
                    }
                    _ => {}
                }
            }
        }
        let chooser = Chooser::of(function);
        Self {
            is_enough: words > 0
                || function.instructions.len() <= SHORT && calls == 0
                || bytes > 1 && shifts > 0
                || chooser.reads_bytes && chooser.can_choose,
            uses_bytes: shifts > 0 || chooser.can_choose,
            strides: scaled > 0 || function.has_loops,
        }
    }
}

/// What the loops of a function have that an interpreter needs.
struct Chooser {
    reads_bytes: bool,
    can_choose: bool,
}

impl Chooser {
    fn of(function: &Function) -> Self {
        let mut cases: BTreeSet<u64> = BTreeSet::new();
        let (mut bytes, mut jumps, mut calls, mut scaled) = (0, 0, 0, 0);
        for block in function.blocks.iter().filter(|block| block.is_in_loop) {
            for one in &function.instructions[block.first..block.end] {
                for step in &one.lifted.steps {
                    match step {
                        Step::Load { size: 1, .. } => bytes += 1,
                        Step::Set(FLAGS, Op::Compare(_), _, Arg::Const(case)) => {
                            cases.insert(*case);
                        }
                        Step::Set(_, Op::Shl, _, Arg::Const(3)) => scaled += 1,
                        _ => {}
                    }
                }
                match one.lifted.flow {
                    Flow::JumpTo(_) => jumps += 1,
                    Flow::Call(Arg::Reg(_)) => calls += 1,
                    _ => {}
                }
            }
        }
        Self {
            reads_bytes: bytes > 0,
            can_choose: jumps > 0 || calls > 0 && scaled > 0 || cases.len() >= FEWEST_CASES,
        }
    }
}
