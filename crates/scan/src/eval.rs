//! What each instruction of a function computes.
//!
//! Blocks are gone through in order, several times where there are loops: where paths meet, a place
//! holds a value of its own until it turns out that all paths bring the same.

mod call;
mod held;
mod loops;
mod memory;
mod resolve;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::code::{Arg, Condition, FLAGS, Flow, Op, Processor, Reg, SCRATCH, Step, low};
use crate::function::Function;
use crate::image::Image;
use crate::summary::Summaries;
use crate::value::{Node, Place, Value, Values};
use held::{Held, Key, Keys, States};
use loops::Changes;

/// Most times that a function is gone through.
const MOST_ROUNDS: usize = 4;

/// What is done with bits of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Asked whether they are zero.
    Test,
    /// A number that is computed with, compared, passed on or returned.
    Used,
    /// Stored at this address.
    Stored(Value),
    /// Left where a result would be returned.
    Returned,
    /// Passed to this function.
    Passed(u64),
    /// The whole word compared with this power of two.
    Threshold(u8),
}

/// A use of bits of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Use {
    pub(crate) word: Value,
    pub(crate) mask: u64,
    pub(crate) kind: Kind,
    /// The instruction that takes the bits out.
    pub(crate) at: u64,
}

/// A read of memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) address: Value,
    pub(crate) size: u8,
    pub(crate) value: Value,
    pub(crate) at: u64,
}

/// A condition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    pub(crate) test: Value,
    pub(crate) at: u64,
    pub(crate) condition: Condition,
}

/// A call or jump whose target is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Computed {
    pub(crate) target: Value,
    pub(crate) at: u64,
    pub(crate) is_call: bool,
}

/// What was seen in a function.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) uses: Vec<Use>,
    pub(crate) accesses: Vec<Access>,
    pub(crate) checks: Vec<Check>,
    pub(crate) computed: Vec<Computed>,
    /// Values in the result register where it returns.
    pub(crate) returned: Vec<Value>,
    /// Stores through pointers: address, size, value.
    pub(crate) stores: Vec<(Value, u8, Value)>,
    /// Functions called whose address is known.
    pub(crate) called: Vec<u64>,
    /// Whether it calls something of which nothing is known.
    pub(crate) calls_unknown: bool,
    /// Registers that it or what it calls may change, as bits.
    pub(crate) changes: u64,
    /// Instructions that mask or shift lanes of vectors.
    pub(crate) vector_lanes: Vec<u64>,
    pub(crate) vector_loads: usize,
}

/// A function, gone through.
pub(crate) struct Evaluated {
    pub(crate) values: Values,
    pub(crate) facts: Facts,
    /// What each meeting of paths brings together, with the blocks it comes from.
    pub(crate) phis: FxHashMap<Value, Vec<(u32, Value)>>,
    /// Loads of pointers to other files.
    pub(crate) imports: FxHashSet<Value>,
}

/// Numbers of what registers hold that were forgotten are above those of other unknown values of an
/// instruction.
const FORGOTTEN: u32 = 1 << 16;

pub(crate) struct Evaluator<'a, 'i> {
    image: &'a Image<'i>,
    processor: Processor,
    function: &'a Function,
    summaries: &'a Summaries,
    values: Values,
    facts: Facts,
    imports: FxHashSet<Value>,
    /// What places hold where each block ends, as far as it changed them.
    ends: States,
    /// What places hold where each block starts, as far as it was asked.
    starts: States,
    keys: Keys,
    /// What passes between the steps of an instruction.
    scratch: [Option<Value>; 64],
    done: Vec<bool>,
    changes: Changes,
    /// Meetings of paths of this round.
    met: Vec<(u32, Place, Value)>,
    operands: FxHashMap<Value, Vec<(u32, Value)>>,
    /// What meetings were found to bring.
    resolved: FxHashMap<Value, Value>,
    /// Sizes in which parts of the frame are accessed, as bits.
    slots: BTreeMap<i64, u8>,
    /// Memory that the function writes.
    written: FxHashSet<(Value, u8)>,
    /// Whether something was learnt that the next round can use.
    learnt: bool,
    block: u32,
    instruction: u32,
    counter: u32,
    here: u64,
}

/// Goes through a function.
pub(crate) fn evaluate(image: &Image<'_>, function: &Function, summaries: &Summaries) -> Evaluated {
    let count = function.blocks.len();
    let mut evaluator = Evaluator {
        image,
        processor: image.processor,
        function,
        summaries,
        values: Values::default(),
        facts: Facts::default(),
        imports: FxHashSet::default(),
        ends: States::default(),
        starts: States::default(),
        keys: Keys::default(),
        scratch: [None; 64],
        done: Vec::new(),
        changes: Changes::of(function, image.processor),
        met: Vec::new(),
        operands: FxHashMap::default(),
        resolved: FxHashMap::default(),
        slots: BTreeMap::new(),
        written: FxHashSet::default(),
        learnt: false,
        block: 0,
        instruction: 0,
        counter: 0,
        here: function.start,
    };
    for _ in 0..MOST_ROUNDS {
        evaluator.begin(count);
        for block in 0..count {
            evaluator.run_block(block as u32);
        }
        if !evaluator.resolve() {
            break;
        }
    }
    evaluator.merge_uses();
    Evaluated {
        values: evaluator.values,
        facts: evaluator.facts,
        phis: evaluator.operands,
        imports: evaluator.imports,
    }
}

