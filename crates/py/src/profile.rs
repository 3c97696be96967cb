//! A profile, from text or from bytes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use lapbelt_analysis::diff::{Decided, diff};
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::encode::encode;
use lapbelt_learn::source::{FileImports, evaluate_text};
use lapbelt_policy::ask::Question;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::escaped::escaped;
use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::graph::{Source, lower};
use lapbelt_policy::request::Endpoint;
use lapbelt_policy::rule::{Action, Policy};
use lapbelt_policy::world::World;
use lapbelt_sbpl::lint::{Subject as LintSubject, lint as findings_of};
use lapbelt_sbpl::print;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Map, Value, json};

use crate::error;
use crate::worlds::world;

/// Rules of one world.
#[pyclass(frozen)]
pub(crate) struct NativeProfile {
    pub(crate) policy: Policy,
    pub(crate) world: Arc<World>,
}

#[pymethods]
impl NativeProfile {
    /// Evaluates a text. Imports are looked for beside `path`.
    #[staticmethod]
    fn parse(
        py: Python<'_>,
        text: &str,
        name: &str,
        path: Option<PathBuf>,
        params: BTreeMap<String, String>,
        world_name: &str,
    ) -> PyResult<Self> {
        let world = world(world_name)?;
        let imports = FileImports::new(path.as_deref(), &params);
        let profile = py.detach(|| evaluate_text(name, text, &params, &imports, &world));
        let profile = profile.map_err(|error| error::profile(&error))?;
        Ok(Self {
            policy: profile.policy,
            world,
        })
    }

    /// Full id of the world.
    fn world(&self) -> String {
        self.world.id().to_owned()
    }

    /// Number of rules.
    fn len(&self) -> usize {
        self.policy.rules.len()
    }

    /// The rules as flat canonical text.
    fn expand(&self) -> String {
        print::policy(&self.policy, &self.world)
    }

    /// Decides a request: JSON with decision, target and what decided.
    fn query(
        &self,
        operation: &str,
        target: Option<&str>,
        filters: Vec<(String, String)>,
        canonicalize: bool,
    ) -> PyResult<String> {
        let world = &self.world;
        let graph = lower(&self.policy, world);
        let subject = Subject::of_rules(graph, &self.policy.rules, world);
        let graph = subject.with_folded_paths().graph().clone();
        let decider = Decider::of(graph, &self.policy.rules);
        let question = Question {
            operation,
            target,
            filters: &filters,
            canonicalize,
        };
        let answered = question.answer(&decider, world).map_err(error::other)?;
        let verdict = answered.verdict;
        let mut answer = self.decided(verdict.action, &verdict.source);
        answer["operation"] = operation.into();
        answer["target"] = answered.target.into();
        Ok(answer.to_string())
    }

    /// What two profiles decide differently, as JSON.
    fn diff(&self, py: Python<'_>, other: &Self, examples: usize) -> String {
        py.detach(|| {
            let graphs = (
                lower(&self.policy, &self.world),
                lower(&other.policy, &other.world),
            );
            let left = Subject::of_rules(graphs.0, &self.policy.rules, &self.world);
            let right = Subject::of_rules(graphs.1, &other.policy.rules, &other.world);
            let answer = diff(&left, &right, examples.max(1));
            let told = |profile: &Self, decided: &Decided| {
                profile.decided(decided.outcome.action, &decided.source)
            };
            let different = answer.different.iter().map(|one| {
                let examples = one.examples.iter().map(|example| {
                    let values: Map<String, Value> = example
                        .values
                        .iter()
                        .map(|(name, value)| (name.clone(), plain(value)))
                        .collect();
                    json!({"values": values, "left": told(self, &example.left),
                           "right": told(other, &example.right)})
                });
                let examples: Vec<Value> = examples.collect();
                json!({"operations": one.operations, "examples": examples, "more": one.more})
            });
            json!({"different": different.collect::<Vec<_>>(), "undecided": answer.undecided,
                   "only_left": answer.only_left, "only_right": answer.only_right})
            .to_string()
        })
    }

    /// The bytes that the system's compiler writes, and the reasons why they may differ from that.
    fn compile<'p>(&self, py: Python<'p>) -> PyResult<(Bound<'p, PyBytes>, Vec<String>)> {
        let encoded = py
            .detach(|| encode(&self.policy, &self.world))
            .map_err(error::other)?;
        let derived = encoded.fidelity.derived.iter();
        let reasons = derived.map(|one| one.reason.to_string()).collect();
        Ok((PyBytes::new(py, &encoded.bytes), reasons))
    }
}

impl NativeProfile {
    fn decided(&self, action: Action, source: &Source) -> Value {
        let rule = match source {
            Source::Rule(reference) => self.policy.rules.get(reference.rule as usize),
            _ => None,
        };
        let place = rule.and_then(|rule| rule.origin).map(|origin| {
            let file = self.policy.sources.get(origin.source.0 as usize);
            json!({"file": file, "line": origin.line, "column": origin.column})
        });
        json!({"decision": action.word(), "place": place,
               "rule": rule.map(|rule| print::rule(rule, &self.world))})
    }
}

/// A value as JSON has it.
fn plain(value: &OwnedValue) -> Value {
    match value {
        OwnedValue::Text(text) => escaped(text).into(),
        OwnedValue::Integer(number) => (*number).into(),
        OwnedValue::Bits(bits) => (*bits).into(),
        OwnedValue::Bool(flag) => (*flag).into(),
        OwnedValue::Entitlement { name, value } => {
            json!({"entitlement": escaped(name), "value": plain(value)})
        }
        OwnedValue::Endpoint(Endpoint::Unix, _) => "unix".into(),
        OwnedValue::Endpoint(Endpoint::Internet { port, .. }, host) => {
            format!("{host}:{port}").into()
        }
    }
}

/// What is wrong with a profile, as JSON.
#[pyfunction]
pub(crate) fn lint(
    py: Python<'_>,
    text: &str,
    name: &str,
    path: Option<PathBuf>,
    params: BTreeMap<String, String>,
    world_name: &str,
) -> PyResult<String> {
    let world = world(world_name)?;
    Ok(py.detach(|| {
        let imports = FileImports::new(path.as_deref(), &params);
        let source = lapbelt_sbpl::Source { name, text };
        let subject = LintSubject::examine(&source, &params, &imports, &world);
        let findings: Vec<Value> = findings_of(&subject, &world)
            .iter()
            .map(|one| {
                json!({"code": one.lint.code, "name": one.lint.name, "level": one.level.as_str(),
                       "message": one.message, "help": one.help, "file": name,
                       "line": one.origin.line, "column": one.origin.column,
                       "start": one.origin.start, "end": one.origin.end})
            })
            .collect();
        json!(findings).to_string()
    }))
}
