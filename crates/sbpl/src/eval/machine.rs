//! The machine: steps over an explicit stack of frames.

use lapbelt_policy::origin::Origin;

use super::call::Continuation;
use super::fault::{Fault, Mistake};
use super::heap::{GLOBAL, Heap, Place};
use super::host::Host;
use super::language;
use super::limits;
use super::value::{EnvId, PairId, Symbol, Value};
use crate::diag::Code;

/// What to do next.
pub(super) enum Step {
    /// Evaluate an expression that stands at a place.
    Eval(Value, EnvId, Place),
    /// Hand a value to the top frame.
    Return(Value),
    /// Call the procedure at this position of the operand stack with what lies above it.
    Apply(usize, Option<PairId>),
    /// Nothing more.
    Done,
}

/// What waits for a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    Operator {
        form: PairId,
        env: EnvId,
    },
    Operand {
        form: PairId,
        rest: Value,
        base: usize,
        env: EnvId,
    },
    Sequence {
        rest: Value,
        env: EnvId,
    },
    If {
        branches: Value,
        env: EnvId,
    },
    Define {
        name: Symbol,
        env: EnvId,
    },
    Macro {
        name: Symbol,
        env: EnvId,
    },
    Set {
        name: Symbol,
        env: EnvId,
    },
    And {
        rest: Value,
        env: EnvId,
    },
    Or {
        rest: Value,
        env: EnvId,
    },
    Cond {
        clauses: Value,
        env: EnvId,
    },
    Case {
        clauses: Value,
        env: EnvId,
    },
    When {
        wanted: bool,
        body: Value,
        env: EnvId,
    },
    Bind {
        name: Symbol,
        rest: Value,
        outer: EnvId,
        inner: EnvId,
        body: Value,
    },
    /// The value is the procedure to call with this one.
    Pass {
        value: Value,
    },
    /// The value is code to evaluate.
    Expansion {
        env: EnvId,
    },
    Within {
        body: Value,
        env: EnvId,
    },
    /// The value passes; the frame only restores site and context.
    Restore,
    /// The value of a form of a text; the next one follows.
    Forms {
        rest: Value,
        base: usize,
        imported: bool,
    },
    /// The value passes; a mistake on the way to it is answered by the handler.
    Catch {
        handler: PairId,
        base: usize,
        env: EnvId,
    },
}

/// A frame with what is put back when it goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    pub(super) frame: Frame,
    pub(super) site: Option<Origin>,
    pub(super) context: Value,
}

