//! Special forms that bind names for a while: `let` and its kin, `do`.

use super::fault::Mistake;
use super::machine::{Frame, Machine, Step};
use super::special::{Special, bad};
use super::value::{EnvId, Value};

impl Machine {
    /// `let`, named or not.
    pub(super) fn let_form(&mut self, rest: Value, env: EnvId) -> Result<Step, Mistake> {
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

    /// `(do ((name init step)…) (test result…) body…)` as a named `let`.
    pub(super) fn do_form(&mut self, rest: Value, env: EnvId) -> Result<Step, Mistake> {
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
