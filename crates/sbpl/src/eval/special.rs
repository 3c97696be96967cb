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
    /// `(catch HANDLER body…)`: the handler's value if the body makes a mistake.
    Catch,
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
    ("%within", Special::Within),
    ("catch", Special::Catch),
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
            Special::Catch => {
                let Value::Pair(handler) = rest else {
                    return Err(bad("`catch` needs a handler"));
                };
                let body = self.heap.cdr(handler);
                let base = self.values.len();
                self.push(Frame::Catch { handler, base, env });
                Ok(self.sequence(body, env))
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
}

/// A form that is not well formed.
pub(super) fn bad(message: impl Into<String>) -> Mistake {
    Mistake::new(Code::BadForm, message)
}