/// The machine.
pub(crate) struct Machine {
    pub(crate) heap: Heap,
    pub(super) frames: Vec<Saved>,
    pub(super) values: Vec<Value>,
    pub(super) continuations: Vec<Continuation>,
    pub(super) site: Option<Origin>,
    pub(super) context: Value,
    /// Environment of the call being made.
    pub(super) caller: EnvId,
    fuel: u64,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            heap: Heap::new(),
            frames: Vec::new(),
            values: Vec::new(),
            continuations: Vec::new(),
            site: None,
            context: Value::Nil,
            caller: GLOBAL,
            fuel: limits::STEPS,
        }
    }

    /// Runs forms at top level one after the other. A mistake in one is reported to the host and
    /// does not keep the next from being tried; a limit that is reached ends the run.
    pub(crate) fn run(&mut self, forms: Value, host: &mut dyn Host) {
        let mut step = self.forms(forms, false);
        loop {
            let next = self.check_limits().and_then(|()| match step {
                Step::Eval(expression, env, place) => self.eval(expression, env, place, host),
                Step::Apply(base, form) => self.apply(base, form, host),
                Step::Return(value) => match self.frames.pop() {
                    Some(saved) => {
                        self.site = saved.site;
                        self.context = saved.context;
                        self.resume(saved.frame, value, host)
                    }
                    None => Ok(Step::Done),
                },
                Step::Done => Ok(Step::Done),
            });
            step = match next {
                Ok(Step::Done) => return,
                Ok(step) => step,
                Err(Fault::Form(diagnostic)) => self.recover(*diagnostic, host),
                Err(Fault::Limit(diagnostic)) => {
                    host.report(*diagnostic);
                    return;
                }
            };
        }
    }

    /// Runs the forms of a text at top level.
    pub(super) fn forms(&mut self, forms: Value, imported: bool) -> Step {
        let base = self.values.len();
        self.push(Frame::Forms {
            rest: forms,
            base,
            imported,
        });
        Step::Return(Value::Nil)
    }

    fn check_limits(&mut self) -> Result<(), Fault> {
        let work = 1 + self.heap.take_work() / 8;
        self.fuel = self.fuel.saturating_add(self.heap.take_steps());
        self.fuel = self.fuel.saturating_sub(work);
        let message = if self.fuel == 0 {
            "the profile takes too many steps to evaluate"
        } else if self.heap.is_full() {
            "the profile uses too much memory"
        } else if self.frames.len() > limits::DEPTH {
            "calls are nested too deep"
        } else {
            return Ok(());
        };
        Err(self.fault(Mistake::new(Code::Limit, message), None))
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.frames.push(Saved {
            frame,
            site: self.site,
            context: self.context,
        });
    }

    pub(super) fn eval_cell(&self, cell: PairId, env: EnvId) -> Step {
        let pair = self.heap.pair(cell);
        Step::Eval(pair.car, env, pair.item)
    }

    /// Evaluates a body; its last form takes the place of the body.
    pub(super) fn sequence(&mut self, body: Value, env: EnvId) -> Step {
        let Value::Pair(cell) = body else {
            return Step::Return(Value::Nil);
        };
        let rest = self.heap.cdr(cell);
        if rest != Value::Nil {
            self.push(Frame::Sequence { rest, env });
        }
        self.eval_cell(cell, env)
    }

    fn eval(
        &mut self,
        expression: Value,
        env: EnvId,
        place: Place,
        host: &mut dyn Host,
    ) -> Result<Step, Fault> {
        match expression {
            Value::Symbol(name) => match self.lookup(env, name, host) {
                Some(value) => Ok(Step::Return(value)),
                None => {
                    let origin = self.heap.origin(place);
                    if let Some(value) = host.assumed(name, origin, &mut self.heap) {
                        self.heap.define(GLOBAL, name, value);
                        return Ok(Step::Return(value));
                    }
                    let mut frames = self.frames.iter().rev().map(|saved| saved.frame);
                    let last = frames.next();
                    let head = matches!(last, Some(Frame::Operator { .. }));
                    let called = match if head { frames.next() } else { last } {
                        Some(Frame::Operand { base, .. }) => self.values.get(base..),
                        _ => None,
                    };
                    let (name, called) = (self.heap.name(name), called.unwrap_or_default());
                    let mistake = host.unbound(name, called, head, &self.heap);
                    Err(self.fault(mistake, origin))
                }
            },
            Value::Pair(form) => {
                if let Some(origin) = self.heap.origin(self.heap.pair(form).list) {
                    self.site = Some(origin);
                }
                self.push(Frame::Operator { form, env });
                Ok(self.eval_cell(form, env))
            }
            other => Ok(Step::Return(other)),
        }
    }

    /// The value of a name. One that nothing has bound yet may be of the language or the host.
    pub(super) fn lookup(
        &mut self,
        env: EnvId,
        name: Symbol,
        host: &mut dyn Host,
    ) -> Option<Value> {
        if let Some(value) = self.heap.lookup(env, name) {
            return Some(value);
        }
        let text = self.heap.shared_name(name);
        let value =
            language::value(&mut self.heap, &text).or_else(|| host.word(&text, &mut self.heap))?;
        self.heap.define(GLOBAL, name, value);
        Some(value)
    }

    fn resume(&mut self, frame: Frame, value: Value, host: &mut dyn Host) -> Result<Step, Fault> {
        let step = match frame {
            Frame::Operator { form, env } => return self.operator(form, env, value),
            Frame::Operand {
                form,
                rest,
                base,
                env,
            } => {
                self.values.push(value);
                return Ok(self.operands(form, rest, base, env));
            }
            Frame::Sequence { rest, env } => Ok(self.sequence(rest, env)),
            Frame::If { branches, env } => {
                let Value::Pair(then) = branches else {
                    return Ok(Step::Return(Value::Nil));
                };
                Ok(match (value.is_true(), self.heap.cdr(then)) {
                    (true, _) => self.eval_cell(then, env),
                    (false, Value::Pair(otherwise)) => self.eval_cell(otherwise, env),
                    (false, _) => Step::Return(Value::Nil),
                })
            }
            Frame::Define { name, env } => {
                self.heap.define(env, name, value);
                Ok(Step::Return(Value::Symbol(name)))
            }
            Frame::Macro { name, env } => match value {
                Value::Closure(closure) => {
                    self.heap.define(env, name, Value::Macro(closure));
                    Ok(Step::Return(Value::Symbol(name)))
                }
                other => Err(Mistake::wrong_type(format!(
                    "`macro` needs a procedure, got {}",
                    other.kind()
                ))),
            },
            Frame::Set { name, env } => {
                if self.lookup(env, name, host).is_some() && self.heap.set(env, name, value) {
                    Ok(Step::Return(value))
                } else {
                    let message =
                        format!("`set!` of `{}`, which is not defined", self.heap.name(name));
                    Err(Mistake::new(Code::Unbound, message))
                }
            }
            Frame::And { rest, env } => self.and(value, rest, env),
            Frame::Or { rest, env } => self.or(value, rest, env),
            Frame::Cond { clauses, env } => self.cond_value(clauses, value, env),
            Frame::Case { clauses, env } => self.case_value(clauses, value, env),
            Frame::When { wanted, body, env } => Ok(if value.is_true() == wanted {
                self.sequence(body, env)
            } else {
                Step::Return(Value::Nil)
            }),
            Frame::Bind {
                name,
                rest,
                outer,
                inner,
                body,
            } => {
                self.heap.define(inner, name, value);
                self.bind(rest, outer, inner, body)
            }
            Frame::Pass { value: argument } => {
                let base = self.values.len();
                self.values.extend([value, argument]);
                Ok(Step::Apply(base, None))
            }
            Frame::Expansion { env } => Ok(Step::Eval(value, env, Place::default())),
            Frame::Within { body, env } => {
                self.push(Frame::Restore);
                self.context = self.heap.cons(value, self.context);
                Ok(self.sequence(body, env))
            }
            Frame::Restore | Frame::Catch { .. } => Ok(Step::Return(value)),
            Frame::Forms {
                rest,
                base,
                imported,
            } => Ok(match rest {
                Value::Pair(cell) => {
                    let rest = self.heap.cdr(cell);
                    self.push(Frame::Forms {
                        rest,
                        base,
                        imported,
                    });
                    self.eval_cell(cell, GLOBAL)
                }
                _ => {
                    if imported {
                        host.imported();
                    }
                    Step::Return(Value::Nil)
                }
            }),
        };
        step.map_err(|mistake| self.fault(mistake, None))
    }

    fn operator(&mut self, form: PairId, env: EnvId, operator: Value) -> Result<Step, Fault> {
        match operator {
            Value::Special(special) => self.special(special, form, env),
            Value::Macro(closure) => {
                self.push(Frame::Expansion { env });
                let base = self.values.len();
                self.values
                    .extend([Value::Closure(closure), Value::Pair(form)]);
                Ok(Step::Apply(base, None))
            }
            _ => {
                let base = self.values.len();
                self.values.push(operator);
                Ok(self.operands(form, self.heap.cdr(form), base, env))
            }
        }
    }

    fn operands(&mut self, form: PairId, rest: Value, base: usize, env: EnvId) -> Step {
        match rest {
            Value::Pair(cell) => {
                let rest = self.heap.cdr(cell);
                self.push(Frame::Operand {
                    form,
                    rest,
                    base,
                    env,
                });
                self.eval_cell(cell, env)
            }
            _ => {
                self.caller = env;
                Step::Apply(base, Some(form))
            }
        }
    }
}
