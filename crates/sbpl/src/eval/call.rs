//! Calls: of the language's procedures, the profile's and the host's.

use lapbelt_policy::origin::Origin;

use super::builtin::{Builtin, Control};
use super::fault::{Fault, Mistake};
use super::heap::{Closure, GLOBAL, Heap, Place};
use super::host::Host;
use super::machine::{Machine, Saved, Step};
use super::not_given;
use super::value::{ContinuationId, PairId, Symbol, Value};
use crate::diag::Code;

/// As many parameters of a procedure as a person is told.
const PARAMETERS_TOLD: usize = 12;

/// A call of a host procedure.
pub(crate) struct Call<'a> {
    /// The arguments.
    pub(crate) arguments: &'a [Value],
    /// What the `with-…` forms around the call put into the context, innermost first, as a list.
    pub(crate) context: Value,
    /// The nearest call in a text.
    pub(crate) site: Option<Origin>,
    /// The calling form, if the arguments are written in it.
    form: Option<PairId>,
}

impl Call<'_> {
    /// Where an argument is written, or else the call.
    pub(crate) fn place(&self, heap: &Heap, argument: usize) -> Option<Origin> {
        argument_place(heap, self.form, argument).or(self.site)
    }
}

impl<'h> Call<'_> {
    /// [`Call::place`] of each argument in turn.
    pub(crate) fn places(&self, heap: &'h Heap) -> impl Iterator<Item = Option<Origin>> + use<'h> {
        let site = self.site;
        let mut cell = self.form;
        std::iter::from_fn(move || {
            cell = match cell.map(|cell| heap.cdr(cell)) {
                Some(Value::Pair(next)) => Some(next),
                _ => None,
            };
            let place = cell.and_then(|cell| heap.origin(heap.pair(cell).item));
            Some(place.or(site))
        })
    }
}

fn argument_cell(heap: &Heap, form: Option<PairId>, argument: usize) -> Option<PairId> {
    let mut cell = form?;
    for _ in 0..=argument {
        let Value::Pair(next) = heap.cdr(cell) else {
            return None;
        };
        cell = next;
    }
    Some(cell)
}

fn argument_place(heap: &Heap, form: Option<PairId>, argument: usize) -> Option<Origin> {
    heap.origin(heap.pair(argument_cell(heap, form, argument)?).item)
}

/// A stack to go back to.
pub(super) struct Continuation {
    frames: Vec<Saved>,
    values: Vec<Value>,
}

impl Machine {
    /// Calls the procedure at `base` of the operand stack with what lies above it.
    pub(super) fn apply(
        &mut self,
        base: usize,
        form: Option<PairId>,
        host: &mut dyn Host,
    ) -> Result<Step, Fault> {
        let arguments = self.values.split_off(base + 1);
        let procedure = self.values.pop().unwrap_or(Value::Unspecified);
        let step = match procedure {
            Value::Builtin(builtin) => self.call_builtin(builtin, &arguments),
            Value::Control(control) => self.control(control, &arguments, host),
            Value::Closure(_) => self.enter(procedure, &arguments),
            Value::Continuation(id) => self.reinstate(id, &arguments),
            Value::HostProcedure(procedure) => {
                let (site, context) = (self.site, self.context);
                let call = Call {
                    arguments: &arguments,
                    context,
                    site,
                    form,
                };
                host.call(procedure, &call, &mut self.heap)
                    .map(Step::Return)
            }
            other => {
                let text = super::write::write(&self.heap, other, true);
                let text = String::from_utf8_lossy(&text).into_owned();
                let message = format!("`{text}` is not a procedure ({})", other.kind());
                Err(Mistake::new(Code::NotProcedure, message))
            }
        };
        step.map_err(|mut mistake| {
            let Some(argument) = mistake.argument else {
                return self.fault(mistake, None);
            };
            if arguments.get(argument) == Some(&Value::Bool(false)) {
                let written = argument_cell(&self.heap, form, argument);
                let written = written.map(|cell| self.heap.car(cell));
                not_given::explain(&mut mistake, written, host.missing(), &self.heap);
            }
            let origin = argument_place(&self.heap, form, argument);
            self.fault(mistake, origin)
        })
    }

    fn call_builtin(&mut self, builtin: &Builtin, arguments: &[Value]) -> Result<Step, Mistake> {
        builtin.check_count(arguments.len())?;
        (builtin.run)(&mut self.heap, arguments).map(Step::Return)
    }

