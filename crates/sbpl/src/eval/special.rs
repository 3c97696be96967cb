//! Special forms: forms whose parts are not all evaluated first.

use super::fault::{Fault, Mistake};
use super::heap::Closure;
use super::machine::{Frame, Machine, Step};
use super::quasi;
use super::value::{EnvId, PairId, Symbol, Value};
use crate::diag::Code;

/// A special form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    Quote,
    Quasiquote,
    If,
    Define,
    Set,
    Lambda,
    Let,
    LetStar,
    Letrec,
    Begin,
    Cond,
    Case,
    And,
    Or,
    When,
    Unless,
    Do,
    Macro,
    /// `(with-… VALUE body…)`: the body runs with the value in its context.
    Within,
    /// `(debug …)`: nothing.
    Ignore,
}

/// Names of the special forms.
pub(super) const SPECIALS: &[(&str, Special)] = &[
    ("quote", Special::Quote),
    ("quasiquote", Special::Quasiquote),
    ("if", Special::If),
    ("define", Special::Define),
    ("set!", Special::Set),
    ("lambda", Special::Lambda),
    ("let", Special::Let),
    ("let*", Special::LetStar),
    ("letrec", Special::Letrec),
    ("begin", Special::Begin),
    ("cond", Special::Cond),
    ("case", Special::Case),
    ("and", Special::And),
    ("or", Special::Or),
    ("when", Special::When),
    ("unless", Special::Unless),
    ("do", Special::Do),
    ("macro", Special::Macro),
    ("with-filter", Special::Within),
    ("with-modifier", Special::Within),
    ("with-operations", Special::Within),
    ("debug", Special::Ignore),
];

impl Machine {
    /// Starts a special form; `form` is all of it.
    pub(super) fn special(
        &mut self,
        special: Special,
        form: PairId,
        env: EnvId,
    ) -> Result<Step, Fault> {
        self.try_special(special, form, env)
            .map_err(|mistake| self.fault(mistake, None))
    }

    fn try_special(&mut self, special: Special, form: PairId, env: EnvId) -> Result<Step, Mistake> {
        let rest = self.heap.cdr(form);
        match special {
            Special::Quote => {
                let Value::Pair(cell) = rest else {
                    return Err(bad("`quote` needs a datum"));
                };
                Ok(Step::Return(self.heap.car(cell)))
            }
            Special::Quasiquote => {
                let Value::Pair(cell) = rest else {
                    return Err(bad("`quasiquote` needs a datum"));
                };
                let code = quasi::expand(&mut self.heap, cell)?;
                Ok(Step::Eval(code, env, self.heap.pair(cell).item))
            }
            Special::If => {
                let Value::Pair(test) = rest else {
                    return Err(bad("`if` needs a condition"));
                };
                let branches = self.heap.cdr(test);
                self.push(Frame::If { branches, env });
                Ok(self.eval_cell(test, env))
            }
            Special::Define => self.define(rest, env),
            Special::Set => {
                let [(_, name), (value, _)] = self.parts(rest, "set!")?;
                let Value::Symbol(name) = name else {
                    return Err(bad("`set!` needs a name"));
                };
                self.push(Frame::Set { name, env });
                Ok(self.eval_cell(value, env))
            }
            Special::Lambda => {
                let Value::Pair(cell) = rest else {
                    return Err(bad("`lambda` needs parameters"));
                };
                let closure = self.closure(None, self.heap.car(cell), self.heap.cdr(cell), env);
                Ok(Step::Return(closure))
            }
            Special::Let => self.let_form(rest, env),
            Special::LetStar | Special::Letrec => {
                let Value::Pair(cell) = rest else {
                    return Err(bad("bindings are missing"));
                };
                let inner = self.heap.env(env);
                let (bindings, body) = (self.heap.car(cell), self.heap.cdr(cell));
                self.bind(bindings, inner, inner, body)
            }
            Special::Begin => Ok(self.sequence(rest, env)),
            Special::Cond => self.cond(rest, env),
            Special::Case => {
                let Value::Pair(key) = rest else {
                    return Err(bad("`case` needs a key"));
                };
                let clauses = self.heap.cdr(key);
                self.push(Frame::Case { clauses, env });
                Ok(self.eval_cell(key, env))
            }
            Special::And => self.and(Value::Bool(true), rest, env),
            Special::Or => self.or(Value::Bool(false), rest, env),
            Special::When | Special::Unless => {
                let Value::Pair(test) = rest else {
                    return Err(bad("a condition is missing"));
                };
                let (wanted, body) = (special == Special::When, self.heap.cdr(test));
                self.push(Frame::When { wanted, body, env });
                Ok(self.eval_cell(test, env))
            }
            Special::Do => self.do_form(rest, env),
            Special::Macro => self.macro_form(rest, env),
            Special::Within => {
                let Value::Pair(cell) = rest else {
                    return Err(bad("nothing to apply"));
                };
                let body = self.heap.cdr(cell);
                self.push(Frame::Within { body, env });
                Ok(self.eval_cell(cell, env))
            }
            Special::Ignore => Ok(Step::Return(Value::Nil)),
        }
    }

