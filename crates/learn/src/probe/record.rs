//! What came of a question, in the forms that records of decisions have.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Question;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// The system decided.
    Case(Box<Case>),
    /// It did not, or it cannot be told.
    NonDecision(NonDecision),
    /// The profile was never in force.
    ApplyFailure(ApplyFailure),
}

/// A decision of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Which profile, operation and target.
    pub id: String,
    /// The profile.
    pub profile: String,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
    /// The operation that was tried.
    pub operation: String,
    /// Its target as it was given.
    pub target: String,
    /// What was done.
    pub probe: &'static str,
    /// `allow` or `deny`.
    pub observed: &'static str,
    /// What the attempt failed with, by the numbers of the host; `None` if it did not fail.
    pub errno: Option<i64>,
    /// The same without the policy, if that was tried.
    pub errno_unconfined: Option<i64>,
    /// The operation that the system says it decided.
    pub kernel_op: Option<String>,
    /// And its target.
    pub kernel_target: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// Whether the target that was decided is another than the one given.
    pub canonicalisation: bool,
    /// What the system said of all that the attempt asked.
    pub kernel_checks: Vec<Check>,
    /// The report of what decided.
    pub kernel_log: Option<String>,
    /// What the policy was expected to decide; set by whoever expected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Prediction>,
    /// What else is to be known.
    pub notes: String,
    /// What made the record.
    pub source: String,
}

/// How sure a decision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The system itself reported it.
    Exact,
    /// The attempt ended as a policy makes it end and not as it ends without one.
    Strong,
}

/// One decision on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The operation.
    pub operation: String,
    /// Its target.
    pub target: String,
    /// `allow` or `deny`.
    pub decision: &'static str,
}

/// A decision by the policy's graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prediction {
    /// `allow` or `deny`.
    pub decision: &'static str,
    /// The rule, or the default.
    pub by: String,
    /// Whether the system decided the same.
    pub agrees: bool,
}

/// Why an attempt says nothing about the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NonDecision {
    /// Which profile, operation and target.
    pub id: String,
    /// The profile.
    pub profile: String,
    /// The operation that was to be tried.
    pub operation: String,
    /// Its target.
    pub target: String,
    /// Why.
    pub reason: String,
    /// What made the record.
    pub source: String,
}

/// A profile that the system did not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApplyFailure {
    /// Which profile.
    pub id: String,
    /// The profile.
    pub profile: String,
    /// Where it failed.
    pub stage: String,
    /// What the system said.
    pub message: String,
    /// What made the record.
    pub source: String,
}

impl Record {
    pub(super) fn non_decision(question: &Question, reason: String) -> Self {
        Self::NonDecision(NonDecision {
            id: String::new(),
            profile: String::new(),
            operation: question.operation.clone(),
            target: question.target.clone(),
            reason,
            source: String::new(),
        })
    }

    /// Says which profile it is about, and what made it.
    #[must_use]
    pub fn about(mut self, name: &str, params: &BTreeMap<String, String>, source: &str) -> Self {
        let of = |operation: &str, target: &str| format!("{name}:{operation}:{target}");
        match &mut self {
            Self::Case(case) => {
                case.id = of(&case.operation, &case.target);
                case.profile = name.to_owned();
                case.params.clone_from(params);
                case.source = source.to_owned();
            }
            Self::NonDecision(one) => {
                one.id = of(&one.operation, &one.target);
                one.profile = name.to_owned();
                one.source = source.to_owned();
            }
            Self::ApplyFailure(one) => {
                one.profile = name.to_owned();
                one.source = source.to_owned();
            }
        }
        self
    }
}

impl Case {
    /// The request that decided: as the system named it, else as it was asked.
    pub fn decided(&self) -> (&str, &str) {
        let operation = self.kernel_op.as_deref().unwrap_or(&self.operation);
        (
            operation,
            self.kernel_target.as_deref().unwrap_or(&self.target),
        )
    }
}