    fn enter(&mut self, procedure: Value, arguments: &[Value]) -> Result<Step, Mistake> {
        let Value::Closure(id) = procedure else {
            return Ok(Step::Return(procedure));
        };
        let closure = self.heap.closures[id.0 as usize];
        let env = self.heap.env(closure.env);
        let mut parameters = closure.parameters;
        let mut arguments = arguments;
        loop {
            match parameters {
                Value::Pair(cell) => {
                    let Value::Symbol(name) = self.heap.car(cell) else {
                        return Err(Mistake::new(Code::BadForm, "a parameter is not a name"));
                    };
                    let Some((first, rest)) = arguments.split_first() else {
                        return Err(self.wrong_count("few", closure));
                    };
                    self.heap.define(env, name, *first);
                    arguments = rest;
                    parameters = self.heap.cdr(cell);
                }
                Value::Symbol(name) => {
                    let rest = self.heap.list(arguments);
                    self.heap.define(env, name, rest);
                    break;
                }
                _ if arguments.is_empty() => break,
                _ => return Err(self.wrong_count("many", closure)),
            }
        }
        Ok(self.sequence(closure.body, env))
    }

    fn wrong_count(&self, which: &str, closure: Closure) -> Mistake {
        let of = closure.name.map_or_else(String::new, |name| {
            format!(" for `{}`", self.heap.name(name))
        });
        let mut mistake = Mistake::new(Code::ArgumentCount, format!("too {which} arguments{of}"));
        mistake.help = self.form_of(closure.name, closure.parameters);
        mistake
    }

    /// How a procedure is called, if it has a name.
    fn form_of(&self, name: Option<Symbol>, mut parameters: Value) -> Option<String> {
        let mut form = format!("write `({}", self.heap.name(name?));
        // A profile can make a list without an end.
        for _ in 0..PARAMETERS_TOLD {
            let Value::Pair(cell) = parameters else { break };
            if let Value::Symbol(parameter) = self.heap.car(cell) {
                form += &format!(" {}", self.heap.name(parameter));
            }
            parameters = self.heap.cdr(cell);
        }
        match parameters {
            Value::Symbol(rest) => form += &format!(" [{}…]", self.heap.name(rest)),
            Value::Pair(_) => form += " …",
            _ => {}
        }
        Some(form + ")`")
    }

    fn control(
        &mut self,
        control: Control,
        arguments: &[Value],
        host: &mut dyn Host,
    ) -> Result<Step, Mistake> {
        control.check_count(arguments.len())?;
        let first = arguments.first().copied().unwrap_or(Value::Unspecified);
        match control {
            Control::Apply => {
                let base = self.values.len();
                let (last, before) = arguments.split_last().unwrap_or((&Value::Nil, &[]));
                let Some(last) = self.heap.items(*last) else {
                    return Err(Mistake::wrong_type(
                        "the last argument of `apply` is a list",
                    ));
                };
                self.values.extend_from_slice(before);
                self.heap.reserve(last.len() * size_of::<Value>())?;
                self.values.extend(last);
                Ok(Step::Apply(base, None))
            }
            // The second argument, an environment, can only be the global one.
            Control::Eval => Ok(Step::Eval(first, GLOBAL, Place::default())),
            Control::CallCc => {
                let frames = self.frames.clone();
                let values = self.values.clone();
                let size = frames.len() * size_of::<Saved>() + values.len() * size_of::<Value>();
                self.heap.reserve(size)?;
                self.heap.grow_port(size);
                self.continuations.push(Continuation { frames, values });
                let id = ContinuationId(self.continuations.len() as u32 - 1);
                let base = self.values.len();
                self.values.extend([first, Value::Continuation(id)]);
                Ok(Step::Apply(base, None))
            }
            Control::IsDefined => {
                let Value::Symbol(name) = first else {
                    return Err(Mistake::wrong_type("`defined?` takes a quoted name"));
                };
                let found = self.lookup(self.caller, name, host);
                Ok(Step::Return(Value::Bool(found.is_some())))
            }
            Control::Import => {
                let Value::String(name) = first else {
                    let message = format!("`import` takes a string, got {}", first.kind());
                    return Err(Mistake::wrong_type(message).at(0).wants_text(true));
                };
                let name = self.heap.bytes(name).to_vec();
                let forms = host.import(&name, self.site, &mut self.heap)?;
                Ok(self.forms(forms, true))
            }
        }
    }

    fn reinstate(&mut self, id: ContinuationId, arguments: &[Value]) -> Result<Step, Mistake> {
        let continuation = &self.continuations[id.0 as usize];
        self.heap
            .reserve(continuation.frames.len() * size_of::<Saved>())?;
        self.frames.clone_from(&continuation.frames);
        self.values.clone_from(&continuation.values);
        Ok(Step::Return(
            arguments.first().copied().unwrap_or(Value::Unspecified),
        ))
    }
}
