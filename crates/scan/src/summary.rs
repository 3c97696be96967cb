//! What a function does for those that call it: what it returns, reads, writes and asks of its
//! arguments.

use rustc_hash::FxHashMap;

use crate::code::{Op, Processor, Reg};
use crate::eval::{Evaluated, Kind};
use crate::value::{Node, Place, Value};

/// Most parts of an expression that is passed on.
const LARGEST: usize = 40;
/// Most entries of each list.
const MOST: usize = 24;

/// What is known of each function that was gone through, by its start.
pub(crate) type Summaries = FxHashMap<u64, Summary>;

/// An expression over the arguments of a call.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Const(u64),
    Argument(Reg),
    /// A load, and the instruction that does it.
    Load(Box<Expr>, u8, u64),
    Pair(Box<(Expr, Expr)>),
    Swapped(Box<Expr>),
    Sum(Vec<(Expr, i64)>, i64),
    Pure(Op, Box<(Expr, Expr)>),
    /// Anything, of these bits.
    Anything(u64),
}

/// What is done with bits of an argument, or of what an argument points to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArgumentUse {
    pub(crate) register: Reg,
    /// Of the bytes at this offset, so many; of the argument itself without it.
    pub(crate) field: Option<(i64, u8)>,
    pub(crate) mask: u64,
    pub(crate) kind: Kind,
    pub(crate) at: u64,
}

/// Bytes read where an argument points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArgumentRead {
    pub(crate) register: Reg,
    pub(crate) offset: i64,
    pub(crate) size: u8,
    pub(crate) at: u64,
}

/// Bytes written where an argument points.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) register: Reg,
    pub(crate) offset: i64,
    pub(crate) size: u8,
    pub(crate) value: Expr,
}

/// What a function does.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) result: Expr,
    pub(crate) uses: Vec<ArgumentUse>,
    pub(crate) reads: Vec<ArgumentRead>,
    pub(crate) effects: Vec<Effect>,
    /// Whether it may write anything else.
    pub(crate) writes_unknown: bool,
    /// Registers that it may change, as bits: compilers know it of functions of the same file.
    pub(crate) changes: u64,
}

/// Sums up a function.
pub(crate) fn summarise(evaluated: &Evaluated, processor: Processor) -> Summary {
    let maker = Maker {
        evaluated,
        processor,
    };
    let (effects, overflow) = maker.effects();
    Summary {
        result: maker.result(),
        uses: maker.uses(),
        reads: maker.reads(),
        effects,
        writes_unknown: evaluated.facts.calls_unknown || overflow,
        changes: evaluated.facts.changes,
    }
}

impl Summary {
    /// A function of which nothing is told.
    pub(crate) fn unknown() -> Self {
        Self {
            result: Expr::Anything(u64::MAX),
            uses: Vec::new(),
            reads: Vec::new(),
            effects: Vec::new(),
            writes_unknown: true,
            changes: u64::MAX,
        }
    }

    /// Whether a caller learns something of words of 16 bits from it.
    pub(crate) fn tells_of_words(&self) -> bool {
        let is_word = |one: &ArgumentUse| one.field.is_some_and(|(_, size)| size == 2);
        self.uses.iter().any(is_word) || self.passes(2)
    }

    /// Whether it reads words of 16 bits where its caller points.
    pub(crate) fn reads_words(&self) -> bool {
        self.reads.iter().any(|read| read.size == 2)
    }

    /// Whether a number of so many bytes that is read reaches the caller.
    pub(crate) fn passes(&self, size: u8) -> bool {
        self.result.reads(size) || self.effects.iter().any(|effect| effect.value.reads(size))
    }
}

impl Expr {
    /// Whether numbers of exactly so many bytes that are read are in it; two bytes put together
    /// are one of 2.
    fn reads(&self, wanted: u8) -> bool {
        match self {
            Self::Load(address, size, _) => *size == wanted || address.reads(wanted),
            Self::Pair(_) | Self::Swapped(_) => wanted == 2,
            Self::Sum(terms, _) => terms.iter().any(|(term, _)| term.reads(wanted)),
            Self::Pure(_, both) => both.0.reads(wanted) || both.1.reads(wanted),
            Self::Const(_) | Self::Argument(_) | Self::Anything(_) => false,
        }
    }
}

struct Maker<'a> {
    evaluated: &'a Evaluated,
    processor: Processor,
}