impl Evaluator<'_, '_> {
    fn begin(&mut self, count: usize) {
        self.ends.clear(count);
        self.starts.clear(count);
        self.done.clear();
        self.done.resize(count, false);
        self.met.clear();
        self.operands.clear();
        self.facts = Facts::default();
        self.learnt = false;
    }

    fn run_block(&mut self, block: u32) {
        self.block = block;
        let function = self.function;
        let range = &function.blocks[block as usize];
        for index in range.first..range.end {
            let one = &function.instructions[index];
            self.instruction = index as u32;
            self.counter = 0;
            self.here = one.address;
            self.values.here = one.address;
            for step in &one.lifted.steps {
                self.run(*step);
            }
            self.flow(one.lifted.flow);
        }
        self.done[block as usize] = true;
    }

    fn flow(&mut self, flow: Flow) {
        match flow {
            Flow::Next | Flow::Stop => {}
            Flow::Jump(target) => {
                if self.function.tail_calls.contains(&self.here) {
                    let target = self.values.constant(target);
                    self.call(target, true);
                    self.returns();
                }
            }
            Flow::Branch {
                condition, test, ..
            } => {
                let test = self.arg(test);
                self.check(condition, test);
            }
            Flow::Call(target) => {
                let target = self.arg(target);
                self.call(target, false);
            }
            Flow::JumpTo(target) => {
                let target = self.arg(target);
                self.facts.computed.push(Computed {
                    target,
                    at: self.here,
                    is_call: false,
                });
                if self.function.blocks[self.block as usize].next.is_empty() {
                    self.call(target, true);
                    self.returns();
                }
            }
            Flow::Return => self.returns(),
        }
    }

    fn returns(&mut self) {
        let result = self.read(Place::Reg(self.processor.result()));
        self.used(result, Kind::Returned);
        self.facts.returned.push(result);
    }

    fn arg(&mut self, arg: Arg) -> Value {
        match arg {
            Arg::Reg(reg) => self.read(Place::Reg(reg)),
            Arg::Const(number) => self.values.constant(number),
        }
    }

    fn write(&mut self, place: Place, value: Value) {
        if let Place::Reg(reg) = place {
            if let Some(scratch) = reg.checked_sub(SCRATCH) {
                self.scratch[usize::from(scratch % 64)] = Some(value);
                return;
            }
            self.facts.changes |= 1 << reg;
        }
        let key = self.keys.of(place);
        self.ends.set(self.block, key, Held::Value(value));
    }

    /// A register holds anything now.
    fn forget(&mut self, reg: Reg) {
        if reg >= SCRATCH {
            let value = self.fresh(u64::MAX);
            return self.write(Place::Reg(reg), value);
        }
        self.facts.changes |= 1 << reg;
        let held = Held::Anything(self.instruction);
        self.ends.set(self.block, Key::Reg(reg), held);
    }

    /// What a register holds that was forgotten at an instruction.
    fn anything(&mut self, instruction: u32, reg: Reg) -> Value {
        let number = FORGOTTEN + u32::from(reg);
        self.values.unknown(instruction, number, u64::MAX)
    }