    pub(super) fn closure(
        &mut self,
        name: Option<Symbol>,
        parameters: Value,
        body: Value,
        env: EnvId,
    ) -> Value {
        Value::Closure(self.heap.closure(Closure {
            name,
            parameters,
            body,
            env,
        }))
    }

    /// Exactly two items, each as its cell and its value.
    fn parts(&self, list: Value, form: &str) -> Result<[(PairId, Value); 2], Mistake> {
        match self.heap.cells(list).as_deref() {
            Some([first, second]) => Ok([
                (*first, self.heap.car(*first)),
                (*second, self.heap.car(*second)),
            ]),
            _ => Err(bad(format!("`{form}` takes a name and a value"))),
        }
    }

    /// `(define name value)`, `(define (name . parameters) body…)`.
    fn define(&mut self, rest: Value, env: EnvId) -> Result<Step, Mistake> {
        let Value::Pair(cell) = rest else {
            return Err(bad("`define` needs a name"));
        };
        match self.heap.car(cell) {
            Value::Symbol(name) => {
                let Value::Pair(value) = self.heap.cdr(cell) else {
                    self.heap.define(env, name, Value::Unspecified);
                    return Ok(Step::Return(Value::Symbol(name)));
                };
                self.push(Frame::Define { name, env });
                Ok(self.eval_cell(value, env))
            }
            Value::Pair(head) => {
                let Value::Symbol(name) = self.heap.car(head) else {
                    return Err(bad("`define` needs a name"));
                };
                let (parameters, body) = (self.heap.cdr(head), self.heap.cdr(cell));
                let closure = self.closure(Some(name), parameters, body, env);
                self.heap.define(env, name, closure);
                Ok(Step::Return(Value::Symbol(name)))
            }
            other => Err(bad(format!("`define` needs a name, got {}", other.kind()))),
        }
    }

    /// `(macro (name form) body…)` or `(macro name procedure)`; the procedure is given the whole
    /// calling form.
    fn macro_form(&mut self, rest: Value, env: EnvId) -> Result<Step, Mistake> {
        let Value::Pair(cell) = rest else {
            return Err(bad("`macro` needs a name"));
        };
        match (self.heap.car(cell), self.heap.cdr(cell)) {
            (Value::Symbol(name), Value::Pair(value)) => {
                self.push(Frame::Macro { name, env });
                Ok(self.eval_cell(value, env))
            }
            (Value::Pair(head), body) => {
                let Value::Symbol(name) = self.heap.car(head) else {
                    return Err(bad("`macro` needs a name"));
                };
                let parameters = self.heap.cdr(head);
                let closure = self.heap.closure(Closure {
                    name: Some(name),
                    parameters,
                    body,
                    env,
                });
                self.heap.define(env, name, Value::Macro(closure));
                Ok(Step::Return(Value::Symbol(name)))
            }
            _ => Err(bad("`macro` needs a name and a procedure")),
        }
    }

