//! The arena all values live in. Nothing is freed before the whole is.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use lapbelt_policy::origin::Origin;

use super::fault::Mistake;
use super::limits;
use super::value::{ClosureId, EnvId, PairId, PortId, StringId, Symbol, Value, VectorId};
use crate::diag::Code;

/// A pair, and where it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) car: Value,
    pub(super) cdr: Value,
    /// Place of the list that starts here.
    pub(super) list: Place,
    /// Place of the item in the car.
    pub(super) item: Place,
}

/// A place in a text, or none; a number into [`Heap::places`] off by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place(u32);

/// A procedure of the profile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closure {
    pub(super) name: Option<Symbol>,
    pub(super) parameters: Value,
    pub(super) body: Value,
    pub(super) env: EnvId,
}

/// One frame of names.
#[derive(Debug)]
struct Env {
    parent: EnvId,
    names: Vec<(Symbol, Value)>,
}

/// A string port: what is still to be read, or what was written.
#[derive(Debug)]
pub(super) enum Port {
    Input { text: Vec<u8>, at: usize },
    Output(Vec<u8>),
}

/// FNV-1a, 64 bits: names are short, and a table that a hostile profile fills badly is bounded as
/// all its memory is.
#[derive(Debug)]
struct NameHasher(u64);

impl Default for NameHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for NameHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The arena.
pub(crate) struct Heap {
    symbols: Vec<Rc<str>>,
    symbol_index: HashMap<Rc<str>, Symbol, BuildHasherDefault<NameHasher>>,
    globals: Vec<Option<Value>>,
    places: Vec<Origin>,
    pub(super) pairs: Vec<Pair>,
    strings: Vec<Vec<u8>>,
    pub(super) vectors: Vec<Vec<Value>>,
    pub(super) closures: Vec<Closure>,
    envs: Vec<Env>,
    pub(super) ports: Vec<Port>,
    used: usize,
    limit: usize,
    steps: u64,
    work: Cell<u64>,
}

/// The environment outside all procedures.
pub(crate) const GLOBAL: EnvId = EnvId(0);

impl Heap {
    pub(crate) fn new() -> Self {
        Self {
            symbols: Vec::new(),
            symbol_index: HashMap::default(),
            globals: Vec::new(),
            places: Vec::new(),
            pairs: Vec::new(),
            strings: Vec::new(),
            vectors: Vec::new(),
            closures: Vec::new(),
            envs: vec![Env {
                parent: GLOBAL,
                names: Vec::new(),
            }],
            ports: Vec::new(),
            used: 0,
            limit: limits::BYTES,
            steps: 0,
            work: Cell::new(0),
        }
    }

    /// Allows for what a text of this length may need.
    pub(crate) fn allow_for(&mut self, text: usize) {
        let bytes = text.saturating_mul(limits::BYTES_PER_BYTE);
        self.limit = self.limit.saturating_add(bytes);
        let steps = limits::STEPS_PER_BYTE.saturating_mul(text as u64);
        self.steps = self.steps.saturating_add(steps);
    }

    /// Steps allowed for since it was last asked.
    pub(super) fn take_steps(&mut self) -> u64 {
        std::mem::take(&mut self.steps)
    }

    /// Counts memory that is about to be used. The machine stops at its next step if it is too
    /// much; one step can ask for no more than it has been counted for.
    fn grow(&mut self, bytes: usize) {
        self.used = self.used.saturating_add(bytes);
    }

    /// Counts work done inside one step of the machine.
    pub(crate) fn spend(&self, work: usize) {
        self.work.set(self.work.get().saturating_add(work as u64));
    }

    /// Work counted since it was last asked for.
    pub(super) fn take_work(&self) -> u64 {
        self.work.take()
    }

    /// Whether more memory is in use than allowed.
    pub(super) fn is_full(&self) -> bool {
        self.used > self.limit
    }

    /// Refuses a single piece of more than the whole limit before it is made.
    pub(crate) fn reserve(&mut self, bytes: usize) -> Result<(), Mistake> {
        self.check_room(bytes)?;
        self.spend(bytes);
        Ok(())
    }

    /// Refuses what does not fit beside what is there.
    pub(crate) fn check_room(&self, bytes: usize) -> Result<(), Mistake> {
        if self.used.saturating_add(bytes) > self.limit {
            return Err(Mistake::new(
                Code::Limit,
                "the profile uses too much memory",
            ));
        }
        Ok(())
    }