impl Maker<'_> {
    fn argument(&self, value: Value) -> Option<Reg> {
        match self.evaluated.values.node(value) {
            Node::Initial(Place::Reg(reg)) => {
                self.processor.arguments().contains(reg).then_some(*reg)
            }
            _ => None,
        }
    }

    /// The argument that an address is at an offset of.
    fn field(&self, address: Value) -> Option<(Reg, i64)> {
        let (terms, offset) = self.evaluated.values.sum(address);
        match terms[..] {
            [(base, 1)] => Some((self.argument(base)?, offset)),
            _ => None,
        }
    }

    fn result(&self) -> Expr {
        let mut leaves = Vec::new();
        let mut seen = Vec::new();
        for value in &self.evaluated.facts.returned {
            self.leaves(*value, &mut seen, &mut leaves);
        }
        leaves.sort_unstable();
        leaves.dedup();
        let values = &self.evaluated.values;
        let constants = leaves.iter().filter(|v| values.as_const(**v).is_some());
        // What is returned on failure is a constant beside the one result.
        if constants.count() + 1 == leaves.len()
            && let Some(only) = leaves.iter().find(|v| values.as_const(**v).is_none())
        {
            return self.expression(*only, &mut LARGEST.clone());
        }
        match leaves[..] {
            [only] => self.expression(only, &mut LARGEST.clone()),
            _ => Expr::Anything(
                leaves
                    .iter()
                    .fold(0, |ones, leaf| ones | values.known(*leaf).ones),
            ),
        }
    }

    /// The values that meet in one.
    fn leaves(&self, value: Value, seen: &mut Vec<Value>, leaves: &mut Vec<Value>) {
        if seen.contains(&value) || seen.len() > 32 {
            return;
        }
        seen.push(value);
        if let Some(operands) = self.evaluated.phis.get(&value) {
            for (_, operand) in operands {
                self.leaves(*operand, seen, leaves);
            }
        } else if let Node::Either(a, b) = self.evaluated.values.node(value) {
            self.leaves(*a, seen, leaves);
            self.leaves(*b, seen, leaves);
        } else {
            leaves.push(value);
        }
    }

    fn expression(&self, value: Value, left: &mut usize) -> Expr {
        let values = &self.evaluated.values;
        let anything = Expr::Anything(values.known(value).ones);
        if *left == 0 {
            return anything;
        }
        *left -= 1;
        match values.node(value) {
            Node::Const(number) => Expr::Const(*number),
            Node::Initial(Place::Reg(reg)) if self.argument(value).is_some() => {
                Expr::Argument(*reg)
            }
            Node::Load { address, size, .. } => Expr::Load(
                Box::new(self.expression(*address, left)),
                *size,
                values.made_at(value),
            ),
            Node::Pair(a, b) => Expr::Pair(Box::new((
                self.expression(*a, left),
                self.expression(*b, left),
            ))),
            Node::Swapped(inner) => Expr::Swapped(Box::new(self.expression(*inner, left))),
            Node::Sum(terms, constant) => {
                let terms = terms
                    .iter()
                    .map(|(term, times)| (self.expression(*term, left), *times))
                    .collect();
                Expr::Sum(terms, *constant)
            }
            Node::Pure(op, a, b) => Expr::Pure(
                *op,
                Box::new((self.expression(*a, left), self.expression(*b, left))),
            ),
            _ => anything,
        }
    }

    fn uses(&self) -> Vec<ArgumentUse> {
        let values = &self.evaluated.values;
        let mut uses = Vec::new();
        for one in &self.evaluated.facts.uses {
            if uses.len() >= MOST {
                break;
            }
            let kind = match one.kind {
                // The address is of this function alone.
                Kind::Stored(_) => Kind::Used,
                kind => kind,
            };
            let found = if let Some(register) = self.argument(one.word) {
                let is_part = one.mask & !0xffff == 0 && one.mask != 0xffff;
                is_part.then_some((register, None))
            } else if let Node::Load { address, size, .. } = values.node(one.word) {
                let is_part = *size == 1 || *size == 2 && one.mask != 0xffff;
                let field = self.field(*address).filter(|_| is_part);
                field.map(|(register, offset)| (register, Some((offset, *size))))
            } else {
                None
            };
            if let Some((register, field)) = found {
                uses.push(ArgumentUse {
                    register,
                    field,
                    mask: one.mask,
                    kind,
                    at: one.at,
                });
            }
        }
        uses
    }

    fn reads(&self) -> Vec<ArgumentRead> {
        let mut reads: Vec<ArgumentRead> = Vec::new();
        for access in &self.evaluated.facts.accesses {
            if reads.len() >= MOST {
                break;
            }
            if access.size <= 2
                && let Some((register, offset)) = self.field(access.address)
                && !reads
                    .iter()
                    .any(|r| (r.register, r.offset, r.size) == (register, offset, access.size))
            {
                reads.push(ArgumentRead {
                    register,
                    offset,
                    size: access.size,
                    at: access.at,
                });
            }
        }
        reads
    }

    /// What is written where arguments point: the last value of each place, and whether there are
    /// too many.
    fn effects(&self) -> (Vec<Effect>, bool) {
        let mut effects: Vec<Effect> = Vec::new();
        for (address, size, value) in &self.evaluated.facts.stores {
            let Some((register, offset)) = self.field(*address) else {
                continue;
            };
            let mut seen = Vec::new();
            let mut leaves = Vec::new();
            self.leaves(*value, &mut seen, &mut leaves);
            let value = match leaves[..] {
                [only] => self.expression(only, &mut LARGEST.clone()),
                _ => Expr::Anything(self.evaluated.values.known(*value).ones),
            };
            let same = effects
                .iter()
                .position(|e| (e.register, e.offset, e.size) == (register, offset, *size));
            match same {
                // A constant is what is written on failure.
                Some(_) if matches!(value, Expr::Const(_)) => {}
                Some(at) => effects[at].value = value,
                None if effects.len() >= MOST => return (effects, true),
                None => effects.push(Effect {
                    register,
                    offset,
                    size: *size,
                    value,
                }),
            }
        }
        (effects, false)
    }
}