    fn let_form(&mut self, rest: Value, env: EnvId) -> Result<Step, Mistake> {
        let Value::Pair(cell) = rest else {
            return Err(bad("`let` needs bindings"));
        };
        let (first, rest) = (self.heap.car(cell), self.heap.cdr(cell));
        let Value::Symbol(name) = first else {
            let inner = self.heap.env(env);
            return self.bind(first, env, inner, rest);
        };
        let Value::Pair(cell) = rest else {
            return Err(bad("`let` needs bindings"));
        };
        let (bindings, body) = (self.heap.car(cell), self.heap.cdr(cell));
        let Some(cells) = self.heap.cells(bindings) else {
            return Err(bad("bad bindings"));
        };
        let names: Vec<Value> = cells
            .into_iter()
            .map(|cell| match self.heap.car(cell) {
                Value::Pair(binding) => self.heap.car(binding),
                other => other,
            })
            .collect();
        let parameters = self.heap.list(&names);
        let named = self.heap.env(env);
        let closure = self.closure(Some(name), parameters, body, named);
        self.heap.define(named, name, closure);
        let inner = self.heap.env(named);
        self.bind(bindings, env, inner, body)
    }

    /// Evaluates the values of `bindings` in `outer` one by one, binds them in `inner`, then runs
    /// the body there. With both the same this is TinyScheme's `let*`: one frame for all.
    pub(super) fn bind(
        &mut self,
        bindings: Value,
        outer: EnvId,
        inner: EnvId,
        body: Value,
    ) -> Result<Step, Mistake> {
        let mut at = bindings;
        loop {
            let cell = match at {
                Value::Nil => return Ok(self.sequence(body, inner)),
                Value::Pair(cell) => cell,
                other => return Err(bad(format!("expected bindings, got {}", other.kind()))),
            };
            at = self.heap.cdr(cell);
            let (name, value) = match self.heap.car(cell) {
                Value::Symbol(name) => (name, None),
                Value::Pair(binding) => match (self.heap.car(binding), self.heap.cdr(binding)) {
                    (Value::Symbol(name), Value::Pair(value)) => (name, Some(value)),
                    (Value::Symbol(name), _) => (name, None),
                    _ => return Err(bad("a binding needs a name")),
                },
                other => return Err(bad(format!("expected a binding, got {}", other.kind()))),
            };
            match value {
                Some(value) => {
                    self.push(Frame::Bind {
                        name,
                        rest: at,
                        outer,
                        inner,
                        body,
                    });
                    return Ok(self.eval_cell(value, outer));
                }
                None => self.heap.define(inner, name, Value::Unspecified),
            }
        }
    }

    pub(super) fn cond(&mut self, clauses: Value, env: EnvId) -> Result<Step, Mistake> {
        let Value::Pair(cell) = clauses else {
            return Ok(Step::Return(Value::Nil));
        };
        let Value::Pair(clause) = self.heap.car(cell) else {
            return Err(bad("a clause of `cond` is a list"));
        };
        if self.is_else(self.heap.car(clause)) {
            return Ok(self.sequence(self.heap.cdr(clause), env));
        }
        self.push(Frame::Cond { clauses, env });
        Ok(self.eval_cell(clause, env))
    }

    fn is_else(&self, value: Value) -> bool {
        matches!(value, Value::Symbol(symbol) if self.heap.name(symbol) == "else")
    }

    /// Goes on in a `cond` with the value of the first clause's condition.
    pub(super) fn cond_value(
        &mut self,
        clauses: Value,
        value: Value,
        env: EnvId,
    ) -> Result<Step, Mistake> {
        let Value::Pair(cell) = clauses else {
            return Ok(Step::Return(Value::Nil));
        };
        if !value.is_true() {
            return self.cond(self.heap.cdr(cell), env);
        }
        let Value::Pair(clause) = self.heap.car(cell) else {
            return Ok(Step::Return(value));
        };
        let body = self.heap.cdr(clause);
        let Value::Pair(first) = body else {
            return Ok(Step::Return(value));
        };
        let is_arrow =
            matches!(self.heap.car(first), Value::Symbol(s) if self.heap.name(s) == "=>");
        match self.heap.cdr(first) {
            Value::Pair(receiver) if is_arrow => {
                self.push(Frame::Pass { value });
                Ok(self.eval_cell(receiver, env))
            }
            _ => Ok(self.sequence(body, env)),
        }
    }