    fn fresh(&mut self, ones: u64) -> Value {
        self.counter += 1;
        self.values.unknown(self.instruction, self.counter, ones)
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Set(to, op, a, b) => {
                let (a, b) = (self.arg(a), self.arg(b));
                let value = self.values.pure(op, a, b);
                self.lost(op, a, b, value);
                self.write(Place::Reg(to), value);
            }
            Step::Load { to, address, size } => {
                let address = self.arg(address);
                let value = self.load(address, size);
                self.write(Place::Reg(to), value);
            }
            Step::Store {
                address,
                value,
                size,
            } => {
                let (address, value) = (self.arg(address), self.arg(value));
                self.store(address, value, size);
            }
            Step::Forget(reg) => self.forget(reg),
            Step::Either(to, a, b) => {
                let (a, b) = (self.arg(a), self.arg(b));
                let value = self.values.either(a, b);
                if a != b {
                    self.used(a, Kind::Used);
                    self.used(b, Kind::Used);
                }
                self.write(Place::Reg(to), value);
            }
            Step::Check(condition, test) => {
                let test = self.arg(test);
                self.check(condition, test);
            }
            Step::VectorLoad => self.facts.vector_loads += 1,
            Step::VectorLanes => self.facts.vector_lanes.push(self.here),
        }
    }

    /// Operands whose bits do not show in what is computed of them are used up here.
    fn lost(&mut self, op: Op, a: Value, b: Value, made: Value) {
        if matches!(op, Op::Compare(_) | Op::Test(_)) || made == a || made == b {
            return;
        }
        if !self.values.is_atom(made) {
            return;
        }
        match self.values.node(made) {
            Node::Pair(..) | Node::Swapped(_) => {}
            // A bit that a variable number names.
            _ => {
                self.used(a, Kind::Used);
                self.used(b, Kind::Used);
            }
        }
    }

    /// Notes that a value is used for something other than its bits.
    fn used(&mut self, value: Value, kind: Kind) {
        let Some((word, mask)) = self.values.part(value) else {
            return self.used_parts(value, kind);
        };
        let at = match mask == self.values.known(word).ones {
            true => self.here,
            false => self.values.made_at(value),
        };
        self.facts.uses.push(Use {
            word,
            mask,
            kind,
            at,
        });
    }

    /// Of a value made of several words, each part is used where it is a part.
    fn used_parts(&mut self, value: Value, kind: Kind) {
        let known = self.values.known(value);
        let first = known.pieces.first().map(|piece| piece.of);
        let several = known.pieces.iter().any(|piece| Some(piece.of) != first);
        if !several {
            return;
        }
        let mut masks: Vec<(Value, u64)> = Vec::new();
        for piece in known.pieces.iter() {
            match masks.iter_mut().find(|(word, _)| *word == piece.of) {
                Some((_, mask)) => *mask |= piece.source(),
                None => masks.push((piece.of, piece.source())),
            }
        }
        for (word, mask) in masks {
            self.facts.uses.push(Use {
                word,
                mask,
                kind,
                at: self.here,
            });
        }
    }

    /// Notes a condition, and what it asks of bits.
    fn check(&mut self, condition: Condition, test: Value) {
        self.facts.checks.push(Check {
            test,
            at: self.here,
            condition,
        });
        match self.values.node(test).clone() {
            Node::Pure(Op::Test(bits), a, b) => {
                if condition == Condition::Sign || condition == Condition::Less {
                    let sign = self.values.constant(1 << (bits - 1));
                    let sign = self.values.pure(Op::And, a, sign);
                    self.used(sign, Kind::Test);
                } else {
                    let tested = self.values.pure(Op::And, a, b);
                    self.used(tested, Kind::Test);
                }
            }
            Node::Pure(Op::Compare(bits), a, b) => self.compared(condition, bits, a, b),
            _ => self.used(test, Kind::Test),
        }
    }

    fn compared(&mut self, condition: Condition, bits: u8, a: Value, b: Value) {
        let Some(number) = self.values.as_const(b) else {
            self.used(a, Kind::Used);
            self.used(b, Kind::Used);
            return;
        };
        if number == 0 {
            return match condition {
                Condition::Equal | Condition::Greater => self.used(a, Kind::Test),
                _ => {
                    let sign = self.values.constant(1 << (bits - 1));
                    let sign = self.values.pure(Op::And, a, sign);
                    self.used(sign, Kind::Test);
                }
            };
        }
        let limit = match condition {
            Condition::Less => number,
            Condition::Greater => number.wrapping_add(1) & low(bits.into()),
            _ => 0,
        };
        if let Some((word, mask)) = self.values.part(a)
            && mask & 0xffff == 0xffff
            && let Some(bit) = threshold(limit, bits)
        {
            self.facts.uses.push(Use {
                word,
                mask: 0xffff & !low(bit.into()),
                kind: Kind::Threshold(bit),
                at: self.here,
            });
            return;
        }
        self.used(a, Kind::Used);
    }

    /// What meets where paths do is used there.
    fn merge_uses(&mut self) {
        let mut met: Vec<Value> = self.operands.keys().copied().collect();
        met.sort_unstable();
        for phi in met {
            if matches!(self.values.node(phi), Node::Phi(_, Place::Reg(FLAGS))) {
                continue;
            }
            for (_, operand) in self.operands[&phi].clone() {
                if let Some((word, mask)) = self.values.part(operand)
                    && word != operand
                {
                    let at = self.values.made_at(operand);
                    self.facts.uses.push(Use {
                        word,
                        mask,
                        kind: Kind::Used,
                        at,
                    });
                }
            }
        }
    }
}

/// The lowest of the bits of a word of 16 bits that a comparison with a number asks of alone, if it
/// is not the lowest of all: of the upper one or two, or of more where the number is a power of two.
fn threshold(number: u64, bits: u8) -> Option<u8> {
    // A word that was extended with its sign is compared with a negative number.
    let word = match bits {
        16 => number,
        bits => match number.wrapping_add(0x8000) & low(bits.into()) {
            below if below < 0x8000 => number & 0xffff,
            _ => number,
        },
    };
    let bit = word.trailing_zeros();
    let upper = word.checked_shr(bit)?;
    let is_one = upper == 1 || upper == 3 && bit == 14;
    ((1..16).contains(&bit) && word <= 0xffff && is_one).then_some(bit as u8)
}
