//! Special forms that choose: `cond`, `case`, `and`, `or`.

use super::fault::Mistake;
use super::machine::{Frame, Machine, Step};
use super::special::bad;
use super::value::{EnvId, Value};

impl Machine {
    /// `cond` with the clauses that are left.
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
}