    pub(super) fn case_value(
        &mut self,
        clauses: Value,
        key: Value,
        env: EnvId,
    ) -> Result<Step, Mistake> {
        let Some(cells) = self.heap.cells(clauses) else {
            return Err(bad("bad clauses"));
        };
        for cell in cells {
            let Value::Pair(clause) = self.heap.car(cell) else {
                return Err(bad("a clause of `case` is a list"));
            };
            let keys = self.heap.car(clause);
            let chosen = self.is_else(keys)
                || self
                    .heap
                    .items(keys)
                    .is_some_and(|keys| keys.iter().any(|k| self.heap.is_eqv(*k, key)));
            if chosen {
                return Ok(self.sequence(self.heap.cdr(clause), env));
            }
        }
        Ok(Step::Return(Value::Nil))
    }

    /// `and` with the value so far and what is left.
    pub(super) fn and(&mut self, value: Value, rest: Value, env: EnvId) -> Result<Step, Mistake> {
        self.junction(value, rest, env, true)
    }

    /// `or` with the value so far and what is left.
    pub(super) fn or(&mut self, value: Value, rest: Value, env: EnvId) -> Result<Step, Mistake> {
        self.junction(value, rest, env, false)
    }

    fn junction(
        &mut self,
        value: Value,
        rest: Value,
        env: EnvId,
        all: bool,
    ) -> Result<Step, Mistake> {
        let Value::Pair(cell) = rest else {
            return Ok(Step::Return(value));
        };
        if value.is_true() != all {
            return Ok(Step::Return(value));
        }
        let rest = self.heap.cdr(cell);
        if rest != Value::Nil {
            self.push(if all {
                Frame::And { rest, env }
            } else {
                Frame::Or { rest, env }
            });
        }
        Ok(self.eval_cell(cell, env))
    }

    /// `(do ((name init step)…) (test result…) body…)` as a named `let`.
    fn do_form(&mut self, rest: Value, env: EnvId) -> Result<Step, Mistake> {
        let shape = || bad("`do` needs bindings and an end test");
        let Value::Pair(first) = rest else {
            return Err(shape());
        };
        let Value::Pair(second) = self.heap.cdr(first) else {
            return Err(shape());
        };
        let Value::Pair(end) = self.heap.car(second) else {
            return Err(shape());
        };
        let bindings = self.heap.items(self.heap.car(first)).ok_or_else(shape)?;
        let name = Value::Symbol(self.heap.unnamed("do"));
        let (mut starts, mut again) = (Vec::new(), vec![name]);
        for binding in bindings {
            let parts = self.heap.items(binding).unwrap_or_default();
            let [variable, start, step @ ..] = parts.as_slice() else {
                return Err(shape());
            };
            again.push(step.first().copied().unwrap_or(*variable));
            starts.push(self.heap.list(&[*variable, *start]));
        }
        let again = self.heap.list(&again);
        let begin = Value::Special(Special::Begin);
        let result = self.heap.cons(begin, self.heap.cdr(end));
        let mut body = vec![begin];
        body.extend(self.heap.items(self.heap.cdr(second)).ok_or_else(shape)?);
        body.push(again);
        let body = self.heap.list(&body);
        let test = self.heap.car(end);
        let choice = self
            .heap
            .list(&[Value::Special(Special::If), test, result, body]);
        let starts = self.heap.list(&starts);
        let code = self
            .heap
            .list(&[Value::Special(Special::Let), name, starts, choice]);
        Ok(Step::Eval(code, env, Default::default()))
    }
}

fn bad(message: impl Into<String>) -> Mistake {
    Mistake::new(Code::BadForm, message)
}
