//! What the system decides under each profile of a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lapbelt_learn::host::Host;
use lapbelt_learn::probe::record::Record;
use lapbelt_learn::probe::{Question, targets};
use lapbelt_policy::rule::Policy;
use lapbelt_sandbox::Support;
use serde_json::{Map, Value, json};

use super::member::Member;
use crate::backend::BackendArg;
use crate::cmd::lab::probe::{self, Asked};
use crate::exit::CommandError;
use crate::profile;
use crate::subject::Subject;

/// What is asked under every profile, whatever the rules name: what harms nothing and is there on any
/// host, so that rules without a filter show too.
const ALWAYS: &[(&str, &str)] = &[
    ("file-read-data", "/etc/hosts"),
    ("file-read-metadata", "/etc/hosts"),
    ("network-outbound", "127.0.0.1:9"),
];

/// What the system decided under each profile, asked the same of all.
pub(super) struct Runtime {
    /// What made the records.
    source: String,
    world: String,
    questions: Vec<Question>,
    /// By the name of the profile; none for one without a source.
    records: BTreeMap<String, Vec<Record>>,
}

/// Asks of each profile with a source what the rules of all of them name, and [`ALWAYS`].
pub(super) fn runtime(
    members: &[Member],
    params: &BTreeMap<String, String>,
    backend: BackendArg,
) -> Result<Runtime, CommandError> {
    let host = Host::new(backend.into());
    if let Support::None(reason) = host.backend.probe() {
        return Err(CommandError::Other(reason));
    }
    let world = Arc::new(profile::world(host.world)?);
    let always = ALWAYS.iter().map(|(operation, target)| Question {
        operation: (*operation).to_string(),
        target: (*target).to_string(),
    });
    let mut questions: Vec<Question> = always.collect();
    let mut profiles: Vec<(&Member, Subject, Policy)> = Vec::new();
    for member in members {
        let Some(source) = &member.source else {
            continue;
        };
        let path = Path::new(&source.input.name);
        let subject = Subject::load(path, params, None, &world)?;
        let Subject::Source(own) = &subject else {
            continue;
        };
        let policy = own.policy.clone();
        for question in targets::of_policy(&policy, &world) {
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
        profiles.push((member, subject, policy));
    }
    let source = probe::source(&host, &world);
    let mut records = BTreeMap::new();
    for (member, subject, policy) in &profiles {
        let asked = Asked {
            name: &member.id,
            params,
            subject,
            policy,
        };
        let own = probe::records(&host, &world, &source, &asked, &questions)?;
        records.insert(member.id.clone(), own);
    }
    Ok(Runtime {
        source,
        world: world.id().to_string(),
        questions,
        records,
    })
}

impl Runtime {
    /// `runtime_signatures.json`: each answer in full.
    pub(super) fn json(&self) -> Value {
        let question = |own: &Question| json!({"operation": own.operation, "target": own.target});
        json!({"source": self.source, "world": self.world,
               "questions": self.questions.iter().map(question).collect::<Vec<_>>(),
               "profiles": self.records})
    }

    /// For each question what the system decided under a profile; null for one that was not asked.
    pub(super) fn signature(&self, id: &str) -> Value {
        let Some(records) = self.records.get(id) else {
            return Value::Null;
        };
        let answer = |record: &Record| match record {
            Record::Case(case) => case.observed,
            Record::NonDecision(_) => "undecided",
            Record::ApplyFailure(_) => "not applied",
        };
        let answers = self.questions.iter().zip(records);
        let answers: Map<String, Value> = answers
            .map(|(own, record)| {
                let question = format!("{} {}", own.operation, own.target);
                (question.trim_end().to_string(), json!(answer(record)))
            })
            .collect();
        Value::Object(answers)
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let line = |(id, records): (&String, &Vec<Record>)| {
            let cases = records.iter().filter_map(|own| match own {
                Record::Case(case) => Some(case.observed),
                _ => None,
            });
            let (allowed, denied): (Vec<_>, Vec<_>) = cases.partition(|own| *own == "allow");
            let against = records.iter().filter(|own| probe::disagrees(own)).count();
            format!(
                "{id}: the system allowed {} and denied {} of {}; {against} against the profile",
                allowed.len(),
                denied.len(),
                self.questions.len()
            )
        };
        self.records.iter().map(line).collect()
    }
}