    /// Counts memory that the host uses, whose making the host limits itself.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Mistake> {
        self.check_room(bytes)?;
        self.grow(bytes);
        Ok(())
    }

    /// Claims memory that the host is about to use.
    pub(crate) fn claim(&mut self, bytes: usize) -> Result<(), Mistake> {
        self.reserve(bytes)?;
        self.grow(bytes);
        Ok(())
    }

    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.symbol_index.get(name) {
            return *symbol;
        }
        let symbol = self.unnamed(name);
        self.symbol_index.insert(self.shared_name(symbol), symbol);
        symbol
    }

    /// A symbol of its own that no text can name.
    pub(super) fn unnamed(&mut self, name: &str) -> Symbol {
        self.grow(2 * name.len() + 64);
        let symbol = Symbol(self.symbols.len() as u32);
        self.symbols.push(name.into());
        self.globals.push(None);
        symbol
    }

    pub(crate) fn name(&self, symbol: Symbol) -> &str {
        &self.symbols[symbol.0 as usize]
    }

    pub(super) fn shared_name(&self, symbol: Symbol) -> Rc<str> {
        Rc::clone(&self.symbols[symbol.0 as usize])
    }

    pub(crate) fn place(&mut self, origin: Origin) -> Place {
        self.grow(size_of::<Origin>());
        self.places.push(origin);
        Place(self.places.len() as u32)
    }

    pub(crate) fn origin(&self, place: Place) -> Option<Origin> {
        self.places.get((place.0 as usize).checked_sub(1)?).copied()
    }

    pub(crate) fn cons(&mut self, car: Value, cdr: Value) -> Value {
        self.cons_at(car, cdr, Place::default(), Place::default())
    }

    pub(crate) fn cons_at(&mut self, car: Value, cdr: Value, list: Place, item: Place) -> Value {
        self.grow(size_of::<Pair>());
        self.pairs.push(Pair {
            car,
            cdr,
            list,
            item,
        });
        Value::Pair(PairId(self.pairs.len() as u32 - 1))
    }

    pub(super) fn pair(&self, id: PairId) -> Pair {
        self.pairs[id.0 as usize]
    }

    pub(super) fn pair_mut(&mut self, id: PairId) -> &mut Pair {
        &mut self.pairs[id.0 as usize]
    }

    pub(crate) fn car(&self, id: PairId) -> Value {
        self.pair(id).car
    }

    pub(crate) fn cdr(&self, id: PairId) -> Value {
        self.pair(id).cdr
    }

    pub(crate) fn list(&mut self, items: &[Value]) -> Value {
        items
            .iter()
            .rev()
            .fold(Value::Nil, |rest, item| self.cons(*item, rest))
    }

    /// The cells of a list. `None` if it does not end in the empty list.
    pub(super) fn cells(&self, list: Value) -> Option<Vec<PairId>> {
        let mut cells = Vec::new();
        let mut at = list;
        while let Value::Pair(id) = at {
            if cells.len() > self.pairs.len() {
                return None;
            }
            cells.push(id);
            at = self.cdr(id);
        }
        self.spend(cells.len());
        (at == Value::Nil).then_some(cells)
    }

    /// The items of a list. `None` if it does not end in the empty list.
    pub(crate) fn items(&self, list: Value) -> Option<Vec<Value>> {
        Some(
            self.cells(list)?
                .into_iter()
                .map(|id| self.car(id))
                .collect(),
        )
    }

    pub(crate) fn string(&mut self, bytes: Vec<u8>) -> Value {
        self.grow(bytes.len() + 32);
        self.strings.push(bytes);
        Value::String(StringId(self.strings.len() as u32 - 1))
    }

    pub(crate) fn bytes(&self, id: StringId) -> &[u8] {
        &self.strings[id.0 as usize]
    }

    pub(super) fn bytes_mut(&mut self, id: StringId) -> &mut Vec<u8> {
        &mut self.strings[id.0 as usize]
    }

    pub(super) fn vector(&mut self, items: Vec<Value>) -> Value {
        self.grow(items.len() * size_of::<Value>() + 32);
        self.vectors.push(items);
        Value::Vector(VectorId(self.vectors.len() as u32 - 1))
    }

    pub(super) fn closure(&mut self, closure: Closure) -> ClosureId {
        self.grow(size_of::<Closure>());
        self.closures.push(closure);
        ClosureId(self.closures.len() as u32 - 1)
    }

    pub(super) fn port(&mut self, port: Port) -> Value {
        self.grow(64);
        self.ports.push(port);
        Value::Port(PortId(self.ports.len() as u32 - 1))
    }

    /// Counts bytes written to a port.
    pub(super) fn grow_port(&mut self, bytes: usize) {
        self.grow(bytes);
    }

    pub(super) fn env(&mut self, parent: EnvId) -> EnvId {
        self.grow(size_of::<Env>());
        self.envs.push(Env {
            parent,
            names: Vec::new(),
        });
        EnvId(self.envs.len() as u32 - 1)
    }

    /// Binds a name in one frame.
    pub(crate) fn define(&mut self, env: EnvId, name: Symbol, value: Value) {
        if env == GLOBAL {
            self.globals[name.0 as usize] = Some(value);
            return;
        }
        let names = &mut self.envs[env.0 as usize].names;
        if let Some(entry) = names.iter_mut().find(|(n, _)| *n == name) {
            entry.1 = value;
        } else {
            names.push((name, value));
            self.grow(size_of::<(Symbol, Value)>());
        }
    }

    /// Names bound outside all procedures, in the order they were first seen.
    pub(crate) fn global_names(&self) -> impl Iterator<Item = (&str, Value)> {
        let named = self.symbols.iter().zip(&self.globals);
        named.filter_map(|(name, value)| value.map(|value| (&**name, value)))
    }

    pub(super) fn lookup(&self, env: EnvId, name: Symbol) -> Option<Value> {
        let mut at = env;
        while at != GLOBAL {
            let frame = &self.envs[at.0 as usize];
            if let Some((_, value)) = frame.names.iter().find(|(n, _)| *n == name) {
                return Some(*value);
            }
            self.spend(1 + frame.names.len() / 8);
            at = frame.parent;
        }
        self.globals[name.0 as usize]
    }

    /// Changes the nearest binding; false if there is none.
    pub(super) fn set(&mut self, env: EnvId, name: Symbol, value: Value) -> bool {
        let mut at = env;
        while at != GLOBAL {
            let frame = &mut self.envs[at.0 as usize];
            if let Some(entry) = frame.names.iter_mut().find(|(n, _)| *n == name) {
                entry.1 = value;
                return true;
            }
            at = frame.parent;
            self.work
                .set(self.work.get() + 1 + frame.names.len() as u64 / 8);
        }
        let global = &mut self.globals[name.0 as usize];
        let bound = global.is_some();
        if bound {
            *global = Some(value);
        }
        bound
    }
}
